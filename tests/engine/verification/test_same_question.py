from __future__ import annotations

import pytest

from engine.knowledge.answer_text import asked
from engine.verification.same_question import same_question, stands_alone

NEAR = 0.95


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is the emergency exit on floor 2?", "On floor 2, where is the emergency exit?"),
        ("Is Tidemark 5 supported on Windows 11?", "Do we support Windows 11 for Tidemark 5?"),
        ("Who approves travel above 2,000 euros?", "Who approves travel above 2000 euros?"),
        ("Why can't I print on floor 3?", "Why can I not print on floor 3?"),
        ("What is the exit on floor 2?", "What is the exit in floor 2?"),
        ("How do I rotate the key of a customer?", "A customer's key must be rotated, how?"),
    ],
)
def test_other_words_for_the_same_are_the_same(one: str, other: str) -> None:
    assert same_question(one, other, NEAR) > 0.9
    assert same_question(other, one, NEAR) > 0.9


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I reset my VPN password?", "How do I reset my email password?"),
        ("Is Tidemark 5 supported on Windows 11?", "Is Tidemark 4 supported on Windows 11?"),
        ("Where is the exit on floor 2?", "Where is the exit on floor 4?"),
        ("What does error E-1042 mean?", "What does error E-1024 mean?"),
        ("How do I turn on the alarm of the lab?", "How do I turn off the alarm of the lab?"),
        ("How long are backups kept?", "How often are backups made?"),
        ("How do I book the large room?", "How do I book the small room?"),
        ("Who approves travel above 2,000 euros?", "Who approves travel above 5,000 euros?"),
        ("Which printer here prints in color?", "Which printer here cannot print in color?"),
        ("Who may approve an invoice?", "Who may not approve an invoice?"),
        ("Is the badge free?", "Isn\u2019t the badge free?"),
        ("What is the limit of gifts from a client?", "What is the limit of gifts to a client?"),
        ("How do I move mail from Outlook to Gmail?", "How do I move mail from Gmail to Outlook?"),
        ("How do I roll back the deployment?", "How do I roll out the deployment?"),
        ("How do I upgrade from 1.2?", "How do I upgrade from 2.1?"),
        ("Are dogs allowed in the Berlin office?", "Are dogs allowed in the Madrid office?"),
    ],
)
def test_one_word_can_make_it_another_question(one: str, other: str) -> None:
    assert same_question(one, other, NEAR) == 0
    assert same_question(other, one, NEAR) == 0


def test_a_long_question_is_the_same_as_what_is_kept_of_it() -> None:
    long = "Why does it fail?\n\nThe log says:\n\n" + "\n\n".join(
        f"E-{n} at N{n}" for n in range(200)
    )
    assert same_question(long, asked(long), 0.9) > 0.9


def test_the_very_words_need_no_vector_and_other_words_do() -> None:
    assert same_question("How long IS leave?", "how long is leave", 0.0) > 0.9
    assert same_question("Where is the key?", "Where's the key kept?", 0.5) == 0


@pytest.mark.parametrize("text", ["And how long?", "How do I return it to the shop?", "Why?"])
def test_a_question_that_points_back_does_not_stand_alone(text: str) -> None:
    assert not stands_alone(text)


def test_a_question_that_names_what_it_is_about_stands_alone() -> None:
    assert stands_alone("How long is the parental leave of fathers?")
