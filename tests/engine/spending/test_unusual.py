from __future__ import annotations

import pytest

from engine.spending.unusual import unusual_above_usd


def test_too_few_weeks_make_nothing_unusual() -> None:
    assert unusual_above_usd([1.0, 1.0, 1.0], day_usd=20) is None


def test_an_hour_is_unusual_six_robust_deviations_above_the_median() -> None:
    # median 2, absolute deviations 1 1 0 0 2: their median 1, times 1.4826, times 6
    above = unusual_above_usd([1.0, 3.0, 2.0, 2.0, 4.0], day_usd=1)
    assert above == pytest.approx(2 + 6 * 1.4826)


def test_one_week_out_of_the_common_moves_nothing() -> None:
    calm = [1.0, 1.1, 0.9, 1.0, 1.2, 0.8, 1.0]
    before = unusual_above_usd(calm, day_usd=1)
    after = unusual_above_usd([*calm, 500.0], day_usd=1)
    assert before is not None
    assert after is not None
    assert after < before + 0.5


@pytest.mark.parametrize(
    ("weeks", "day_usd", "above"),
    [([1.0] * 8, 1.0, 2.0), ([0.0] * 8, 20.0, 1.0), ([0.0] * 8, 0.0, 0.0)],
)
def test_where_all_weeks_are_alike_twice_as_much_and_little_of_the_budget_are_common(
    weeks: list[float], day_usd: float, above: float
) -> None:
    assert unusual_above_usd(weeks, day_usd=day_usd) == above
