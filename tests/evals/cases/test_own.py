from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.audience import CLOSED
from engine.errors import WrongUse
from evals.cases.own import add_case, own_cases_path, read_own_cases, row_of_trace

TRACE = {
    "id": "7",
    "question": "How long is leave?",
    "subject": "Leave",
    "body": "I become a father",
    "history": [{"role": "user", "text": "Hello"}],
    "user": "U0A",
    "channel": None,
    "audience": ["everyone", "public"],
    "outcome": "answered",
    "citations": [{"document_name": "a.md"}, {"document_name": "b.md"}, {"document_name": "a.md"}],
    "reply": "Ten weeks. [1]",
}


def test_a_case_is_saved_and_read_back(tmp_path: Path) -> None:
    assert read_own_cases(tmp_path) is None
    line = add_case(tmp_path, {"id": "c1", "user_question": "Who?", "expected_docs": ["a.md"]})
    assert line.id == "c1"
    add_case(tmp_path, {"user_question": "Where?"})
    found = read_own_cases(tmp_path)
    assert found is not None
    assert found.problems == ()
    assert [case.question.text for case in found.cases] == ["Who?", "Where?"]
    path = own_cases_path(tmp_path)
    assert path == tmp_path / "evals" / "cases.jsonl"
    assert path.stat().st_mode & 0o077 == 0


def test_the_same_question_twice_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    add_case(tmp_path, {"user_question": "Who?"})
    before = own_cases_path(tmp_path).read_bytes()
    with pytest.raises(WrongUse, match=r"is saved already, in line 1 of .*give another --id"):
        add_case(tmp_path, {"user_question": "Who?", "expected_answer": "Ilse"})
    assert own_cases_path(tmp_path).read_bytes() == before
    add_case(tmp_path, {"user_question": "Who?", "audience": ["public"]})


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({}, "the case asks nothing"),
        ({"user_question": "x", "expected_outcome": "maybe"}, "the case has a wrong expected_ou"),
        ({"user_question": "x", "must_contain": ["\ud800"]}, "the case holds a NUL or half a ch"),
        ({"user_question": "x" * 5_000_000}, "the case is longer than 4 MiB"),
    ],
    ids=["empty", "outcome", "half a character", "huge"],
)
def test_no_case_is_saved_nowhere(tmp_path: Path, row: dict[str, object], why: str) -> None:
    with pytest.raises(WrongUse) as raised:
        add_case(tmp_path, row)
    assert str(raised.value).startswith(why)
    assert not own_cases_path(tmp_path).exists()


def test_a_last_line_left_open_by_an_editor_is_closed_first(tmp_path: Path) -> None:
    path = own_cases_path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text('{"id": "1", "user_question": "x"}', encoding="utf-8")
    add_case(tmp_path, {"id": "2", "user_question": "y"})
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["1", "2"]


def test_many_at_once_are_all_saved(tmp_path: Path) -> None:
    rows = [{"id": f"c{n}", "user_question": f"question {n}"} for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda row: add_case(tmp_path, row), rows))
    found = read_own_cases(tmp_path)
    assert found is not None
    assert found.problems == ()
    assert set(found.numbers) == {f"c{n}" for n in range(40)}


def test_a_trace_gives_question_rights_cited_documents_and_outcome() -> None:
    assert row_of_trace(TRACE) == {
        "user_question": "How long is leave?",
        "ticket_subject": "Leave",
        "ticket_body": "I become a father",
        "history": [{"role": "user", "text": "Hello"}],
        "user": "U0A",
        "audience": ["everyone", "public"],
        "expected_docs": ["a.md", "b.md"],
        "expected_outcome": "answered",
    }


def test_a_trace_that_could_read_nothing_makes_a_case_that_can_read_nothing(
    tmp_path: Path,
) -> None:
    row = row_of_trace(TRACE | {"audience": [], "user": None, "outcome": "failed"})
    assert "expected_outcome" not in row
    add_case(tmp_path, row)
    found = read_own_cases(tmp_path)
    assert found is not None
    assert found.cases[0].audience == CLOSED
