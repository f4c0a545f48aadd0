"""Paired randomization tests: how probable a difference is when nothing changed.

When nothing changed, either run of a case could as well have been the other one. So the runs are
exchanged in every choice of cases (or in many drawn ones), and the share of choices that differ at
least as much is the p-value. For the mean of a column that every case has this is the sign-flip
test. A case that scored the same in both runs stays itself when exchanged, so only the others
count. Exact for any metric and any number of cases.
Source: Fisher, The Design of Experiments (1935), 21; Noreen, Computer-intensive methods for testing
hypotheses (1989); Smucker, Allan and Carterette, A comparison of statistical significance tests
for information retrieval evaluation (2007).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.statistics.pairing import PairedRows, Rows, present

DRAWS = 10_000
"""Choices drawn for a mean where there are too many to try them all."""

METRIC_DRAWS = 2_000
"""The same for a metric that has to be computed anew each time."""

_ENUMERATED = 13
_ENUMERATED_METRIC = 10
_ENOUGH = 25
_TIE = 1e-9
_BLOCK = 2_000

OfRows = Callable[[Rows], float | None]


def least_p(cases: int) -> float:
    """The smallest p-value that this many cases which differ can give: all in one direction."""
    return min(1.0, 2.0 ** (1 - cases)) if cases else 1.0


def mean_p(rows: PairedRows, seed: int) -> float:
    """Two-sided p of the difference of the first column's means.

    A run's mean is over the cases that it scores. Every choice is tried up to 13 cases that
    differ; beyond, `DRAWS` choices are drawn and p is (as extreme + 1) / (drawn + 1), which keeps
    the level (Phipson and Smyth, Permutation p-values should never be zero, 2010).

    Choices are ordered by the difference over its standard error, so that a run which merely
    scores fewer cases is not taken for one that scores them worse (Chung and Romano, Exact and
    asymptotically robust permutation tests, 2013). Where both score every case that is the order
    of the difference itself.
    """
    moving = rows.differs
    cases = int(moving.sum())
    if not cases:
        return 1.0
    sums = _Sums.of(rows.before[:, 0], rows.after[:, 0], moving)
    seen = float(sums.extremes(np.zeros((1, cases)))[0]) * (1.0 - _TIE)
    if cases <= _ENUMERATED:
        return float((sums.extremes(_every_choice(cases)) >= seen).mean())
    extreme = 0
    for swaps in _drawn_choices(cases, DRAWS, seed):
        extreme += int((sums.extremes(swaps) >= seen).sum())
    return (extreme + 1) / (DRAWS + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """What the means and their errors are computed from, and how each exchange changes it.

    held, gained: of one run's side the sum as it is, and what each exchange adds to it; one row
    for the count, sum and sum of squares, and for the sum over cases that both runs score. The
    other side's sums are what is left of `all`. both, product: over the cases that both score,
    their number and the sum of products, which no exchange changes.
    """

    held: NDArray[np.float64]
    gained: NDArray[np.float64]
    all: NDArray[np.float64]
    both: float
    product: float
    cases: int

    @classmethod
    def of(
        cls,
        before: NDArray[np.float64],
        after: NDArray[np.float64],
        moving: NDArray[np.bool_],
    ) -> _Sums:
        shared = ~np.isnan(before) & ~np.isnan(after)
        one, other = _powers(before, shared), _powers(after, shared)
        return cls(
            held=one.sum(axis=1),
            gained=(other - one)[:, moving],
            all=(one + other).sum(axis=1),
            both=float(shared.sum()),
            product=float((before[shared] * after[shared]).sum()),
            cases=len(before),
        )

    def extremes(self, swaps: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each choice d² / (e² + d² / n): it grows with |d| / e, and is never 0 / 0.

        d: the difference of the means; e: its standard error, by the influence of each of n cases.
        A side without a case is as extreme as can be.
        """
        one = self.held[:, None] + self.gained @ swaps.T
        other = self.all[:, None] - one
        empty = (one[0] < 0.5) | (other[0] < 0.5)
        (n, total, squares, common), (m, total_, squares_, common_) = (
            np.where(empty, 1.0, one),
            np.where(empty, 1.0, other),
        )
        mean, mean_ = total / n, total_ / m
        together = self.product - mean * common_ - mean_ * common + mean * mean_ * self.both
        error = squares / n**2 - mean**2 / n + squares_ / m**2 - mean_**2 / m
        error = np.maximum(error - 2 * together / (n * m), 0.0)
        difference = (mean - mean_) ** 2
        below = error + difference / self.cases
        found: NDArray[np.float64] = np.divide(
            difference, below, out=np.zeros_like(below), where=difference > _TIE**2
        )
        found[empty] = np.inf
        return found


def _powers(values: NDArray[np.float64], shared: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Of each case: whether it is scored, its score, the square, the score if both score it."""
    held, filled = ~np.isnan(values), np.nan_to_num(values)
    return np.stack([held.astype(np.float64), filled, filled**2, np.where(shared, filled, 0.0)])


def metric_p(rows: PairedRows, of_rows: OfRows, seed: int) -> float:
    """Two-sided p of the difference of any metric; both runs must have a figure.

    A choice that leaves a run without a figure counts as extreme. Every choice is tried up to 10
    cases that differ; beyond, choices are drawn until 25 were as extreme, or `METRIC_DRAWS`:
    p is 25 / drawn or (as extreme + 1) / (drawn + 1).
    Source of the stopping: Besag and Clifford, Sequential Monte Carlo p-values (1991).
    """
    moving = np.flatnonzero(rows.differs)
    if not len(moving):
        return 1.0
    seen = _difference(rows, of_rows)
    if seen is None:
        raise ValueError("a run without a figure cannot be compared")
    least = abs(seen) - _TIE

    def extreme(swaps: NDArray[np.float64]) -> bool:
        chosen = np.zeros(len(rows), dtype=bool)
        chosen[moving] = swaps > 0
        found = _difference(rows.swapped(chosen), of_rows)
        return found is None or abs(found) >= least

    if len(moving) <= _ENUMERATED_METRIC:
        choices = _every_choice(len(moving))
        return sum(extreme(swaps) for swaps in choices) / len(choices)
    met = drawn = 0
    for block in _drawn_choices(len(moving), METRIC_DRAWS, seed):
        for swaps in block:
            drawn += 1
            met += extreme(swaps)
            if met == _ENOUGH:
                return met / drawn
    return (met + 1) / (drawn + 1)


def _difference(rows: PairedRows, of_rows: OfRows) -> float | None:
    before, after = of_rows(present(rows.before)), of_rows(present(rows.after))
    return None if before is None or after is None else after - before


def _every_choice(cases: int) -> NDArray[np.float64]:
    """Each subset of the cases as a row of 0 and 1."""
    numbers = np.arange(2**cases)[:, None]
    return ((numbers >> np.arange(cases)) & 1).astype(np.float64)


def _drawn_choices(cases: int, draws: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """`draws` subsets in blocks."""
    random = np.random.default_rng(seed)
    for start in range(0, draws, _BLOCK):
        size = (min(_BLOCK, draws - start), cases)
        yield random.integers(0, 2, size=size, dtype=np.int8).astype(np.float64)
