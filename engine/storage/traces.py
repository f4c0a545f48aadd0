"""Table `traces`: what was answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select

from engine.contract import render_trace
from engine.storage.database import Database
from engine.storage.schema import traces
from engine.trace import Stage, Trace

_PAGE = 1_000


class TraceStore:
    """Traces of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, trace: Trace) -> None:
        """Stores a trace; what it cost is in table `usage` already."""
        question = trace.question
        body: dict[str, Any] = render_trace(trace) | {
            "audience": list(trace.audience),
            "subject": question.subject,
            "body": question.body,
            "history": [{"role": t.role.value, "text": t.text} for t in question.history],
            "user": question.user,
            "channel": question.channel,
        }
        async with self._database.write() as db:
            await db.execute(
                insert(traces).values(
                    id=trace.trace_id,
                    tenant=trace.tenant,
                    asked_at=trace.asked_at,
                    outcome=trace.outcome.value,
                    confidence=trace.confidence,
                    fingerprint=trace.fingerprint,
                    total_ms=trace.timings_ms.get(Stage.TOTAL, 0.0),
                    body=body,
                )
            )

    async def get(self, tenant: str, trace_id: str) -> dict[str, Any] | None:
        """A stored trace's body; None if there is none."""
        async with self._database.read() as db:
            found = await db.execute(
                select(traces.c.body).where(traces.c.tenant == tenant, traces.c.id == trace_id)
            )
            body = found.scalar()
        return None if body is None else dict(body)

    async def ids_between(
        self, tenant: str, since: datetime, until: datetime, *, page: int = _PAGE
    ) -> AsyncIterator[tuple[str, ...]]:
        """Ids of what was asked from `since` on and before `until`, oldest first, by pages.

        Each page is a read of its own, so that a long day holds no connection.
        """
        within = (
            traces.c.tenant == tenant,
            traces.c.asked_at >= since,
            traces.c.asked_at < until,
        )
        statement = select(traces.c.id, traces.c.asked_at).where(*within)
        statement = statement.order_by(traces.c.asked_at, traces.c.id).limit(page)
        last: tuple[datetime, str] | None = None
        while True:
            further = statement
            if last is not None:
                at, trace_id = last
                same = and_(traces.c.asked_at == at, traces.c.id > trace_id)
                # The first bound alone is what an index can seek.
                further = statement.where(
                    traces.c.asked_at >= at, or_(traces.c.asked_at > at, same)
                )
            async with self._database.read() as db:
                rows = (await db.execute(further)).all()
            if rows:
                yield tuple(row.id for row in rows)
            if len(rows) < page:
                return
            last = (rows[-1].asked_at, rows[-1].id)

    async def bodies(self, tenant: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Stored traces' bodies by id; an id without a trace is left out."""
        async with self._database.read() as db:
            found = await db.execute(
                select(traces.c.id, traces.c.body).where(
                    traces.c.tenant == tenant, traces.c.id.in_(ids)
                )
            )
            return {row.id: dict(row.body) for row in found}

    async def count(self, tenant: str) -> int:
        """Traces of a tenant."""
        async with self._database.read() as db:
            found = await db.execute(
                select(func.count()).select_from(traces).where(traces.c.tenant == tenant)
            )
            return int(found.scalar_one())
