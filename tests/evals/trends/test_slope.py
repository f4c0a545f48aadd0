"""The slope against figures computed by hand."""

from __future__ import annotations

import pytest

from evals.trends.slope import slope_of


def test_points_on_a_line_have_its_slope_and_no_width() -> None:
    found = slope_of([(x, 3 + 2 * x) for x in range(10)])
    assert found.value == pytest.approx(2)
    assert found.high - found.low == pytest.approx(0, abs=1e-9)


def test_the_interval_is_that_of_the_formula() -> None:
    # x centred: -1.5 -.5 .5 1.5; slope (-1.5*0 -.5*1 +.5*1 +1.5*2)/5 = .6; residuals about the
    # mean 1: -.1 .3 -.3 .1; scores .15 -.15 -.15 .15; lags int(4*(.04)**(2/9)) = 1, weight .5:
    # sum of squares .09, neighbours -.0225 + .0225 - .0225 = -.0225; .09 - .0225 = .0675;
    # times n/(n-2) = 2: .135; 1.959964 * sqrt(.135) / 5 = .14403
    found = slope_of([(0, 0), (1, 1), (2, 1), (3, 2)])
    assert found.value == pytest.approx(0.6)
    assert found.high - found.value == pytest.approx(0.14403, abs=1e-4)


def test_neighbours_that_are_alike_make_the_interval_wider() -> None:
    alike = slope_of([(x, float(x // 10 % 2)) for x in range(100)])
    apart = slope_of([(x, float(x % 2)) for x in range(100)])
    assert alike.high - alike.low > 2 * (apart.high - apart.low)


@pytest.mark.parametrize("points", [[], [(0, 1), (1, 2), (2, 3)], [(1, 1)] * 6])
def test_too_few_points_are_no_slope(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="four points"):
        slope_of(points)
