"""Whether other questions are asked: the energy distance of embeddings.

E = 2 mean|x - y| - mean|x - x'| - mean|y - y'| is 0 only for equal distributions, and so sees
topics that come, go or change their words, which no mean would show.
Source: Székely and Rizzo, Energy statistics: a class of statistics based on distances (2013).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.continuous.day_sample import Vectors
from evals.continuous.day_spread import outlier_p
from evals.continuous.two_sample import drawn_p

MOST_OF_DAY = 96
"""Questions of a day that are held against the reference, and kept for later days."""

MOST_DRAWN = 640
"""Questions of the reference that permutations draw from; the same share of each day."""

_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Drift:
    """coefficient: E / (2 mean|x - y|), in [0, 1]. p: by permutation of the questions, or by the
    days' own spread where that is larger."""

    coefficient: float
    p: float


def drift(today: Vectors, days: Sequence[Vectors], seed: int) -> Drift:
    """The day against at least two days of the reference, none empty; bounded in time.

    Vectors are of length 1. The first questions of a sample are those that are taken: a sample's
    order must say nothing.
    """
    groups = [today[:MOST_OF_DAY], *(day[:MOST_OF_DAY] for day in days)]
    sizes = np.array([len(group) for group in groups], np.float64)
    distances = _distances(np.concatenate(groups))
    of_group = np.repeat(np.arange(len(groups)), sizes.astype(np.int64))
    member = (of_group[:, None] == np.arange(len(groups))).astype(np.float32)
    sums = (member.T @ distances @ member).astype(np.float64)
    others = list(range(1, len(groups)))
    energy, across = _energy(sums, sizes, 0, others)
    coefficient = float(np.clip(energy / (2 * across), 0.0, 1.0)) if across > _ROUNDING else 0.0
    of_day = max(1, MOST_DRAWN // len(days))
    place = np.concatenate([np.arange(len(group)) for group in groups])
    drawn = np.flatnonzero((of_group == 0) | (place < of_day))
    p = _permutation_p(distances[np.ix_(drawn, drawn)], len(groups[0]), seed)
    return Drift(coefficient=coefficient, p=max(p, _spread_p(sums, sizes, others)))


def _distances(rows: Vectors) -> NDArray[np.float32]:
    cosines = rows @ rows.T
    found: NDArray[np.float32] = np.sqrt(np.maximum(2.0 - 2.0 * cosines, 0.0)).astype(np.float32)
    np.fill_diagonal(found, 0.0)
    return found


def _energy(
    sums: NDArray[np.float64], sizes: NDArray[np.float64], group: int, others: list[int]
) -> tuple[float, float]:
    """E of a group against others, and mean|x - y|.  sums: of distances by pairs of groups."""
    one, other = sizes[group], sizes[others].sum()
    across = float(sums[group, others].sum() / (one * other))
    within = sums[group, group] / one**2
    within += sums[np.ix_(others, others)].sum() / other**2
    return float(2 * across - within), across


def _permutation_p(distances: NDArray[np.float32], size: int, seed: int) -> float:
    whole = len(distances)
    if distances.max() <= _ROUNDING:
        return 1.0
    random = np.random.default_rng(seed)
    of_row, total = distances.sum(axis=1, dtype=np.float64), float(distances.sum(dtype=np.float64))
    rest = whole - size

    def energies(chosen: NDArray[np.float32]) -> NDArray[np.float64]:
        """chosen: a column of 0 and 1 for each draw."""
        inside = np.einsum("ij,ij->j", chosen, distances @ chosen).astype(np.float64)
        touching = of_row @ chosen
        across = touching - inside
        outside = total - 2 * touching + inside
        found: NDArray[np.float64] = (
            2 * across / (size * rest) - inside / size**2 - outside / rest**2
        )
        return found

    first = np.zeros((whole, 1), np.float32)
    first[:size] = 1.0
    seen = float(energies(first)[0]) * (1 - _ROUNDING)

    def extremes(draws: int) -> NDArray[np.bool_]:
        keys = random.random((draws, whole))
        chosen = np.zeros((draws, whole), np.float32)
        np.put_along_axis(chosen, np.argpartition(keys, size - 1, axis=1)[:, :size], 1.0, axis=1)
        found: NDArray[np.bool_] = energies(chosen.T) >= seen
        return found

    return drawn_p(extremes)


def _spread_p(sums: NDArray[np.float64], sizes: NDArray[np.float64], days: list[int]) -> float:
    """How far the day is from the reference, among how far each of its days is from the others."""

    def scaled(group: int) -> float:
        others = [day for day in days if day != group]
        one, other = sizes[group], sizes[others].sum()
        return _energy(sums, sizes, group, others)[0] * float(one * other / (one + other))

    return outlier_p(scaled(0), [scaled(day) for day in days])
