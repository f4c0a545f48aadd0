from __future__ import annotations

import pytest

from engine.figures.repeats import repeats
from engine.figures.share import Share, wilson
from evals.metrics import wilson as scipys


def test_a_share_has_its_interval_and_the_part_that_people_had() -> None:
    share = Share(hits=8, trials=10, involved=3)
    assert share.value == 0.8
    assert share.involvement == 0.3
    # By hand: (0.8 + 1.9207/10 -+ 1.96 * sqrt(0.016 + 3.8415/400)) / (1 + 3.8415/10)
    assert share.interval == pytest.approx((0.4902, 0.9433), abs=5e-5)


def test_nothing_asked_has_no_share() -> None:
    share = Share(hits=0, trials=0, involved=0)
    assert share.value is None
    assert share.involvement is None
    assert share.interval == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "trials"), [(0, 5), (5, 5), (1, 7), (96, 140)])
def test_the_interval_is_the_one_that_scipy_has(hits: int, trials: int) -> None:
    assert wilson(hits, trials) == pytest.approx(scipys(hits, trials), abs=1e-9)


@pytest.mark.parametrize(
    ("now", "before", "same"),
    [
        ("How many weeks is parental leave?", "parental leave: how many weeks?", True),
        ("<@U1> is parental leave how many weeks", "How many weeks is parental leave?", True),
        ("How do I apply for parental leave?", "What is the guest wifi called?", False),
        ("why?", "why?", True),
        ("why?", "how?", False),
    ],
)
def test_a_question_is_repeated_in_similar_words(now: str, before: str, same: bool) -> None:
    assert repeats(now, before) is same
