from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evals.running.spending import Purse


def test_each_case_gets_its_part_of_what_is_left() -> None:
    purse = Purse(limit_usd=1.0, slots=2)
    assert purse.take() == 0.5
    assert purse.take() == 0.5
    assert purse.take() is None
    purse = Purse(limit_usd=1.0, slots=2, spent_usd=0.6)
    first = purse.take()
    assert first == 0.2
    purse.give_back(first, cost_usd=0.1)
    assert abs(purse.spent_usd - 0.7) < 1e-12
    assert not purse.is_empty


def test_what_is_free_needs_no_money() -> None:
    purse = Purse(limit_usd=0.0, slots=1)
    for _ in range(3):
        assert purse.take() == 0.0
        purse.give_back(0.0, cost_usd=0.0)
    assert not purse.is_empty


def test_an_empty_purse_gives_nothing_more() -> None:
    purse = Purse(limit_usd=0.5, slots=3, spent_usd=0.5)
    assert purse.take() is None
    assert purse.is_empty


@given(
    limit=st.floats(0.01, 100),
    slots=st.integers(1, 9),
    steps=st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=60),
)
def test_cases_that_keep_to_their_shares_never_spend_more_than_the_limit(
    limit: float, slots: int, steps: list[tuple[bool, float]]
) -> None:
    purse, taken = Purse(limit_usd=limit, slots=slots), list[float]()
    for takes, part in steps:
        if takes and len(taken) < slots:
            share = purse.take()
            if share is not None:
                taken.append(share)
        elif taken:
            share = taken.pop(0)
            purse.give_back(share, cost_usd=share * part)
        assert purse.spent_usd + sum(taken) <= limit * (1 + 1e-9)
