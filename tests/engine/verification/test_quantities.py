from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.verification.quantities import read_quantities


def equal(one: str, other: str) -> bool:
    left, right = read_quantities(one), read_quantities(other)
    assert len(left) == len(right) == 1, (left, right)
    return left[0].equals(right[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 days", "one month"),
        ("14 days", "two weeks"),
        ("12 months", "one year"),
        ("60 minutes", "1 hour"),
        ("half an hour", "30 minutes"),
        ("1,000", "1000"),
        ("2.5 million euros", "€2,500,000"),
        ("$35", "35 dollars"),
        ("5 pm", "17:00"),
        ("5:30 p.m.", "17:30"),
        ("noon", "12:00"),
        ("half past ten", "10:30"),
        ("31st August 2022", "August 31, 2022"),
        ("31 August", "2022-08-31"),
        ("8%", "8 percent"),
        ("half of the staff", "50% of them"),
        ("twenty-five days", "25 days"),
        ("1.5 GB", "1500 MB"),
        ("v4.2.1", "4.2.1"),
        ("the 3rd", "the third"),
        ("a dozen", "12"),
        ("5 business days", "5 working days"),
    ],
)
def test_the_same_amount_in_other_words_is_equal(one: str, other: str) -> None:
    assert equal(one, other)
    assert equal(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 days", "14 days"),
        ("4 weeks", "one month"),
        ("5 days", "5 working days"),
        ("5 pm", "5 am"),
        ("€35", "$35"),
        ("31 August 2022", "31 August 2023"),
        ("4.2.1", "4.3.1"),
        ("2 GB", "2 MB"),
        ("1,200", "1,020"),
    ],
)
def test_another_amount_is_not(one: str, other: str) -> None:
    assert not equal(one, other)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("at most 5 days", "most"),
        ("up to 5 GB", "most"),
        ("no more than ten", "most"),
        ("at least 8 characters", "least"),
        ("more than 50 euros", "least"),
        ("8 or more", "least"),
        ("5 days", ""),
    ],
)
def test_a_bound_is_read(text: str, bound: str) -> None:
    assert read_quantities(text)[0].bound == bound


def test_both_ends_of_a_range_have_its_unit() -> None:
    low, high = read_quantities("between 5 and 10 business days")
    assert (low.dimension, low.value, high.value) == ("working duration", 432_000.0, 864_000.0)


@pytest.mark.parametrize("text", ["no one", "one of them", "second-hand", "a", "", "bob@x2.org"])
def test_what_is_no_quantity_is_left_alone(text: str) -> None:
    assert [q for q in read_quantities(text) if q.dimension != "ordinal"] == []


@given(st.text(alphabet="0123456789 .,:-/%$€apmthdyofkbsr", max_size=60))
def test_any_jumble_of_figures_is_read_without_a_fault(text: str) -> None:
    for quantity in read_quantities(text):
        assert quantity.equals(quantity)
        assert 0 <= quantity.start < quantity.end <= len(text)
