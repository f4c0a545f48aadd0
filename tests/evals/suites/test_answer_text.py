from __future__ import annotations

import pytest

from evals.suites.answer_text import found_strings, ranked_documents, shown_texts, statements


def read(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(s.text, s.marks) for s in statements(text)]


def test_a_statement_is_what_stands_before_its_marks() -> None:
    assert read("It is blue. [1] It was red. [2][1]") == [
        ("It is blue.", (1,)),
        ("It was red.", (2, 1)),
    ]


def test_items_lose_their_numbers_and_bullets() -> None:
    text = "Do this: [1]\n\n1. Open it. [2]\n2. Close it. [3]\n   - Softly [3]"
    assert [s for s, _ in read(text)] == ["Do this:", "Open it.", "Close it.", "Softly"]


def test_a_paragraph_without_marks_is_an_uncited_statement() -> None:
    assert read("Nobody said this.\n\nThis is so. [1]\n\nNor this.") == [
        ("Nobody said this.", ()),
        ("This is so.", (1,)),
        ("Nor this.", ()),
    ]


def test_what_looks_like_a_mark_within_code_is_none() -> None:
    assert read("Use `a[1]` here. [2]") == [("Use `a[1]` here.", (2,))]
    block = "```\nx = a[1]\n\ny = 2\n```\n[3]"
    assert read(block) == [("```\nx = a[1]\n\ny = 2\n```", (3,))]


def test_an_empty_text_states_nothing() -> None:
    assert read("") == []
    assert read(" [1] … [2]") == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["600", "60,000 A day"], 2),
        (["60", "no"], 0),
        (["600 calls", "2"], 1),
    ],
)
def test_strings_are_found_as_words_up_to_case_white_space_and_tags(
    wanted: list[str], found: int
) -> None:
    reply = "You may make **600** calls, or <b>60,000</b> a\nday [1][2]. It is Not free [3]."
    assert len(found_strings(wanted, reply)) == found


def test_a_string_that_is_all_tag_is_found_only_where_it_is_written() -> None:
    assert found_strings(["<!channel>"], "Nobody is called.") == ()
    assert found_strings(["<!channel>"], "Look, <!Channel>!") == ("<!channel>",)


def test_a_string_may_end_a_sentence() -> None:
    assert found_strings(["7.5%"], "It is 7.5%.") == ("7.5%",)


def test_shown_texts_and_documents_come_once() -> None:
    answer = {
        "reply": "a",
        "draft_reply": "a",
        "internal_next_steps": ["b"],
        "reasons": [{"code": "conflict", "text": "c"}],
        "retrieved": [{"document_name": "x"}, {"document_name": "y"}, {"document_name": "x"}],
    }
    assert shown_texts(answer) == ("a", "b", "c")
    assert ranked_documents(answer) == ("x", "y")
    assert shown_texts({}) == ()
