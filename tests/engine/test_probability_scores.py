from __future__ import annotations

import pytest

from engine.probability_scores import auroc, calibration_error, reliability


def test_auroc_counts_the_pairs_in_the_right_order() -> None:
    # true: .9 .4; false: .6 .1 -> pairs right: (.9,.6) (.9,.1) (.4,.1) = 3 of 4
    assert auroc([0.9, 0.6, 0.4, 0.1], [True, False, True, False]) == 0.75


def test_auroc_counts_a_tie_as_half_a_pair() -> None:
    # true: .5 .8; false: .5 .2 -> (.5,.5) half, (.5,.2) 1, (.8,.5) 1, (.8,.2) 1 = 3.5 of 4
    assert auroc([0.5, 0.5, 0.8, 0.2], [True, False, True, False]) == 0.875
    assert auroc([0.3] * 6, [True, False] * 3) == 0.5


def test_auroc_of_one_kind_alone_is_none() -> None:
    assert auroc([0.1, 0.9], [True, True]) is None
    assert auroc([], []) is None
    with pytest.raises(ValueError, match="one label"):
        auroc([0.1], [])


def test_calibration_error_weighs_each_bin_by_its_size() -> None:
    # bin (.8,.9]: .85 and .9, one true: |.5 - .875| = .375; bin (.1,.2]: .2, false: .2
    error = calibration_error([0.85, 0.9, 0.2], [True, False, False])
    assert error == pytest.approx((2 * 0.375 + 1 * 0.2) / 3)


def test_calibration_bins_hold_their_upper_bound_and_zero() -> None:
    # .1 and .3 x 10 are not exact in floating point; 0 belongs to the first bin
    assert calibration_error([0.0, 0.1], [False, True]) == pytest.approx(0.45)
    assert calibration_error([0.3, 0.21], [True, False]) == pytest.approx(0.245)
    assert calibration_error([1.0], [True]) == 0.0
    assert calibration_error([], []) is None


def test_a_reliability_curve_has_a_point_for_each_bin_that_holds_something() -> None:
    points = reliability([0.05, 0.15, 0.12, 0.95], [False, True, False, True])
    assert [(b.low, b.rows, b.true_share) for b in points] == [
        (0.0, 1, 0),
        (0.1, 2, 0.5),
        (0.9, 1, 1),
    ]
    assert points[1].mean_probability == pytest.approx(0.135)


def test_weights_count_a_row_as_often_as_they_say() -> None:
    # bin (.8,.9]: .9 true thrice, .9 false once: share .75; bin (.1,.2]: .2 false, four times
    values, labels, weights = [0.9, 0.9, 0.2], [True, False, False], [0.3, 0.1, 0.4]
    low, high = reliability(values, labels, weights=weights)
    assert (low.rows, low.true_share, high.rows) == (1, 0.0, 2)
    assert high.true_share == pytest.approx(0.75)
    error = calibration_error(values, labels, weights=weights)
    assert error == pytest.approx(0.5 * 0.15 + 0.5 * 0.2)
