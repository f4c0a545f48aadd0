"""Table `timers`: what is to happen at a time, done by one process at a time."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from engine.storage.database import Database, upsert
from engine.storage.schema import timers

KEPT = timedelta(days=180)
"""How long it is remembered that a timer has fired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """What is to happen.

    kind: names who does it. subject: what it is about; there is one timer of a kind for each.
    due_at: the moment that it was set for, also where it was put back since. detail: JSON.
    attempts: how often it was put back. lease: of the claim that this record came from.
    """

    id: str
    tenant: str
    kind: str
    subject: str
    due_at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0
    lease: str | None = None


class TimerStore:
    """Timers of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(
        self,
        tenant: str,
        kind: str,
        subject: str,
        due_at: datetime,
        *,
        detail: Mapping[str, Any] | None = None,
    ) -> bool:
        """Arms a timer, or moves it; false where it is, or was, set for this moment already.

        One that fired for this moment does not fire again; for another it does. Who does it at
        this moment is done with the old one, and the new one is due all the same.
        """
        mine = _of(tenant, kind, subject)
        async with self._database.read() as db:  # most are set again and again
            found = await db.execute(select(timers.c.set_for).where(*mine))
            if found.scalar_one_or_none() == due_at:
                return False
        values = {
            "due_at": due_at,
            "set_for": due_at,
            "detail": dict(detail or {}),
            "attempts": 0,
            "lease": None,
            "lease_until": None,
        }
        async with self._database.write() as db:
            statement = upsert(db, timers).values(
                id=str(uuid.uuid4()), tenant=tenant, kind=kind, subject=subject, **values
            )
            done = await db.execute(
                statement.on_conflict_do_update(
                    index_elements=["tenant", "kind", "subject"],
                    set_=values,
                    where=or_(timers.c.set_for.is_(None), timers.c.set_for != due_at),
                )
            )
            return bool(done.rowcount)

    async def cancel(self, tenant: str, kind: str, subject: str) -> bool:
        """Disarms a timer, also one that is being done; false where none is armed.

        Set again it fires, for whatever moment; one that had fired is not touched.
        """
        return await self._change(
            *_of(tenant, kind, subject),
            timers.c.due_at.is_not(None),
            due_at=None,
            set_for=None,
            lease=None,
            lease_until=None,
        )

    async def settle(
        self,
        tenant: str,
        wanted: Mapping[tuple[str, str], datetime],
        unwanted: Collection[tuple[str, str]] = (),
        *,
        at: datetime,
    ) -> None:
        """Makes timers be as they are to be, each named by kind and subject: some set, as by `set`,
        and some cancelled. Others stay as they are, and so does one that has fired where its new
        moment is past at `at` as well.
        """
        names = [*wanted, *unwanted]
        known: dict[tuple[str, str], tuple[datetime | None, datetime | None]] = {}
        async with self._database.read() as db:
            found = await db.execute(
                select(timers.c.kind, timers.c.subject, timers.c.due_at, timers.c.set_for).where(
                    timers.c.tenant == tenant,
                    timers.c.kind.in_({kind for kind, _ in names}),
                    timers.c.subject.in_({subject for _, subject in names}),
                )
            )
            for kind, subject, due_at, set_for in found:
                known[kind, subject] = (due_at, set_for)
        for (kind, subject), due_at in wanted.items():
            armed_for, set_for = known.get((kind, subject), (None, None))
            fired = armed_for is None and set_for is not None
            if set_for != due_at and not (fired and due_at <= at):
                await self.set(tenant, kind, subject, due_at)
        for kind, subject in unwanted:
            if known.get((kind, subject), (None, None))[0] is not None:
                await self.cancel(tenant, kind, subject)

    async def armed(self, tenant: str, kind: str, subject: str) -> datetime | None:
        """When it is due next; None where it is not set, or has fired."""
        async with self._database.read() as db:
            found = await db.execute(select(timers.c.due_at).where(*_of(tenant, kind, subject)))
            return found.scalar_one_or_none()

    async def claim(
        self, tenant: str, *, at: datetime, lease_s: float, kinds: Collection[str] | None = None
    ) -> Timer | None:
        """The timer that is due longest and nobody's, for this caller alone; None: there is none.

        kinds: of these only; None: of any.
        """
        waits = [
            timers.c.tenant == tenant,
            timers.c.due_at <= at,
            or_(timers.c.lease_until.is_(None), timers.c.lease_until <= at),
        ]
        if kinds is not None:
            waits.append(timers.c.kind.in_(list(kinds)))
        async with self._database.read() as db:  # most looks find nothing, and write nothing
            if (await db.execute(select(timers.c.id).where(*waits).limit(1))).first() is None:
                return None
        candidate = (
            select(timers.c.id)
            .where(*waits)
            .order_by(timers.c.due_at, timers.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )

        def change(db: Connection) -> Timer | None:
            row = db.execute(
                update(timers)
                .where(timers.c.id == candidate)
                .values(lease=str(uuid.uuid4()), lease_until=at + timedelta(seconds=lease_s))
                .returning(timers)
            )
            claimed = row.mappings().first()
            return None if claimed is None else _parse(claimed)

        return await self._database.transact(change)

    async def renew(self, held: Timer, *, until: datetime) -> bool:
        """Keeps a claim; false where it was lost, or the timer was moved or cancelled."""
        return await self._change(*_held(held), lease_until=until)

    async def done(self, held: Timer, *, at: datetime, next_due_at: datetime | None = None) -> bool:
        """It has happened; false where the claim was lost, or the timer was moved or cancelled.

        next_due_at: when it happens again; None: never, unless it is set for another moment.
        """
        return await self._change(
            *_held(held),
            due_at=next_due_at,
            set_for=next_due_at or held.due_at,
            fired_at=at,
            attempts=0,
            lease=None,
            lease_until=None,
        )

    async def put_back(self, held: Timer, *, due_at: datetime, counted: bool = True) -> bool:
        """Ends a claim: it is tried again then; false where the claim was lost.

        counted: whether it failed.
        """
        return await self._change(
            *_held(held),
            due_at=due_at,
            attempts=timers.c.attempts + int(counted),
            lease=None,
            lease_until=None,
        )

    async def save_detail(self, held: Timer, detail: Mapping[str, Any]) -> bool:
        """Stores how far it is; false where the claim was lost."""
        return await self._change(*_held(held), detail=dict(detail))

    async def forget(self, tenant: str, *, before: datetime) -> int:
        """Removes what fired before then and is not set anew; how many."""
        async with self._database.write() as db:
            gone = await db.execute(
                delete(timers).where(
                    timers.c.tenant == tenant,
                    timers.c.due_at.is_(None),
                    timers.c.fired_at < before,
                )
            )
            return int(gone.rowcount)

    async def _change(self, *conditions: ColumnElement[bool], **values: Any) -> bool:
        async with self._database.write() as db:
            done = await db.execute(update(timers).where(*conditions).values(**values))
            return bool(done.rowcount)


def _of(tenant: str, kind: str, subject: str) -> tuple[ColumnElement[bool], ...]:
    return (timers.c.tenant == tenant, timers.c.kind == kind, timers.c.subject == subject)


def _held(held: Timer) -> tuple[ColumnElement[bool], ...]:
    return (timers.c.id == held.id, timers.c.lease == held.lease, timers.c.due_at.is_not(None))


def _parse(row: Mapping[Any, Any]) -> Timer:
    return Timer(
        id=row["id"],
        tenant=row["tenant"],
        kind=row["kind"],
        subject=row["subject"],
        due_at=row["set_for"] or row["due_at"],
        detail=row["detail"],
        attempts=row["attempts"],
        lease=row["lease"],
    )
