from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.audience import CLOSED, FULL_MEMBER
from engine.contract import parse_question, render_trace
from engine.errors import WrongUse
from engine.question import Question, Role, Turn
from engine.trace import (
    Citation,
    Outcome,
    Reason,
    ReasonCode,
    Retrieved,
    Stage,
    Trace,
    TriageVerdict,
    Usage,
)

CONTRACT = {
    "id": None,
    "question": None,
    "outcome": None,
    "reply": None,
    "draft_reply": None,
    "confidence": None,
    "needs_human_review": None,
    "reasons": ["code", "text"],
    "citations": [
        "n",
        "document_name",
        "chunk_id",
        "title",
        "url",
        "page",
        "snippet",
        "full_content",
    ],
    "internal_next_steps": None,
    "triage": ["category", "category_confidence", "priority", "priority_confidence"],
    "retrieved": ["chunk_id", "document_name", "score"],
    "usage": ["prompt_tokens", "completion_tokens", "embedding_tokens", "cost_usd"],
    "timings_ms": ["intake", "triage", "retrieval", "generation", "verification", "total"],
    "trace_id": None,
    "fingerprint": None,
}
"""Keys in the order of design.md, with those of what is inside."""


def full_trace(**changes: Any) -> Trace:
    return Trace(
        **{
            "trace_id": "t1",
            "tenant": "acme",
            "asked_at": datetime(2026, 11, 22, tzinfo=UTC),
            "question": Question(id="7", text="How long?"),
            "audience": ("everyone", "public"),
            "outcome": Outcome.ANSWERED,
            "reply": "Ten days. [1]",
            "draft_reply": "Ten days. [1]",
            "confidence": 0.123456,
            "needs_human_review": False,
            "reasons": (Reason(code=ReasonCode.UNSUPPORTED, text="One left out."),),
            "citations": (
                Citation(
                    n=1,
                    document_name="a.md",
                    chunk_id="c1",
                    title="A",
                    url=None,
                    page=None,
                    snippet="Ten days.",
                    full_content="Leave. Ten days.",
                ),
            ),
            "internal_next_steps": ("Look.",),
            "triage": TriageVerdict(category="hr", category_confidence=0.5),
            "retrieved": (Retrieved(chunk_id="c1", document_name="a.md", score=0.98765432),),
            "usage": Usage(embedding_tokens=4),
            "timings_ms": {Stage.TOTAL: 1.23456, Stage.INTAKE: 0.5},
            "fingerprint": "f",
        }
        | changes
    )


def asked(**row: object) -> Question:
    return parse_question(row, default_id="d")[0]


def test_every_field_is_taken() -> None:
    history = [{"role": "user", "text": "Hi"}, {"role": "assistant", "text": ""}]
    row = {"id": "7", "question": "q", "subject": "s", "body": "b", "history": history}
    question, _ = parse_question(row | {"user": "U1", "channel": "C1"}, default_id="d")
    assert question == Question(
        id="7",
        text="q",
        subject="s",
        body="b",
        history=(Turn(role=Role.USER, text="Hi"), Turn(role=Role.ASSISTANT, text="")),
        user="U1",
        channel="C1",
    )


def test_what_is_absent_or_null_is_empty() -> None:
    names = ("id", "question", "subject", "body", "history", "user", "channel", "audience")
    assert parse_question(dict.fromkeys(names), default_id="d") == parse_question(
        {}, default_id="d"
    )
    assert asked() == Question(id="d", text="")


@pytest.mark.parametrize(
    ("given", "kept"), [("x", "x"), (7, "7"), (0, "0"), (1.5, "1.5"), ("", "")]
)
def test_an_id_is_kept_as_text(given: object, kept: str) -> None:
    assert asked(id=given).id == kept


@pytest.mark.parametrize("row", [None, [], "question", 1, [{"question": "q"}], True])
def test_what_is_no_object_is_refused(row: object) -> None:
    with pytest.raises(WrongUse, match="must be a JSON object"):
        parse_question(row, default_id="d")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        (field, bad)
        for field, kinds in {
            "id": ([], {}, True, False),
            "question": (1, 1.5, True, [], {}, ["q"]),
            "subject": (1, True, [], {}),
            "body": (1, True, [], {}),
            "user": (1, True, ["U1"], {}),
            "channel": (1, True, ["C1"], {}),
            "audience": ("everyone", 1, True, {"public": 1}),
            "history": ("hi", 1, True, {"role": "user", "text": "x"}),
        }.items()
        for bad in kinds
    ],
)
def test_a_bad_type_is_refused_by_the_name_of_its_field(field: str, bad: object) -> None:
    with pytest.raises(WrongUse, match=rf"the field {field} must be "):
        parse_question({"question": "q"} | {field: bad}, default_id="d")


