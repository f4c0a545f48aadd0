from __future__ import annotations

import pytest

from bot.intake.case_reply import answers_case


@pytest.mark.parametrize(
    "text", ["It is 16 weeks.", "No.", "yes", "16", "Thanks for asking: it is 5."]
)
def test_words_for_the_asker_answer_a_case(text: str) -> None:
    assert answers_case(text, bot_user="U0BOT")


@pytest.mark.parametrize(
    "text",
    ["", ":eyes:", "thanks!", "ok", "<@U1> do you know?", "Ask <@U1|sam>.", "<!subteam^S1> yours?"],
)
def test_talk_among_reviewers_does_not(text: str) -> None:
    assert not answers_case(text, bot_user="U0BOT")
