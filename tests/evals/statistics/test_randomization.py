"""Randomization tests against p-values worked out by hand and by scipy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import permutation_test

from evals.statistics.pairing import PairedRows, Rows
from evals.statistics.randomization import least_p, mean_p, metric_p
from evals.suites.metric import mean_of_rows

NONE = math.nan


def paired(before: list[float], after: list[float]) -> PairedRows:
    return PairedRows(np.array(before)[:, None], np.array(after)[:, None])


def every_choice_by_hand(rows: PairedRows) -> float:
    """The definition, without any of the shortcuts."""

    def extreme(chosen: tuple[bool, ...]) -> float:
        swapped = rows.swapped(np.array(chosen))
        before, after = swapped.before[:, 0], swapped.after[:, 0]
        influence = np.zeros(len(before))
        for values, sign in ((before, -1), (after, 1)):
            held = ~np.isnan(values)
            influence[held] += sign * (values[held] - values[held].mean()) / held.sum()
        return abs(np.nanmean(after) - np.nanmean(before)) / math.sqrt((influence**2).sum())

    seen = extreme((False,) * len(rows))
    found = [extreme(c) for c in itertools.product((False, True), repeat=len(rows))]
    return sum(e >= seen - 1e-9 for e in found) / len(found)


def test_eight_cases_that_all_got_worse_have_the_sign_tests_p() -> None:
    rows = paired([1.0] * 8 + [0.5] * 20, [0.0] * 8 + [0.5] * 20)
    assert mean_p(rows, seed=1) == 2 / 2**8
    assert metric_p(rows, mean_of_rows, seed=1) == 2 / 2**8
    assert least_p(8) == 2 / 2**8


def test_one_of_four_changes_the_other_way_as_counted_by_hand() -> None:
    # |sum| of four signs is at least 2 unless two are up and two are down: 1 - 6/16.
    rows = paired([1, 1, 1, 0, 1, 0], [0, 0, 0, 1, 1, 0])
    assert mean_p(rows, seed=1) == 10 / 16


def test_runs_that_score_alike_have_a_p_of_one() -> None:
    rows = paired([0.2, 0.4, 1.0], [0.2, 0.4, 1.0 - 1e-7])
    assert mean_p(rows, seed=1) == 1.0
    assert metric_p(rows, mean_of_rows, seed=1) == 1.0
    assert least_p(0) == 1.0


def test_as_many_up_as_down_has_a_p_of_one() -> None:
    assert mean_p(paired([1, 0, 1, 0], [0, 1, 0, 1]), seed=1) == 1.0


def test_cases_that_only_one_run_scores_count_by_the_definition() -> None:
    rows = paired([1.0, 1.0, 0.4, NONE, 0.9, 0.3], [0.2, NONE, 0.4, 0.1, 0.7, 0.5])
    assert mean_p(rows, seed=1) == pytest.approx(every_choice_by_hand(rows))


def test_scoring_fewer_cases_is_not_scoring_them_worse() -> None:
    # Two answers of all are imperfect, one in each run; the second run answers half as often.
    before = [1.0] * 119 + [0.5]
    after = [1.0] * 59 + [0.5] + [NONE] * 60
    assert mean_p(paired(before, after), seed=1) > 0.3


def test_a_choice_that_leaves_a_run_without_scores_counts_as_extreme() -> None:
    # The other two choices put each score on a side of its own.
    rows = paired([1.0, NONE], [NONE, 0.9])
    assert mean_p(rows, seed=1) == 1.0
    assert metric_p(rows, mean_of_rows, seed=1) == 1.0


def test_many_cases_agree_with_scipys_permutation_test() -> None:
    random = np.random.default_rng(5)
    before = random.random(40)
    after = before + random.normal(-0.05, 0.15, 40)
    rows = paired(before.tolist(), after.tolist())
    theirs = permutation_test(
        (after, before),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        n_resamples=20_000,
        vectorized=True,
        rng=3,
    ).pvalue
    assert mean_p(rows, seed=1) == pytest.approx(theirs, abs=0.012)
    assert metric_p(rows, mean_of_rows, seed=1) == pytest.approx(theirs, abs=0.03)


def test_the_same_seed_gives_the_same_p_and_none_is_zero() -> None:
    rows = paired([1.0] * 60, [0.0] * 60)
    assert mean_p(rows, seed=4) == mean_p(rows, seed=4) == 1 / 10_001
    assert metric_p(rows, mean_of_rows, seed=4) == 1 / 2_001


def test_a_metric_that_neither_order_can_compute_is_refused() -> None:
    def never(rows: Rows) -> float | None:
        return None

    with pytest.raises(ValueError, match="without a figure"):
        metric_p(paired([1.0], [0.0]), never, seed=1)
