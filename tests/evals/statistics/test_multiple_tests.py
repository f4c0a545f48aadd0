"""Families of tests, by hand."""

from __future__ import annotations

import pytest

from evals.statistics.multiple_tests import family_of, holm


def test_holm_as_worked_out_by_hand() -> None:
    # Sorted .01 x 4, .02 x 3, .03 x 2, .5 x 1; none below the one before it.
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])


def test_holm_of_none_and_of_large_ones() -> None:
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_a_family_holds_the_tests_that_can_reach_their_share() -> None:
    # At K = 2: .0001 and .02 reach .025; at K = 1 both do, which is one too many.
    assert family_of([0.0001, 1.0, 0.02, 0.03], 0.05) == [0, 2]
    assert family_of([1.0, 1.0], 0.05) == []
    assert family_of([], 0.05) == []
    assert family_of([0.0001] * 3, 0.05) == [0, 1, 2]
