from __future__ import annotations

import pytest

from bot.learning.worth import is_worth_keeping


@pytest.mark.parametrize(
    "answer",
    [
        "16 weeks.",
        "Yes, it does.",
        "Please call the help desk at extension 12.",
        "Let me check. It is 16 weeks.",
        "Thanks for asking! Use the form L-12.",
        "Message the owner of the channel.",
        "You can ask me, or use the form.",
    ],
)
def test_an_answer_is_kept(answer: str) -> None:
    assert is_worth_keeping(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "Thanks!",
        "Let's talk in DM.",
        "I'll DM you.",
        "let me check and get back to you",
        "On it.",
        "Call me.",
        "I sent you a DM with the details.",
        "Hi! I will get back to you tomorrow.",
        ":+1:",
        "...",
    ],
)
def test_a_courtesy_or_a_referral_is_not(answer: str) -> None:
    assert not is_worth_keeping(answer)
