"""How well probabilities tell the true from the false, and whether they are honest.

Used where models are fitted and where they are evaluated; pure functions over NumPy arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """What was given a probability in (low, high], the first bin with 0 too.

    rows: how many, 1 or more. mean_probability, true_share: of those, weighted where weights
    were given.
    """

    low: float
    high: float
    rows: int
    mean_probability: float
    true_share: float


def auroc(scores: ArrayLike, labels: ArrayLike) -> float | None:
    """Probability that a true one scores above a false one, a tie counting half.

    None where one of the two kinds is missing. Computed from mean ranks as the Mann-Whitney U
    statistic: (R - n1 (n1 + 1) / 2) / (n1 n0), R the rank sum of the true ones.
    Source: Hanley and McNeil, The meaning and use of the area under a ROC curve (1982).
    """
    values, truth = _paired(scores, labels)
    true, false = int(truth.sum()), int((~truth).sum())
    if not true or not false:
        return None
    rank_sum = float(mean_ranks(values)[truth].sum())
    return (rank_sum - true * (true + 1) / 2) / (true * false)


def mean_ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values sharing the mean of theirs."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    means: Floats = ends - (sizes - 1) / 2.0
    return means[group]


def reliability(
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    bins: int = BINS,
) -> tuple[ReliabilityBin, ...]:
    """The reliability curve: each bin of equal width that holds something, lowest first.

    weights: of each probability; None lets all weigh the same.
    """
    values, truth = _paired(probabilities, labels)
    shares = _weights(weights, len(values))
    found = []
    for place, here in _places(values, bins):
        total = float(shares[here].sum())
        if total > 0:
            found.append(
                ReliabilityBin(
                    low=place / bins,
                    high=(place + 1) / bins,
                    rows=int(here.sum()),
                    mean_probability=float(shares[here] @ values[here]) / total,
                    true_share=float(shares[here] @ truth[here]) / total,
                )
            )
    return tuple(found)


def calibration_error(
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    bins: int = BINS,
) -> float | None:
    """Σ_b |B_b| / n x |share true in B_b - mean probability in B_b| over bins of equal width.

    A bin is (low, high], the first one with 0. None without probabilities.
    Source: Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks (2017), eq. 3.
    """
    values, truth = _paired(probabilities, labels)
    if not len(values):
        return None
    shares = _weights(weights, len(values))
    gaps = [abs(float(shares[here] @ (truth - values)[here])) for _, here in _places(values, bins)]
    return sum(gaps) / float(shares.sum())


def _paired(values: ArrayLike, labels: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    numbers, truth = np.asarray(values, np.float64), np.asarray(labels, bool)
    if numbers.shape != truth.shape:
        raise ValueError("there must be one label for each score")
    return numbers, truth


def _weights(weights: ArrayLike | None, count: int) -> Floats:
    return np.ones(count) if weights is None else np.asarray(weights, np.float64)


def _places(values: Floats, bins: int) -> Sequence[tuple[int, Any]]:
    """Each bin that holds something, and which values it holds."""
    # A value that floating point puts a hair above a bin's upper bound still belongs to it.
    bin_of = np.clip(np.ceil(values * bins - 1e-9).astype(int) - 1, 0, bins - 1)
    return [(int(each), bin_of == each) for each in np.unique(bin_of)]
