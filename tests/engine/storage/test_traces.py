from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.errors import StorageUnavailable
from engine.question import Question, Role, Turn
from engine.storage.database import Database
from engine.storage.overview import OverviewStore
from engine.storage.schema import traces
from engine.storage.traces import TraceStore
from engine.trace import (
    Outcome,
    Reason,
    ReasonCode,
    SentenceCheck,
    Stage,
    Trace,
    TriageVerdict,
    Usage,
)

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
    check = SentenceCheck(text="No.", citations=(1,), kept=False, support=0.25, why="Why.")
    await store.save(trace(checks=(check,)))
    body = await store.get("acme", "t1")
    assert body is not None
    assert body["checks"] == [
        {"text": "No.", "citations": [1], "kept": False, "support": 0.25, "why": "Why."}
    ]
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


async def test_ids_of_a_day_come_by_pages_whatever_was_asked_at_the_same_moment(
    database: Database,
) -> None:
    store = TraceStore(database)
    hour = timedelta(hours=1)
    for number, at in enumerate((NOW, NOW, NOW, NOW + hour, NOW + hour, NOW + 2 * hour)):
        await store.save(trace(f"t{number}", asked_at=at))
    await store.save(trace("other", tenant="globex"))
    for page in (1, 2, 3, 6, 7):
        pages = [each async for each in store.ids_between("acme", NOW, NOW + 2 * hour, page=page)]
        assert [each for ids in pages for each in ids] == ["t0", "t1", "t2", "t3", "t4"]
        assert max(map(len, pages)) <= page
    after = store.ids_between("acme", NOW + timedelta(microseconds=1), NOW + 3 * hour)
    assert [each async for each in after] == [("t3", "t4", "t5")]
    assert [each async for each in store.ids_between("acme", NOW - hour, NOW)] == []


async def test_bodies_are_of_the_tenants_traces_that_there_are(database: Database) -> None:
    store = TraceStore(database)
    await store.save(trace("t1"))
    await store.save(trace("t2", tenant="globex"))
    found = await store.bodies("acme", ["t1", "t2", "t3"])
    assert list(found) == ["t1"]
    assert found["t1"] == await store.get("acme", "t1")
    assert await store.bodies("acme", []) == {}


async def test_what_was_only_heard_in_shadow_counts_nowhere(database: Database) -> None:
    store = TraceStore(database)
    for trace_id, mode in (("t1", None), ("t2", "auto"), ("t3", "draft"), ("t4", "shadow")):
        await store.save(trace(trace_id), mode=mode)
    until = NOW + timedelta(days=1)
    pages = [page async for page in store.ids_between("acme", NOW, until)]
    assert pages == [("t1", "t2", "t3")]
    assert await OverviewStore(database).outcomes("acme", NOW) == {"escalated": 3}
