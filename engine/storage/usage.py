"""Table `usage`: each call of a model, and what it cost."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select

from engine.storage.database import Database
from engine.storage.schema import usage
from engine.trace import Usage


class CallState(StrEnum):
    """How far what a call cost is known; all but `settled` state the most that it can be."""

    SETTLED = "settled"
    RESERVED = "reserved"
    """Under way; for good where its process ended."""
    BOUND = "bound"
    """Broken off: nobody knows what the server counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One call of a model, failed ones too.

    trace_id: of the question it served; None outside one. at: when it ended.
    purpose: such as `answer` or `ingest`. provider: such as `openai`, or a host.
    estimated: the tokens are our estimate, since the server sent no counts.
    price_known: false where `usage.cost_usd` is 0 for want of a price.
    """

    trace_id: str | None
    at: datetime
    purpose: str
    provider: str
    model: str
    usage: Usage
    succeeded: bool
    estimated: bool = False
    price_known: bool = True
    state: CallState = CallState.SETTLED


class UsageStore:
    """The ledger of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, tenant: str, rows: Sequence[LedgerRow]) -> None:
        """Stores calls, all or none; no rows cost nothing."""
        if not rows:
            return
        async with self._database.write() as db:
            values = [row_values(tenant, row, str(uuid.uuid4())) for row in rows]
            await db.execute(insert(usage), values)

    async def of_trace(self, tenant: str, trace_id: str) -> list[LedgerRow]:
        """The calls that one question made, oldest first."""
        wanted = (usage.c.tenant == tenant, usage.c.trace_id == trace_id)
        async with self._database.read() as db:
            found = await db.execute(select(usage).where(*wanted).order_by(usage.c.at))
            return [_row(row) for row in found]

    async def spent_usd(self, tenant: str, since: datetime) -> float:
        """What a tenant's calls since a moment cost."""
        wanted = (usage.c.tenant == tenant, usage.c.at >= since)
        async with self._database.read() as db:
            found = await db.execute(select(func.sum(usage.c.cost_usd)).where(*wanted))
            return float(found.scalar() or 0.0)


def row_values(tenant: str, row: LedgerRow, call_id: str) -> dict[str, Any]:
    """A call as the table has it."""
    return {
        "id": call_id,
        "tenant": tenant,
        "trace_id": row.trace_id,
        "at": row.at,
        "purpose": row.purpose,
        "provider": row.provider,
        "model": row.model,
        "succeeded": row.succeeded,
        "estimated": row.estimated,
        "price_known": row.price_known,
        "state": row.state.value,
        **asdict(row.usage),
    }


def _row(row: Any) -> LedgerRow:
    return LedgerRow(
        trace_id=row.trace_id,
        at=row.at,
        purpose=row.purpose,
        provider=row.provider,
        model=row.model,
        usage=Usage(
            prompt_tokens=row.prompt_tokens,
            completion_tokens=row.completion_tokens,
            embedding_tokens=row.embedding_tokens,
            cost_usd=row.cost_usd,
        ),
        succeeded=row.succeeded,
        estimated=row.estimated,
        price_known=row.price_known,
        state=CallState(row.state),
    )
