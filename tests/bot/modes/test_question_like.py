from __future__ import annotations

import pytest

from bot.modes.question_like import reads_like_question


@pytest.mark.parametrize(
    "text",
    [
        "How many weeks is parental leave?",
        "hi all, where do I find the form for parental leave",
        "Does anybody know how to reset the VPN token?",
        "I can't connect to the guest wifi since this morning",
        "Our builds fail with error 137. What does that mean?",
        "need help with my expense report, the upload hangs",
        "anyone know who approves travel to Oslo?",
        "Morning! Is the office in Bern open on Friday?",
        "We are trying to rotate the signing key. Can we do that without downtime?",
        "which plan includes single sign-on?",
    ],
)
def test_what_asks_for_something_to_look_up_is_a_question(text: str) -> None:
    assert reads_like_question(text, bot_user="UBOT")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":wave:",
        "Thanks, that worked!",
        "Good morning everyone",
        "I deployed version 3.2 to production.",
        "The meeting is moved to 3pm.",
        "anyone up for lunch?",
        "Who's in on Friday for drinks?",
        "<@U1> did you send the report to finance?",
        "<!here> can somebody review my change to the parser?",
        "We ship on Monday, right?",
        "What a great release that was",
        "how are you?",
        "really?",
        "is it?",
        "> How many weeks is parental leave?",
        "```\nwhy? = 5\n``` merged",
        "What I meant is that the tests are green now " + "and so on " * 300,
    ],
)
def test_talk_is_none(text: str) -> None:
    assert not reads_like_question(text, bot_user="UBOT")
