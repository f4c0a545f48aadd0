from __future__ import annotations

import pytest

from engine.probability_scores import auroc
from evals.metrics import (
    Interval,
    RiskPoint,
    aurc,
    auroc_interval,
    brier,
    coverage_at_risk,
    mean,
    paired_bootstrap,
    percentile,
    risk_coverage,
    wilson,
)


def test_risk_at_each_coverage_by_hand() -> None:
    points = risk_coverage([0.9, 0.2, 0.7, 0.4], [True, True, False, False])
    # by confidence: right, wrong, wrong, right
    assert points == [
        RiskPoint(coverage=0.25, risk=0.0),
        RiskPoint(coverage=0.5, risk=0.5),
        RiskPoint(coverage=0.75, risk=pytest.approx(2 / 3)),
        RiskPoint(coverage=1.0, risk=0.5),
    ]
    assert aurc([0.9, 0.2, 0.7, 0.4], [True, True, False, False]) == pytest.approx(
        (0 + 1 / 2 + 2 / 3 + 1 / 2) / 4
    )


def test_risk_does_not_depend_on_the_order_of_equal_confidences() -> None:
    one = aurc([0.5, 0.5, 0.5, 0.9], [True, False, False, True])
    other = aurc([0.9, 0.5, 0.5, 0.5], [True, False, False, True])
    # one right at .9, then three of which two are wrong, evenly: risks 0, 1/3, 4/9, 1/2
    assert one == other == pytest.approx((0 + (2 / 3) / 2 + (4 / 3) / 3 + 2 / 4) / 4)
    assert aurc([], []) is None


def test_brier_is_the_mean_squared_distance() -> None:
    assert brier([0.8, 0.3], [True, False]) == pytest.approx((0.04 + 0.09) / 2)
    assert brier([], []) is None


def test_the_bootstrap_gives_the_same_interval_for_the_same_seed() -> None:
    ours, theirs = [1.0, 0.0, 1.0, 1.0, 0.0] * 8, [0.0, 0.0, 1.0, 0.0, 0.0] * 8
    first = paired_bootstrap(ours, theirs, seed=3)
    assert first == paired_bootstrap(ours, theirs, seed=3)
    assert first is not None
    assert first.mean == pytest.approx(0.4)
    # sd of a difference = sqrt(.4 x .6), of the mean of 40 = .0775; the interval is about ± 2 of it
    assert first.low == pytest.approx(0.4 - 1.96 * 0.0775, abs=0.03)
    assert first.high == pytest.approx(0.4 + 1.96 * 0.0775, abs=0.03)


def test_the_bootstrap_of_a_constant_difference_has_no_width() -> None:
    assert paired_bootstrap([0.5] * 5, [0.25] * 5, seed=1) == Interval(
        mean=0.25, low=0.25, high=0.25
    )
    assert paired_bootstrap([], [], seed=1) is None
    with pytest.raises(ValueError, match="same questions"):
        paired_bootstrap([1.0], [1.0, 0.0], seed=1)


def test_percentiles_lie_between_their_neighbours() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.5
    assert percentile([10.0, 20.0], 95) == pytest.approx(19.5)
    assert percentile([], 50) is None


def test_a_mean_of_nothing_is_none() -> None:
    assert mean([1.0, 2.0]) == 1.5
    assert mean([]) is None


def test_coverage_at_a_risk_is_how_many_may_be_answered() -> None:
    # The most confident two are right, the third wrong, the fourth right: risks 0, 0, 1/3, 1/4.
    confidences, right = [0.9, 0.8, 0.7, 0.6], [True, True, False, True]
    assert coverage_at_risk(confidences, right, 0.10) == 0.5
    assert coverage_at_risk(confidences, right, 0.25) == 1.0
    assert coverage_at_risk([0.9], [False], 0.10) == 0.0
    assert coverage_at_risk([], [], 0.10) is None


def test_the_interval_of_an_auroc_holds_it_and_is_the_same_for_the_same_seed() -> None:
    scores = [n / 40 for n in range(40)]
    labels = [n % 3 > 0 or n > 25 for n in range(40)]
    found = auroc(scores, labels)
    interval = auroc_interval(scores, labels, seed=7)
    assert interval is not None
    assert found is not None
    assert interval[0] < found < interval[1]
    assert interval == auroc_interval(scores, labels, seed=7)
    assert auroc_interval(scores, [True] * 40, seed=7) is None


def test_wilsons_interval_by_hand() -> None:
    # 8 of 10, z = 1.96: (.8 + .19208 ± 1.96 sqrt(.016 + .0096)) / 1.38416
    low, high = wilson(8, 10)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == 1.0
