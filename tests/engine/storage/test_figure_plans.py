"""What is counted each week reads that week's questions, and not all that were ever asked."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, event, insert, text

from engine.storage.database import Database
from engine.storage.figures import FigureStore
from engine.storage.schema import inbox
from engine.storage.unanswered import UnansweredStore
from tests.engine.storage.questions import NOW

INDEX = "ix_inbox_tenant_asked_at"


async def a_year(database: Database) -> None:
    rows = []
    for n in range(2_000):
        at = NOW - timedelta(hours=4 * n)
        row = {"id": str(uuid.uuid4()), "tenant": "acme", "team": "T1", "channel": "C1"}
        row |= {"ts": f"{n}.0", "root": f"{n}.0", "user": "U1", "surface": "mention"}
        times = {"asked_at": at, "received_at": at, "due_at": at}
        done = {"state": "done", "outcome": "answered", "turn": n, "attempts": 0, "revision": 1}
        rows.append(row | times | done | {"text": "Why?", "files": [], "extra": {}})
    async with database.write() as db:
        await db.execute(insert(inbox), rows)
        if not database.is_sqlite:
            await db.execute(text("ANALYZE inbox"))


async def test_figures_and_gaps_find_their_weeks_by_an_index(database: Database) -> None:
    await a_year(database)
    heard: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "asked_at" in statement:
            heard.append((statement, parameters))

    engines = [database.engine.sync_engine, *([database._plain] if database._plain else [])]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    await FigureStore(database).record("acme", NOW - timedelta(days=7), NOW)
    await UnansweredStore(database).lacking("acme", NOW - timedelta(days=7), NOW, most=2_000)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", listen)

    def plan(db: Connection, statement: str, parameters: Any) -> str:
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        rows = db.exec_driver_sql(f"{explain} {statement}", parameters)
        return "\n".join(str(tuple(row)) for row in rows)

    assert len(heard) >= 6
    plans = []
    for statement, parameters in heard:
        async with database.read() as db:
            found = await db.run_sync(plan, statement, parameters)
        plans.append(found)
        assert "SCAN inbox" not in found
        assert "Seq Scan on inbox" not in found, f"{statement}\n{found}"
    # PostgreSQL knows that the tables beside it are empty here, and may begin with them.
    named = [INDEX in found for found in plans]
    assert all(named) if database.is_sqlite else any(named)