@pytest.mark.parametrize(
    "turn",
    [
        None,
        "hi",
        1,
        [],
        {},
        {"role": "user"},
        {"text": "x"},
        {"role": "system", "text": "x"},
        {"role": "USER", "text": "x"},
        {"role": "user", "text": None},
        {"role": ["user"], "text": "x"},
        {"role": "user", "text": 1},
    ],
)
def test_a_bad_turn_is_refused(turn: object) -> None:
    with pytest.raises(WrongUse, match="each turn of history"):
        asked(history=[{"role": "user", "text": "x"}, turn])


def rights(**row: object) -> Any:
    return parse_question(row, default_id="d")[1]


def test_without_user_and_channel_it_is_asked_as_a_full_member() -> None:
    assert rights(question="q") == FULL_MEMBER


@pytest.mark.parametrize(
    "row", [{"user": "U1"}, {"channel": "C1"}, {"user": "U1", "channel": "C1"}]
)
def test_a_user_or_a_channel_alone_is_closed_to_what_is_for_everyone(row: dict[str, str]) -> None:
    audience = rights(**row)
    assert not audience.may_read(["everyone"])
    assert audience.may_read(["public"])


def test_a_person_reads_what_is_theirs_and_a_channel_what_is_the_channels() -> None:
    assert rights(user="U1").may_read(["user:U1"])
    assert not rights(user="U1").may_read(["user:U2"])
    both = rights(user="U1", channel="C1")
    assert both.may_read(["channel:C1"])
    assert not both.may_read(["user:U1"])


@pytest.mark.parametrize("bad", ["general", "#general", "C1 public", "everyone", "U1", " "])
def test_a_channel_that_is_no_slack_id_is_closed(bad: str) -> None:
    assert rights(channel=bad) == CLOSED


def test_a_stated_audience_beats_user_and_channel() -> None:
    audience = rights(user="U1", channel="C1", audience=["everyone"])
    assert audience.tags == {"everyone", "public"}
    assert rights(audience=[]) == CLOSED
    with pytest.raises(WrongUse, match="is not an audience tag"):
        rights(audience=["everyone", "admins"])


def test_an_answer_has_the_contracts_keys_in_the_contracts_order() -> None:
    rendered = render_trace(full_trace())
    assert list(rendered) == list(CONTRACT)
    for key, inner in CONTRACT.items():
        value = rendered[key]
        if inner is not None:
            assert list(value[0] if isinstance(value, list) else value) == inner
    assert json.loads(json.dumps(rendered)) == rendered


def test_keys_of_an_answer_without_anything_are_all_there() -> None:
    bare = full_trace(reasons=(), citations=(), retrieved=(), triage=TriageVerdict(), timings_ms={})
    rendered = render_trace(bare)
    assert list(rendered) == list(CONTRACT)
    assert rendered["triage"] == dict.fromkeys(CONTRACT["triage"] or ())
    assert rendered["timings_ms"] == dict.fromkeys(CONTRACT["timings_ms"] or (), 0.0)
    assert rendered["citations"] == rendered["reasons"] == rendered["retrieved"] == []


def test_values_are_those_of_the_trace() -> None:
    rendered = render_trace(full_trace())
    assert (rendered["id"], rendered["question"], rendered["outcome"]) == (
        "7",
        "How long?",
        "answered",
    )
    assert rendered["confidence"] == 0.1235
    assert rendered["retrieved"] == [{"chunk_id": "c1", "document_name": "a.md", "score": 0.9877}]
    assert rendered["usage"]["embedding_tokens"] == 4
    assert rendered["timings_ms"]["total"] == 1.235
    assert rendered["reasons"] == [{"code": "unsupported", "text": "One left out."}]


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_and_reason_is_plain_text_in_json(outcome: Outcome) -> None:
    reasons = tuple(Reason(code=code, text="t") for code in ReasonCode)
    rendered = render_trace(full_trace(outcome=outcome, reasons=reasons))
    assert type(rendered["outcome"]) is str
    assert {type(reason["code"]) for reason in rendered["reasons"]} == {str}
