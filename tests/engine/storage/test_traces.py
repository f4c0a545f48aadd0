from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from engine.errors import StorageUnavailable
from engine.question import Question, Role, Turn
from engine.storage.database import Database
from engine.storage.schema import traces
from engine.storage.traces import TraceStore
from engine.trace import Outcome, Reason, ReasonCode, Stage, Trace, TriageVerdict, Usage

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def trace(trace_id: str = "t1", **changes: Any) -> Trace:
    return Trace(
        **{
            "trace_id": trace_id,
            "tenant": "acme",
            "asked_at": NOW,
            "question": Question(
                id="q1",
                text="Wie viele Tage? \U0001f3d6",
                subject="Leave",
                body="Hello",
                history=(Turn(role=Role.USER, text="Hi"), Turn(role=Role.ASSISTANT, text="Yes?")),
                user="U1",
                channel="C1",
            ),
            "audience": ("everyone", "public"),
            "outcome": Outcome.ESCALATED,
            "reply": "A person looks.",
            "draft_reply": "",
            "confidence": 0.25,
            "needs_human_review": True,
            "reasons": (Reason(code=ReasonCode.UNSUPPORTED, text="No."),),
            "citations": (),
            "internal_next_steps": ("Look.",),
            "triage": TriageVerdict(),
            "retrieved": (),
            "usage": Usage(),
            "timings_ms": {Stage.TOTAL: 12.5},
            "fingerprint": "f",
        }
        | changes
    )


async def test_a_trace_comes_back_with_everything_that_was_asked(database: Database) -> None:
    store = TraceStore(database)
    await store.save(trace())
    body = await store.get("acme", "t1")
    assert body is not None
    assert body["question"] == "Wie viele Tage? \U0001f3d6"
    assert (body["outcome"], body["confidence"]) == ("escalated", 0.25)
    assert (body["subject"], body["body"]) == ("Leave", "Hello")
    assert body["history"] == [
        {"role": "user", "text": "Hi"},
        {"role": "assistant", "text": "Yes?"},
    ]
    assert (body["user"], body["channel"]) == ("U1", "C1")
    assert body["audience"] == ["everyone", "public"]
    async with database.read() as db:
        columns = (await db.execute(select(traces))).one()
    assert (columns.outcome, columns.total_ms, columns.fingerprint) == ("escalated", 12.5, "f")
    assert columns.asked_at == NOW


async def test_a_trace_is_stored_once(database: Database) -> None:
    store = TraceStore(database)
    await store.save(trace())
    with pytest.raises(StorageUnavailable):
        await store.save(trace())
    assert await store.count("acme") == 1


async def test_an_unknown_trace_is_none(database: Database) -> None:
    assert await TraceStore(database).get("acme", "t1") is None
    assert await TraceStore(database).count("acme") == 0
