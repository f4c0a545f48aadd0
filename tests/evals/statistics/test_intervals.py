"""Intervals of differences: what is known of them without resampling."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evals.statistics.intervals import mean_difference_interval, metric_difference_interval
from evals.statistics.pairing import PairedRows, Rows
from evals.suites.metric import mean_of_rows


def paired(before: Rows, after: Rows) -> PairedRows:
    return PairedRows(before[:, None], after[:, None])


def test_a_shift_of_every_case_is_certain() -> None:
    before = np.linspace(0, 1, 30)
    assert mean_difference_interval(paired(before, before - 0.25), 1) == pytest.approx(
        (-0.25, -0.25)
    )


def test_it_is_about_as_wide_as_the_normal_interval_of_the_differences() -> None:
    random = np.random.default_rng(2)
    before = random.random(200)
    after = before + random.normal(0.1, 0.2, 200)
    rows = paired(before, after)
    half = 1.96 * float(np.std(after - before)) / math.sqrt(200)
    middle = float(np.mean(after - before))
    for bounds in (
        mean_difference_interval(rows, 1),
        metric_difference_interval(rows, mean_of_rows, 1),
    ):
        assert bounds == pytest.approx((middle - half, middle + half), abs=half * 0.25)


def test_few_cases_have_none() -> None:
    rows = paired(np.ones(4), np.zeros(4))
    assert mean_difference_interval(rows, 1) is None
    assert metric_difference_interval(rows, mean_of_rows, 1) is None


def test_a_figure_that_most_resamples_lack_has_none() -> None:
    before, after = np.full(20, math.nan), np.ones(20)
    before[0] = 1.0
    kept = mean_difference_interval(paired(before, after), 1)
    assert kept == (0.0, 0.0)  # about 64% of the resamples hold that case

    def rarely(rows: Rows) -> float | None:
        return 1.0 if len(np.unique(rows)) > 25 else None

    wide = paired(np.arange(30.0), np.arange(30.0))
    assert metric_difference_interval(wide, rarely, 1) is None
