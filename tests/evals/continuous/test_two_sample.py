from __future__ import annotations

import numpy as np
import pytest

from evals.continuous.two_sample import (
    aligned,
    chi_square,
    drawn_p,
    mean_p,
    mix_p,
    ranked,
    yes_no_p,
)


def test_the_lady_who_tasted_tea() -> None:
    assert yes_no_p(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert yes_no_p(4, 4, 0, 4) == pytest.approx(2 / 70)
    assert yes_no_p(0, 0, 3, 9) == 1.0


def test_draws_end_at_the_twenty_fifth_that_is_as_extreme() -> None:
    assert drawn_p(lambda draws: np.ones(draws, bool)) == 1.0
    assert drawn_p(lambda draws: np.zeros(draws, bool)) == 1 / 10_000
    every_fourth = np.arange(100) % 4 == 3
    assert drawn_p(lambda draws: every_fourth[:draws]) == 25 / 100
    # 20 in the first hundred; the fifth of the next is draw 125.
    every_fifth = np.arange(100) % 5 == 4
    assert drawn_p(lambda draws: every_fifth[:draws]) == 25 / 125


def test_one_number_that_is_larger_than_nine_others_has_a_p_of_a_tenth() -> None:
    found = [mean_p(np.array([9.0]), np.zeros(9), seed) for seed in range(20)]
    assert np.mean(found) == pytest.approx(0.1, abs=0.02)


def test_equal_numbers_and_no_numbers_say_nothing() -> None:
    assert mean_p(np.full(20, 0.1), np.full(50, 0.1), 1) == 1.0
    assert mean_p(np.zeros(0), np.ones(5), 1) == 1.0


def test_a_clear_difference_of_means_reaches_the_smallest_p() -> None:
    assert mean_p(np.arange(20) + 100.0, np.arange(60) * 1.0, 1) == 1 / 10_000


def test_ranks_are_over_both_groups_and_shared_by_ties() -> None:
    today, reference = ranked(np.array([5.0, 1.0]), np.array([1.0, 1000.0]))
    assert today.tolist() == [3.0, 1.5]
    assert reference.tolist() == [1.5, 4.0]


def test_chi_square_by_hand() -> None:
    counts, pooled = aligned({"a": 10}, {"a": 10, "b": 10})
    assert (counts.tolist(), pooled.tolist()) == ([10, 0], [20, 10])
    assert float(chi_square(counts, pooled)) == pytest.approx(7.5)


def test_a_mix_is_compared_with_fixed_margins() -> None:
    # Of 20 labels the 2 of today are the only "b": one choice in 190.
    found = [mix_p({"b": 2}, {"a": 18}, seed) for seed in range(10)]
    assert np.mean(found) == pytest.approx(1 / 190, rel=0.2)
    assert mix_p({"a": 5}, {"a": 50}, 1) == 1.0
    assert mix_p({}, {"a": 5, "b": 5}, 1) == 1.0
    assert mix_p({"a": 10, "b": 10}, {"a": 100, "b": 100}, 1) > 0.5
