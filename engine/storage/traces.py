"""Table `traces`: what was answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, insert, select

from engine.contract import render_trace
from engine.storage.database import Database
from engine.storage.schema import traces
from engine.trace import Stage, Trace


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

    async def count(self, tenant: str) -> int:
        """Traces of a tenant."""
        async with self._database.read() as db:
            found = await db.execute(
                select(func.count()).select_from(traces).where(traces.c.tenant == tenant)
            )
            return int(found.scalar_one())
