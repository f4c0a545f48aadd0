"""Whether a day's questions are drawn as the reference's were: exact and permutation tests.

Where nothing changed, any of the questions could as well have been the day's. So the day's are
drawn anew from all of them, and the share of draws that differ at least as much is the p-value.
Exact for any distribution and any number of questions, as long as questions are exchangeable; where
days differ from each other by nature, `evals.continuous.day_spread` holds the day against that.
Source: Fisher (1935); Phipson and Smyth, Permutation p-values should never be zero (2010), for
(as extreme + 1) / (drawn + 1); Besag and Clifford, Sequential Monte Carlo p-values (1991), for
ending at 25 that were as extreme.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from evals.continuous.day_sample import Values

DRAWS = 9_999
"""Enough for p to fall below .01 / 14 by far."""

_BLOCK = 100
_ENOUGH = 25
_TIE = 1e-9

Extremes = Callable[[int], NDArray[np.bool_]]
"""Draws that many times; whether each was as extreme as what was seen."""


def drawn_p(extremes: Extremes, *, draws: int = DRAWS, block: int = _BLOCK) -> float:
    """A Monte Carlo p: 25 / drawn where the 25th as extreme ends it, else (met + 1) / (drawn + 1).

    block: draws made at once; those after the 25th of a block do not count.
    """
    met = drawn = 0
    while drawn < draws:
        size = min(block, draws - drawn)
        found = extremes(size)
        if met + int(found.sum()) >= _ENOUGH:
            last = int(np.flatnonzero(found)[_ENOUGH - met - 1])
            return _ENOUGH / (drawn + last + 1)
        met += int(found.sum())
        drawn += size
    return (met + 1) / (drawn + 1)


def yes_no_p(yes: int, of: int, reference_yes: int, reference_of: int) -> float:
    """Two-sided p of Fisher's exact test; 1 where one side has no question.

    Source: Fisher (1922), by scipy.
    """
    if not of or not reference_of:
        return 1.0
    from scipy.stats import fisher_exact

    table = [[yes, of - yes], [reference_yes, reference_of - reference_yes]]
    return float(fisher_exact(table).pvalue)


def mean_p(today: Values, reference: Values, seed: int) -> float:
    """Two-sided p of the difference of the means; 1 where one side is empty or all are equal."""
    if not len(today) or not len(reference):
        return 1.0
    pooled = np.concatenate([today, reference])
    if np.ptp(pooled) <= _TIE:
        return 1.0
    random, size = np.random.default_rng(seed), len(today)
    expected = pooled.mean() * size
    # Differences in sums that rounding alone makes are ties.
    seen = abs(float(today.sum() - expected)) - _TIE * max(1.0, float(np.abs(pooled).sum()))

    def extremes(draws: int) -> NDArray[np.bool_]:
        keys = random.random((draws, len(pooled)))
        chosen = np.argpartition(keys, size - 1, axis=1)[:, :size]
        sums = pooled[chosen].sum(axis=1)
        found: NDArray[np.bool_] = np.abs(sums - expected) >= seen
        return found

    return drawn_p(extremes)


def ranked(today: Values, reference: Values) -> tuple[Values, Values]:
    """Both as ranks within all of them, equal values sharing their mean rank.

    The test of their means is that of Wilcoxon (1945), and Mann and Whitney (1947).
    """
    from scipy.stats import rankdata

    ranks = np.asarray(rankdata(np.concatenate([today, reference])), np.float64)
    return ranks[: len(today)], ranks[len(today) :]


def mix_p(today: Mapping[str, int], reference: Mapping[str, int], seed: int) -> float:
    """p of Pearson's chi-square of two groups, its distribution by permutation, margins fixed."""
    counts, pooled = aligned(today, reference)
    size, whole = int(counts.sum()), int(pooled.sum())
    if not size or size == whole or (pooled > 0).sum() < 2:
        return 1.0
    random = np.random.default_rng(seed)
    seen = chi_square(counts, pooled) - _TIE

    def extremes(draws: int) -> NDArray[np.bool_]:
        drawn = random.multivariate_hypergeometric(pooled, size, size=draws)
        found: NDArray[np.bool_] = chi_square(drawn, pooled) >= seen
        return found

    return drawn_p(extremes)


def aligned(
    today: Mapping[str, int], reference: Mapping[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Counts of today, and of both together, over all labels in order."""
    labels = sorted({*today, *reference})
    counts = np.array([today.get(label, 0) for label in labels], np.int64)
    others = np.array([reference.get(label, 0) for label in labels], np.int64)
    return counts, counts + others


def chi_square(counts: NDArray[np.int64], pooled: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pearson's statistic of a group against the rest of the pool, for each row of `counts`."""
    size, whole = counts.sum(axis=-1, keepdims=True), pooled.sum()
    held = pooled > 0
    expected = size * pooled[held] / whole
    rest = pooled[held] - expected
    squares = (counts[..., held] - expected) ** 2
    found: NDArray[np.float64] = (squares / expected + squares / rest).sum(axis=-1)
    return found
