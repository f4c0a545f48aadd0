"""Tables `traces` and `usage`: what was answered, and what it cost."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from engine.contract import render_trace
from engine.storage.database import Database
from engine.storage.schema import traces, usage
from engine.trace import Stage, Trace, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One use of a model, failed ones too. trace_id: None outside a question."""

    trace_id: str | None
    at: datetime
    purpose: str
    provider: str
    model: str
    usage: Usage
    succeeded: bool


class TraceStore:
    """Traces and the usage ledger of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, trace: Trace, ledger: Sequence[LedgerRow] = ()) -> None:
        """Stores a trace and what it cost, in one transaction."""
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
            if ledger:
                await db.execute(insert(usage), [_ledger_values(trace.tenant, r) for r in ledger])

    async def record(self, tenant: str, rows: Sequence[LedgerRow]) -> None:
        """Stores uses of models that belong to no question."""
        if not rows:
            return
        async with self._database.write() as db:
            await db.execute(insert(usage), [_ledger_values(tenant, row) for row in rows])

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


def _ledger_values(tenant: str, row: LedgerRow) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "tenant": tenant,
        "trace_id": row.trace_id,
        "at": row.at,
        "purpose": row.purpose,
        "provider": row.provider,
        "model": row.model,
        "succeeded": row.succeeded,
        **asdict(row.usage),
    }
