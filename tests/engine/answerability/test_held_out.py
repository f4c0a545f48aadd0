from __future__ import annotations

import pytest

from engine.answerability.fit import LEAST_EXAMPLES
from engine.answerability.held_out import QUESTIONS, questions_for


@pytest.mark.parametrize(
    ("passages", "questions"), [(0, 80), (3, 80), (12, 96), (30, 240), (9_000, 240)]
)
def test_few_passages_are_not_asked_the_same_again_and_again(passages: int, questions: int) -> None:
    assert questions_for(passages) == questions
    assert LEAST_EXAMPLES <= questions <= QUESTIONS
