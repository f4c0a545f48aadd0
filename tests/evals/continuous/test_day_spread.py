from __future__ import annotations

from datetime import date
from math import atan, e, exp, pi, sqrt

import numpy as np
import pytest

from evals.continuous.day_sample import DaySample
from evals.continuous.day_spread import mean_spread_p, mix_spread_p, outlier_p

DAY = date(2026, 11, 22)


def test_a_day_is_held_against_the_spread_of_the_days_means() -> None:
    days = [np.array([0.0, 2.0]), np.array([2.0, 4.0]), np.array([4.0, 6.0])]
    # phi sigma² = (2·2² + 0 + 2·2²) / 2 = 8; (9 - 3)² / (1/2 + 1/6) = 54; F(1, 2) = t(2)².
    t = sqrt(54 / 8)
    assert mean_spread_p(np.array([8.0, 10.0]), days) == pytest.approx(1 - t / sqrt(t * t + 2))


def test_days_that_are_all_the_same_leave_the_question_to_the_questions() -> None:
    assert mean_spread_p(np.ones(3), [np.zeros(5), np.zeros(5)]) == 0.0
    assert outlier_p(3.0, [2.0, 2.0, 2.0]) == 0.0
    assert outlier_p(1.0, [2.0, 2.0, 2.0]) == 1.0


def test_a_mix_is_held_against_the_spread_of_the_days_mixes() -> None:
    days = [DaySample(day=DAY, counts=counts) for counts in ({"a": 6, "b": 4}, {"a": 4, "b": 6})]
    today = DaySample(day=DAY, counts={"a": 10})
    # Chi-square of the days .8, of today 7.5; F(1, 1).
    assert mix_spread_p(today, days) == pytest.approx(1 - 2 / pi * atan(sqrt(7.5 / 0.8)))


def test_a_new_label_is_a_degree_of_freedom_of_the_day_alone() -> None:
    days = [DaySample(day=DAY, counts=c) for c in ({"a": 6, "b": 4}, {"a": 4, "b": 6})]
    usual = mix_spread_p(DaySample(day=DAY, counts={"a": 5, "b": 5}), days)
    strange = mix_spread_p(DaySample(day=DAY, counts={"c": 10}), days)
    assert strange < usual == 1.0


def test_one_more_positive_number_by_student() -> None:
    # Logarithms 0 and 2: mean 1, deviation √2, of one more √3; t(1) above 1 is a quarter.
    assert outlier_p(exp(1 + sqrt(3)), [1.0, e**2]) == pytest.approx(0.25)
