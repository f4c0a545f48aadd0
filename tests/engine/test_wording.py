from __future__ import annotations

import pytest

from engine.wording import wording


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I reset my password?", "how can I reset my password"),
        (
            "How do I reset my password?",
            "Hi! Can you please tell me how to reset my password? Thanks!",
        ),
        ("Why can't I carry over vacation days?", "why can not i carry over the vacation day"),
        ("What's the Wi-Fi password", "what is the wi-fi password please"),
        ("Is it possible to work from abroad?", "Can we work from abroad?"),
        ("I'd like to know when payday is", "when payday is"),
        ("ＶＰＮ  setup\nguide", "vpn setup guide"),
        ("Where’s the “key”?", "where is the key"),
    ],
)
def test_what_surrounds_the_words_does_not_count(one: str, other: str) -> None:
    assert wording(one) == wording(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How long is leave for full-time staff?", "How long is leave for part-time staff?"),
        ("How do I move money from A to B?", "How do I move money from B to A?"),
        ("May I carry over days?", "Must I carry over days?"),
        ("Can I carry over days?", "Can I not carry over days?"),
        ("What is my name?", "What is your name?"),
        ("When do I get paid?", "Where do I get paid?"),
        ("Is C allowed here?", "Is C++ allowed here?"),
        ("Is version 1.2 supported?", "Is version 12 supported?"),
        ("Is 5 allowed on top?", "Is -5 allowed on top?"),
        ("Who pays the employer?", "Who pays the employee?"),
        ("What was the limit?", "What is the limit?"),
        ("Can you call me?", "Can I call you?"),
        ("What happens before the review?", "What happens after the review?"),
        ("How do I get access?", "How do I get accessories?"),
    ],
)
def test_every_other_word_counts(one: str, other: str) -> None:
    assert wording(one) != wording(other)


@pytest.mark.parametrize("text", ["", "thanks!", "hi there", "ok", "why?", "please", "🎉", "the"])
def test_what_says_too_little_is_like_nothing(text: str) -> None:
    assert wording(text) == ""


def test_strings_made_to_be_slow_are_not() -> None:
    for text in (
        "please " * 20_000,
        "hi," * 20_000,
        "can you " * 20_000,
        "'" * 50_000,
        "!? " * 9_000,
    ):
        wording(text)
