"""Table `eval_announcements`: what is told of an evaluation, by one process at a time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from engine.storage.database import Database, upsert
from engine.storage.evaluation_schema import eval_announcements

_KEPT = timedelta(days=180)
"""How long one that is closed stays, so that what was posted can be found again."""


class AnnouncementKind(StrEnum):
    """What is told of."""

    RUN = "run"
    COMPARISON = "comparison"
    WATCH = "watch"
    RETRAINING = "retraining"
    DIGEST = "digest"
    NOTE = "note"
    """A message that is ready; its `subject` is its text and blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is to be told, and how far that is.

    id: of a run, the run's. channel: empty where nobody is told. asked_by: who wanted it; None:
    the clock. owner: who is called on a regression. subject: what it is about, JSON. attempts:
    failures so far. lease: of the claim that this record came from. report: what was found, JSON;
    None until that is known. posts: messages by name, JSON.
    """

    id: str
    tenant: str
    kind: AnnouncementKind
    channel: str
    asked_by: str | None = None
    owner: str | None = None
    subject: Mapping[str, Any] = field(default_factory=dict)
    opened_at: datetime
    closed_at: datetime | None = None
    attempts: int = 0
    lease: str | None = None
    report: Mapping[str, Any] | None = None
    posts: Mapping[str, Any] = field(default_factory=dict)


class AnnouncementStore:
    """Announcements of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, new: Announcement) -> bool:
        """Stores a new one; false, and nothing changes, where there is one of its id."""
        async with self._database.write() as db:
            done = await db.execute(
                upsert(db, eval_announcements)
                .values(
                    id=new.id,
                    tenant=new.tenant,
                    kind=new.kind.value,
                    channel=new.channel,
                    asked_by=new.asked_by,
                    owner=new.owner,
                    subject=dict(new.subject),
                    opened_at=new.opened_at,
                    due_at=new.opened_at,
                    attempts=0,
                    posts={},
                )
                .on_conflict_do_nothing(index_elements=["id"])
            )
            return bool(done.rowcount)

    async def get(self, tenant: str, announcement_id: str) -> Announcement | None:
        """One by its id."""
        async with self._database.read() as db:
            found = await db.execute(
                select(eval_announcements).where(*_of(tenant, announcement_id))
            )
            row = found.mappings().first()
        return None if row is None else _parse(row)

    async def claim(self, tenant: str, *, at: datetime, lease_s: float) -> Announcement | None:
        """One that is open and nobody's, for this caller alone; None where there is none."""
        waits = (
            eval_announcements.c.tenant == tenant,
            eval_announcements.c.closed_at.is_(None),
            eval_announcements.c.due_at <= at,
            or_(eval_announcements.c.lease_until.is_(None), eval_announcements.c.lease_until <= at),
        )
        async with self._database.read() as db:  # most looks find nothing, and write nothing
            if (
                await db.execute(select(eval_announcements.c.id).where(*waits).limit(1))
            ).first() is None:
                return None
        candidate = (
            select(eval_announcements.c.id)
            .where(*waits)
            .order_by(eval_announcements.c.due_at, eval_announcements.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )

        def change(db: Connection) -> Announcement | None:
            row = db.execute(
                update(eval_announcements)
                .where(eval_announcements.c.id == candidate)
                .values(lease=str(uuid.uuid4()), lease_until=at + timedelta(seconds=lease_s))
                .returning(eval_announcements)
            )
            claimed = row.mappings().first()
            return None if claimed is None else _parse(claimed)

        return await self._database.transact(change)

    async def renew(self, held: Announcement, *, until: datetime) -> bool:
        """Keeps a claim; false where it was lost."""
        return await self._change(held, lease_until=until)

    async def save_posts(self, held: Announcement, posts: Mapping[str, Any]) -> bool:
        """Stores what is posted; false where the claim was lost."""
        return await self._change(held, posts=dict(posts))

    async def save_report(self, held: Announcement, report: Mapping[str, Any]) -> bool:
        """Stores what was found; false where the claim was lost."""
        return await self._change(held, report=dict(report), attempts=0)

    async def count_failure(self, held: Announcement, attempts: int) -> bool:
        """Stores how often it failed; false where the claim was lost."""
        return await self._change(held, attempts=attempts)

    async def put_back(self, held: Announcement, *, due_at: datetime) -> bool:
        """Ends a claim: another may go on from then; false where it was lost."""
        return await self._change(held, due_at=due_at, lease=None, lease_until=None)

    async def close(self, held: Announcement, *, at: datetime) -> bool:
        """Everything is told; false where the claim was lost. What is long closed goes."""
        done = await self._change(held, closed_at=at, lease=None, lease_until=None)
        async with self._database.write() as db:
            await db.execute(
                delete(eval_announcements).where(
                    eval_announcements.c.tenant == held.tenant,
                    eval_announcements.c.closed_at < at - _KEPT,
                )
            )
        return done

    async def _change(self, held: Announcement, **values: Any) -> bool:
        async with self._database.write() as db:
            done = await db.execute(
                update(eval_announcements)
                .where(*_of(held.tenant, held.id), eval_announcements.c.lease == held.lease)
                .values(**values)
            )
            return bool(done.rowcount)


def _of(tenant: str, announcement_id: str) -> tuple[ColumnElement[bool], ...]:
    return (eval_announcements.c.tenant == tenant, eval_announcements.c.id == announcement_id)


def _parse(row: Mapping[Any, Any]) -> Announcement:
    values = {name: row[name] for name in Announcement.__dataclass_fields__}
    return Announcement(**values | {"kind": AnnouncementKind(row["kind"])})
