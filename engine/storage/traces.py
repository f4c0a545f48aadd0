"""Table `traces`: what was answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select

from engine.storage.channel_modes import Mode
from engine.storage.database import Database
from engine.storage.schema import traces, usage
from engine.storage.trace_body import body_of, trace_of
from engine.trace import Outcome, Stage, Trace

_PAGE = 1_000
_LONGEST_KEPT = timedelta(days=31)
"""No answer is given again after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Answers of a time, and how many of them were given again. saved_usd: what these cost when
    they were made."""

    answers: int
    repeated: int
    saved_usd: float


def was_shown() -> ColumnElement[bool]:
    """Leaves out what was only heard in a channel in shadow: nobody saw the answer."""
    return func.coalesce(traces.c.mode, "") != Mode.SHADOW.value


class TraceStore:
    """Traces of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(
        self, trace: Trace, *, mode: str | None = None, repeatable_as: str | None = None
    ) -> None:
        """Stores a trace; what it cost is in table `usage` already.

        mode: of its channel; None where it was asked elsewhere. repeatable_as: the key under which
        `find_repeatable` finds it.
        """
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
                    body=body_of(trace),
                    mode=mode,
                    repeatable_as=repeatable_as,
                    repeats=trace.repeats or None,
                )
            )

    async def find_repeatable(self, tenant: str, key: str, *, since: datetime) -> Trace | None:
        """The latest answer of this key that was made from `since` on; None if there is none."""
        statement = (
            select(traces.c.body, traces.c.asked_at)
            .where(
                traces.c.tenant == tenant,
                traces.c.repeatable_as == key,
                traces.c.asked_at >= since,
            )
            .order_by(traces.c.asked_at.desc())
            .limit(1)
        )
        found = await self._database.look_up(lambda db: db.execute(statement).first())
        if found is None:
            return None
        return trace_of(found.body, tenant=tenant, asked_at=found.asked_at)

    async def get(self, tenant: str, trace_id: str) -> dict[str, Any] | None:
        """A stored trace's body; None if there is none."""
        async with self._database.read() as db:
            found = await db.execute(
                select(traces.c.body).where(traces.c.tenant == tenant, traces.c.id == trace_id)
            )
            body = found.scalar()
        return None if body is None else dict(body)

    async def repeated(self, tenant: str, since: datetime, until: datetime) -> Repeated:
        """How much of what was answered in [since, until) was given again."""
        within = (traces.c.tenant == tenant, traces.c.asked_at >= since, traces.c.asked_at < until)
        counts = select(func.count(), func.count(traces.c.repeats)).where(
            *within, traces.c.outcome == Outcome.ANSWERED.value
        )
        saved = (
            select(func.coalesce(func.sum(usage.c.cost_usd), 0.0))
            .join(traces, usage.c.trace_id == traces.c.repeats)
            .where(*within, usage.c.tenant == tenant, usage.c.at >= since - _LONGEST_KEPT)
        )

        def read(db: Connection) -> Repeated:
            answers, repeated = db.execute(counts).one()
            return Repeated(
                answers=answers, repeated=repeated, saved_usd=float(db.execute(saved).scalar_one())
            )

        return await self._database.look_up(read)

    async def ids_between(
        self, tenant: str, since: datetime, until: datetime, *, page: int = _PAGE
    ) -> AsyncIterator[tuple[str, ...]]:
        """Ids of what was asked from `since` on and before `until`, oldest first, by pages; without
        answers that were shown to nobody.

        Each page is a read of its own, so that a long day holds no connection.
        """
        within = (
            traces.c.tenant == tenant,
            traces.c.asked_at >= since,
            traces.c.asked_at < until,
            was_shown(),
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
