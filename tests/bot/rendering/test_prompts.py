from __future__ import annotations

from bot.rendering.prompts import suggested_prompts


def test_a_topic_is_asked_about_and_an_answered_question_is_asked_as_it_is() -> None:
    assert suggested_prompts(["Expenses", "How much is paid for a meal?"]) == [
        {"title": "About: Expenses", "message": "What do I need to know about Expenses?"},
        {"title": "How much is paid for a meal?", "message": "How much is paid for a meal?"},
    ]
