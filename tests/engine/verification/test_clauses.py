from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.verification.clauses import split_clauses


def test_clauses_break_at_conjunctions_relative_pronouns_and_sentences() -> None:
    assert split_clauses(
        "The offer is valid for ten days, which includes Sundays, but not in May."
    ) == [
        "The offer is valid for ten days",
        "which includes Sundays",
        "but not in May.",
    ]
    assert split_clauses("It rains today. The sun shines there.") == [
        "It rains today.",
        "The sun shines there.",
    ]


def test_a_list_of_words_is_one_clause() -> None:
    assert split_clauses("She sells apples, pears and plums.") == [
        "She sells apples, pears and plums."
    ]


def test_nothing_has_no_clause() -> None:
    assert split_clauses(" ") == []


@given(st.text())
def test_no_letter_is_lost(text: str) -> None:
    def letters(said: str) -> list[str]:
        return [c for c in said if c.isalnum()]

    assert letters("".join(split_clauses(text))) == letters(text)
