from __future__ import annotations

import pytest

from bot.modes.edits import is_light, likeness

DRAFT = "Parental leave is 16 weeks for every parent. [1] Tell HR three months before. [2]"


def test_likeness_is_the_share_of_words_in_common() -> None:
    assert likeness("one two three [1]", "One, two: three!") == 1.0
    # 2 * 2 matching words of 3 + 3
    assert likeness("one two three", "one two four") == pytest.approx(4 / 6)
    assert likeness("", "one") == 0.0


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        ("Parental leave is 16 weeks for every parent. Tell HR three months before.", True),
        ("Hi Ann, parental leave is 16 weeks for every parent; tell HR three months before.", True),
        ("Parental leave is 20 weeks for every parent. Tell HR three months before.", False),
        ("It depends on your contract, please write to payroll.", False),
        ("", False),
    ],
)
def test_an_edit_of_wording_is_light_and_one_of_a_figure_is_not(answer: str, light: bool) -> None:
    assert is_light(DRAFT, answer) is light


def test_a_denial_that_was_taken_out_is_no_light_edit() -> None:
    draft = "Interns cannot take parental leave in their first year with the company."
    assert not is_light(draft, draft.replace("cannot", "can"))
    assert not is_light(draft.replace("cannot", "can"), draft)
