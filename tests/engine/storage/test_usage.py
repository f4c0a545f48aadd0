from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from engine.storage.database import Database
from engine.storage.schema import usage
from engine.storage.usage import LedgerRow, UsageStore
from engine.trace import Usage

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def row(**changes: Any) -> LedgerRow:
    return LedgerRow(
        **{
            "trace_id": "t1",
            "at": NOW,
            "purpose": "answer",
            "provider": "openai",
            "model": "m",
            "usage": Usage(prompt_tokens=5_000_000_000, completion_tokens=2, cost_usd=0.125),
            "succeeded": False,
        }
        | changes
    )


async def test_a_call_comes_back_as_it_was_recorded(database: Database) -> None:
    store = UsageStore(database)
    second = row(succeeded=True, estimated=True, price_known=False, at=NOW + timedelta(seconds=1))
    await store.record("acme", [row(), second])
    await store.record("acme", [row(trace_id=None, purpose="ingest")])
    assert await store.of_trace("acme", "t1") == [row(), second]
    assert await store.of_trace("globex", "t1") == []


async def test_what_was_spent_is_summed_by_tenant_and_moment(database: Database) -> None:
    store = UsageStore(database)
    await store.record("acme", [row(), row(trace_id=None), row(at=NOW - timedelta(days=1))])
    await store.record("globex", [row()])
    assert await store.spent_usd("acme", NOW) == 0.25
    assert await store.spent_usd("acme", NOW - timedelta(days=2)) == 0.375
    assert await store.spent_usd("nobody", NOW) == 0.0


async def test_recording_no_call_stores_nothing(database: Database) -> None:
    await UsageStore(database).record("acme", [])
    async with database.read() as db:
        assert (await db.execute(select(usage))).all() == []


async def test_a_row_of_the_version_before_counts_as_counted_and_priced(database: Database) -> None:
    old = {
        "id": "1",
        "tenant": "acme",
        "trace_id": "t1",
        "at": NOW,
        "purpose": "answer",
        "provider": "p",
        "model": "m",
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "embedding_tokens": 0,
        "cost_usd": 0.5,
        "succeeded": True,
    }
    async with database.write() as db:
        await db.execute(insert(usage).values(old))
    (found,) = await UsageStore(database).of_trace("acme", "t1")
    assert (found.estimated, found.price_known) == (False, True)
