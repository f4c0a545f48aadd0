from __future__ import annotations

import numpy as np

from engine.question import Question, Role, Turn
from engine.retrieval.lexical import terms
from engine.retrieval.query import QueryText, query_terms, query_texts


def asked(text: str = "", **fields: object) -> Question:
    return Question(id="1", text=text, **fields)  # type: ignore[arg-type]


def user(text: str) -> Turn:
    return Turn(role=Role.USER, text=text)


def assistant(text: str) -> Turn:
    return Turn(role=Role.ASSISTANT, text=text)


def test_a_question_of_one_line_is_searched_as_it_is() -> None:
    texts = query_texts(asked("How long is leave?"))
    assert texts.last == QueryText(whole="How long is leave?", focus="")
    assert texts.joined is None


def test_a_ticket_is_searched_whole_with_its_subject_in_focus() -> None:
    texts = query_texts(asked("", subject="Printer jams", body="It says E5.\nEvery day."))
    assert texts.last.whole == "Printer jams\n\nIt says E5.\nEvery day."
    assert texts.last.focus == "Printer jams"


def test_a_text_that_is_said_twice_is_searched_once() -> None:
    assert query_texts(asked("Printer", subject="Printer", body=" ")).last.whole == "Printer"


def test_a_follow_up_is_joined_to_the_askers_turn_before() -> None:
    history = (user("First"), user("How long is leave?"), assistant("Ten days."), assistant("ok"))
    texts = query_texts(asked("And for parents?", history=history))
    assert texts.last.whole == "And for parents?"
    assert texts.joined is not None
    assert texts.joined.whole == "How long is leave?\nAnd for parents?"


def test_turns_that_say_nothing_or_are_not_the_askers_are_passed_over() -> None:
    texts = query_texts(asked("And?", history=(user("Leave"), user("  "), assistant("x"))))
    assert texts.joined is not None
    assert texts.joined.whole == "Leave\nAnd?"
    assert query_texts(asked("And?", history=(assistant("x"), user("")))).joined is None


def test_of_a_long_turn_its_end_is_joined() -> None:
    texts = query_texts(asked("And?", history=(user("a" * 5000 + " end"),)))
    assert texts.joined is not None
    assert len(texts.joined.whole) < 2100
    assert texts.joined.whole.endswith(" end\nAnd?")


def test_an_empty_question_has_empty_texts() -> None:
    assert query_texts(asked(" \n ")).last == QueryText(whole="", focus="")


def test_terms_in_focus_count_twice_as_much_as_the_others() -> None:
    found = query_terms(QueryText(whole="printer jams\nevery monday", focus="printer jams"))
    weights = dict(zip(found.ids.tolist(), found.weights.tolist(), strict=True))
    assert {weights[t] for t in terms("printer jams").tolist()} == {2.0}
    assert {weights[t] for t in terms("every monday").tolist()} == {1.0}
    assert found.sequence.tolist() == terms("printer jams every monday").tolist()
    assert found.ids[found.in_focus].tolist() == sorted(terms("printer jams").tolist())


def test_without_a_focus_that_says_something_all_terms_count_alike() -> None:
    for focus in ("", "the", "printer laptop"):
        found = query_terms(QueryText(whole="printer laptop", focus=focus))
        assert found.in_focus.all()
        assert len(set(found.weights.tolist())) == 1


def test_a_query_without_terms_has_an_empty_vector() -> None:
    found = query_terms(QueryText(whole="what is it", focus=""))
    assert len(found.ids) == len(found.sparse().values) == 0
    assert found.sparse().indices.dtype == np.uint32
