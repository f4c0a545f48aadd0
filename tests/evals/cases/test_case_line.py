from __future__ import annotations

import json
from typing import Any

import pytest

from engine.audience import CLOSED, FULL_MEMBER, PUBLIC
from engine.question import Role, Turn
from engine.trace import Outcome
from evals.cases.case_line import SCHEMA, parse_case, render_row, render_schema
from evals.cases.lines import BrokenLine

WHOLE: dict[str, Any] = {
    "id": "c1",
    "ticket_subject": "Leave",
    "ticket_body": "I become a father.",
    "user_question": "How long is it?",
    "history": [{"role": "user", "text": "Hello"}, {"role": "assistant", "text": "Hi"}],
    "user": "U0A",
    "channel": "C0B",
    "audience": ["everyone", "channel:C0B"],
    "expected_docs": {"hr/leave.md": 2, "hr/old.md": 0},
    "expected_pages": {"hr/leave.pdf": [3, 4]},
    "expected_answer": "Ten weeks.",
    "must_contain": ["10 weeks"],
    "must_not_contain": ["12 weeks"],
    "expected_outcome": "answered",
    "category": "hr",
    "priority": "low",
    "tags": ["leave", "pilot", "leave"],
    "kind": "answerable",
    "split": "dev",
    "note": "from the pilot",
}


def test_every_field_of_a_line_reaches_the_case() -> None:
    case, line = parse_case(WHOLE)
    question = case.question
    assert (question.id, question.text, question.subject, question.body) == (
        "c1",
        "How long is it?",
        "Leave",
        "I become a father.",
    )
    assert question.history == (
        Turn(role=Role.USER, text="Hello"),
        Turn(role=Role.ASSISTANT, text="Hi"),
    )
    assert (question.user, question.channel) == ("U0A", "C0B")
    assert case.audience.tags == {"everyone", PUBLIC, "channel:C0B"}
    assert case.gains == {"hr/leave.md": 2.0, "hr/old.md": 0.0, "hr/leave.pdf": 1.0}
    assert case.pages == {("hr/leave.pdf", 3), ("hr/leave.pdf", 4)}
    assert case.expected_answer == "Ten weeks."
    assert case.must_contain == ("10 weeks",)
    assert case.must_not_contain == ("12 weeks",)
    assert case.expected_outcome is Outcome.ANSWERED
    assert (case.category, case.priority, case.kind) == ("hr", "low", "answerable")
    assert case.tags == ("leave", "pilot")
    assert case.answerable is True
    assert line.split == "dev"
    assert render_row(line) == WHOLE


def test_a_question_alone_is_a_case_of_a_full_member() -> None:
    case, line = parse_case({"id": 7, "user_question": "Who?", "expected_docs": None})
    assert case.question.id == "7"
    assert case.audience == FULL_MEMBER
    assert case.gains == {}
    assert case.answerable is None
    assert case.expected_outcome is None
    assert render_row(line) == {"id": 7, "user_question": "Who?"}


def test_a_ticket_needs_no_question_beside_it() -> None:
    case, _ = parse_case({"id": "t", "ticket_body": "The printer smokes."})
    assert case.question.text == ""


def test_who_asks_without_an_audience_may_read_what_is_public_or_theirs() -> None:
    case, _ = parse_case({"id": "1", "user_question": "x", "user": "U0A"})
    assert case.audience.tags == {PUBLIC, "user:U0A"}


def test_an_empty_audience_reads_nothing_and_stays_empty_when_written() -> None:
    case, line = parse_case({"id": "1", "user_question": "x", "audience": []})
    assert case.audience == CLOSED
    assert render_row(line)["audience"] == []


@pytest.mark.parametrize(
    ("outcome", "docs", "kind", "answerable"),
    [
        ("answered", [], "", True),
        (None, ["a.md"], "", True),
        (None, [], "", None),
        ("clarified", ["a.md", "b.md"], "", None),
        ("escalated", [], "unanswerable", False),
        ("escalated", ["a.md", "b.md"], "", None),
        ("escalated", [], "conflict", None),
        ("abstained", [], "injection", False),
        ("failed", [], "", None),
    ],
)
def test_what_the_corpus_answers_follows_from_the_gold(
    outcome: str | None, docs: list[str], kind: str, answerable: bool | None
) -> None:
    row = {"id": "1", "user_question": "x", "expected_docs": docs, "kind": kind}
    case, _ = parse_case(row | {"expected_outcome": outcome})
    assert case.answerable is answerable


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": None}, "has no id"),
        ({"id": "  "}, "has a wrong id: it must be a text or a whole number"),
        ({"id": True}, "has a wrong id"),
        ({"id": 1.5}, "has a wrong id"),
        ({"user_question": " "}, "asks nothing: give user_question"),
        ({"user_question": ["x"]}, "has a wrong user_question: it must be a text"),
        ({"expected_outcome": "solved"}, "has a wrong expected_outcome: it must be answered, cl"),
        ({"expected_docs": "a.md"}, "has a wrong expected_docs: it must be a list of document"),
        ({"expected_docs": {"a.md": -1}}, "has a wrong expected_docs"),
        ({"expected_docs": {"a.md": True}}, "has a wrong expected_docs"),
        ({"expected_docs": [""]}, "has a wrong expected_docs"),
        ({"expected_pages": {"a.pdf": [0]}}, "has a wrong expected_pages: it must be an object"),
        ({"must_contain": "x"}, "has a wrong must_contain: it must be a list of texts"),
        ({"must_contain": ["a"], "must_not_contain": ["a"]}, "has 'a' in must_contain and in mus"),
        ({"history": [{"role": "system", "text": "x"}]}, "has a wrong history: it must be a list"),
        ({"history": [{"role": "user"}]}, "has a wrong history"),
        ({"audience": ["all"]}, "has a wrong audience: 'all' is not an audience tag"),
        ({"split": "train"}, "has a wrong split: it must be dev or test"),
        ({"tags": [1]}, "has a wrong tags"),
        (
            {"must_contian": ["x"]},
            "has an unknown field 'must_contian'; did you mean must_contain?",
        ),
        ({"question": "x"}, "has an unknown field 'question'; did you mean user_question?"),
        ({"zzz": 1}, "has an unknown field 'zzz'"),
        ({"tags": 1, "kind": 2}, "has a wrong tags: it must be a list of texts by which figures"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_with_a_line_is_one_sentence(change: dict[str, Any], why: str) -> None:
    with pytest.raises(BrokenLine) as raised:
        parse_case({"id": "1", "user_question": "x"} | change)
    assert str(raised.value).startswith(why)
    assert "\n" not in str(raised.value)


def test_several_wrong_fields_are_counted() -> None:
    with pytest.raises(BrokenLine, match=r"; one more field is wrong$"):
        parse_case({"id": "1", "user_question": "x", "tags": 1, "kind": 2})
    with pytest.raises(BrokenLine, match=r"; 2 more fields are wrong$"):
        parse_case({"id": "1", "user_question": "x", "tags": 1, "kind": 2, "other": 3})


def test_the_schema_on_disk_is_the_format() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == render_schema()
    schema = json.loads(render_schema())
    assert schema["required"] == ["id"]
    assert schema["additionalProperties"] is False
    assert all(field["description"] for field in schema["properties"].values())
