"""95% intervals of the difference of two runs, by the paired bootstrap over their cases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evals.statistics.pairing import PairedRows, Rows, present

LEAST_CASES = 5
"""With fewer no interval is given: resampling them says little of other cases."""

RESAMPLES = 2_000
METRIC_RESAMPLES = 500
_TAILS = (2.5, 97.5)

OfRows = Callable[[Rows], float | None]
Bounds = tuple[float, float]


def mean_difference_interval(rows: PairedRows, seed: int) -> Bounds | None:
    """Of mean after - mean before of the first column, whole cases resampled.

    A run's mean is over the cases that it scores; None with fewer than `LEAST_CASES`, or where
    fewer than half of the resamples have a figure.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 13; paired as in
    Koehn, Statistical significance tests for machine translation evaluation (2004).
    """
    cases = len(rows)
    if cases < LEAST_CASES:
        return None
    random = np.random.default_rng(seed)
    times = random.multinomial(cases, np.full(cases, 1 / cases), size=RESAMPLES).astype(np.float64)

    def means(values: Rows) -> Rows:
        count = times @ (~np.isnan(values)).astype(np.float64)
        total = times @ np.nan_to_num(values)
        found: Rows = np.full(RESAMPLES, np.nan)
        np.divide(total, count, out=found, where=count > 0)
        return found

    drawn = means(rows.after[:, 0]) - means(rows.before[:, 0])
    return _bounds(drawn[~np.isnan(drawn)].tolist(), of=RESAMPLES)


def metric_difference_interval(rows: PairedRows, of_rows: OfRows, seed: int) -> Bounds | None:
    """Of figure after - figure before of any metric, whole cases resampled; None as above."""
    if len(rows) < LEAST_CASES:
        return None
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(METRIC_RESAMPLES):
        again = rows.taken(random.integers(0, len(rows), len(rows)))
        before, after = of_rows(present(again.before)), of_rows(present(again.after))
        if before is not None and after is not None:
            drawn.append(after - before)
    return _bounds(drawn)


def _bounds(drawn: list[float], of: int = METRIC_RESAMPLES) -> Bounds | None:
    if len(drawn) < of / 2:
        return None
    low, high = np.percentile(drawn, _TAILS)
    return float(low), float(high)
