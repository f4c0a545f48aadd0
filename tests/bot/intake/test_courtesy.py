"""What wants no answer from documents."""

from __future__ import annotations

import pytest

from bot.intake.courtesy import is_courtesy, is_greeting


@pytest.mark.parametrize("text", ["hi", "Hello there!", "good morning", "Hey Deskhand", "help"])
def test_greetings(text: str) -> None:
    assert is_greeting(text)


@pytest.mark.parametrize("text", ["What can you help me with?", "who are you?", "what can you do"])
def test_asking_who_it_is(text: str) -> None:
    assert is_greeting(text)


@pytest.mark.parametrize(
    "text",
    [
        "hello, how do I reset my password?",
        "help me with my invoice",
        "good day rates",
        "what can you do about a lost badge?",
        "what is this charge",
    ],
)
def test_questions_are_neither(text: str) -> None:
    assert not is_greeting(text)
    assert not is_courtesy(text)
