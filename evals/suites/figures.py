"""From the columns of the cases to figures with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evals.metrics import wilson
from evals.run_record import CaseResult, Figure
from evals.suites.metric import Metric, Rows, Unit

ROUNDS = 1000
LEAST_CASES = 5
"""Fewer have no interval."""


def figures(
    results: Sequence[CaseResult], metrics: Sequence[Metric], seed: int, *, rounds: int = ROUNDS
) -> tuple[Figure, ...]:
    """A figure for each metric that can be computed from these cases, in the metrics' order.

    Intervals are of 95%: Wilson's for means of yes and no, else by the percentile bootstrap over
    cases (Efron and Tibshirani, 1993, ch. 13), the same for the same seed. Takes seconds for
    hundreds of cases: run it in a thread.
    """
    found = []
    for metric in metrics:
        rows = rows_of(results, metric.columns)
        value = metric.of_rows(rows) if len(rows) else None
        if value is None:
            continue
        low, high = interval(metric, rows, seed, rounds=rounds)
        found.append(Figure(metric=metric.name, value=value, low=low, high=high, cases=len(rows)))
    return tuple(found)


def rows_of(results: Sequence[CaseResult], columns: Sequence[str]) -> Rows:
    """The cases that have every one of the columns, in order; shape (cases, columns)."""
    rows = [
        [result.columns[name] for name in columns]
        for result in results
        if all(name in result.columns for name in columns)
    ]
    return np.asarray(rows, np.float64).reshape(len(rows), len(columns))


def interval(
    metric: Metric, rows: Rows, seed: int, *, rounds: int = ROUNDS
) -> tuple[float | None, float | None]:
    """Bounds of the metric's 95% interval; None of both where there are too few cases."""
    count = len(rows)
    if count < LEAST_CASES:
        return None, None
    yes_or_no = metric.unit is Unit.SHARE and bool(np.isin(rows[:, 0], (0.0, 1.0)).all())
    if metric.is_mean and yes_or_no:
        return wilson(int(rows[:, 0].sum()), count)
    drawn = np.random.default_rng(seed).integers(0, count, size=(rounds, count))
    if metric.is_mean:
        values = rows[:, 0][drawn].mean(axis=1)
    else:
        made = [metric.of_rows(rows[each]) for each in drawn]
        values = np.asarray([value for value in made if value is not None], np.float64)
    if not len(values):
        return None, None
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
