"""Tables `conversations` and `channel_marks`: where we take part, and what we have seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, case, collate, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.storage.database import Database, upsert
from engine.storage.group_commit import GroupCommit
from engine.storage.schema import channel_marks, conversations


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """A thread in which we take part.

    user: who addressed us last. since: when that was first done, or after a mute. active_at: when
    anything of it was last stored. last_reply_ts: our newest message in it; None before the first.
    muted: we were asked to leave it alone.
    """

    team: str
    channel: str
    thread_ts: str
    user: str
    since: datetime
    active_at: datetime
    last_reply_ts: str | None
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The newest message seen in a channel."""

    tenant: str
    team: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Engaging:
    """A thread that is taken part in. user: who addressed us there. asked_at: when they did; None
    means `at`."""

    tenant: str
    team: str
    channel: str
    thread_ts: str
    user: str
    at: datetime
    asked_at: datetime | None = None


class ConversationStore:
    """Conversations of one database. Raises StorageUnavailable.

    commits: shares the transactions of `engage` and `mark` with other stores; None means one of
    its own.
    """

    def __init__(self, database: Database, commits: GroupCommit | None = None) -> None:
        self._database = database
        self._commits = commits or GroupCommit(database)

    async def engage(
        self, tenant: str, team: str, channel: str, thread_ts: str, *, user: str, at: datetime
    ) -> None:
        """Takes part in a thread from now on, or again where it was muted; then it is on disk."""
        engaging = Engaging(
            tenant=tenant, team=team, channel=channel, thread_ts=thread_ts, user=user, at=at
        )
        await self._commits.write(store_engagements, engaging)

    async def is_engaged(
        self, tenant: str, team: str, channel: str, thread_ts: str
    ) -> Engagement | None:
        """What is known of a thread, muted or not; None where we never took part."""
        statement = select(conversations).where(_thread(tenant, team, channel, thread_ts))
        row = await self._database.look_up(lambda db: db.execute(statement).mappings().first())
        return None if row is None else _parse(row)

    async def replied(
        self, tenant: str, team: str, channel: str, thread_ts: str, *, ts: str, at: datetime
    ) -> None:
        """Stores a message of ours in a thread; an older one than is known changes nothing."""
        last = conversations.c.last_reply_ts
        async with self._database.write() as db:
            await db.execute(
                update(conversations)
                .where(
                    _thread(tenant, team, channel, thread_ts),
                    or_(last.is_(None), _bytes(db, last) < ts),
                )
                .values(last_reply_ts=ts, active_at=at)
            )

    async def mute(self, tenant: str, team: str, channel: str, thread_ts: str) -> bool:
        """Leaves a thread alone until somebody addresses us there; False: we never took part."""
        async with self._database.write() as db:
            done = await db.execute(
                update(conversations)
                .where(_thread(tenant, team, channel, thread_ts))
                .values(muted=True)
            )
        return bool(done.rowcount)

    async def recent(self, tenant: str, since: datetime) -> tuple[Engagement, ...]:
        """Threads that were active since then and are not muted, the newest first."""
        async with self._database.read() as db:
            found = await db.execute(
                select(conversations)
                .where(
                    conversations.c.tenant == tenant,
                    conversations.c.active_at >= since,
                    conversations.c.muted.is_(False),
                )
                .order_by(conversations.c.active_at.desc())
            )
            return tuple(_parse(row) for row in found.mappings())

    async def mark(self, tenant: str, team: str, newest: Mapping[str, str]) -> None:
        """Stores the newest message seen in each channel; an older one than known is ignored.

        Which of two is newer is told by their order as strings, which is right while they are of
        one length. When this returns it is on disk.
        """
        if not newest:
            return
        await self._commits.write(store_marks, marks_of(tenant, team, newest))

    async def marks(self, tenant: str, team: str) -> dict[str, str]:
        """The newest message seen in each channel of a team."""
        return await self._by_channel(tenant, team, channel_marks.c.ts)

    async def read_through(self, tenant: str, team: str) -> dict[str, str]:
        """Up to which message nothing is missing, by channel; without channels never read."""
        return await self._by_channel(tenant, team, channel_marks.c.read_through)

    async def is_read(self, tenant: str, team: str, through: Mapping[str, str]) -> None:
        """Stores up to which message nothing of each channel is missing; it only grows."""
        if not through:
            return
        marks = marks_of(tenant, team, through)
        await self._commits.write(store_read, marks)

    async def _by_channel(self, tenant: str, team: str, column: Column[Any]) -> dict[str, str]:
        async with self._database.read() as db:
            found = await db.execute(
                select(channel_marks.c.channel, column.label("moment")).where(
                    channel_marks.c.tenant == tenant,
                    channel_marks.c.team == team,
                    column.is_not(None),
                )
            )
            return {row.channel: row.moment for row in found}


def marks_of(tenant: str, team: str, newest: Mapping[str, str]) -> tuple[Mark, ...]:
    """Marks by channel, as `store_marks` takes them."""
    return tuple(
        Mark(tenant=tenant, team=team, channel=channel, ts=ts)
        for channel, ts in sorted(newest.items())
    )


def store_engagements(db: Connection, engagings: Sequence[Engaging]) -> Sequence[None]:
    """Stores engagements in the open transaction, the last of each thread, in one order."""
    last = {(e.tenant, e.team, e.channel, e.thread_ts): e for e in engagings}
    first: dict[tuple[str, str, str, str], datetime] = {}
    for engaging in engagings:
        thread = (engaging.tenant, engaging.team, engaging.channel, engaging.thread_ts)
        since = engaging.asked_at or engaging.at
        first[thread] = min(since, first.get(thread, since))
    statement = upsert(db, conversations)
    new = statement.excluded
    begins_anew = or_(conversations.c.muted.is_(True), new.since < conversations.c.since)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant", "team", "channel", "thread_ts"],
            set_={
                "user": new.user,
                "since": case((begins_anew, new.since), else_=conversations.c.since),
                "active_at": new.active_at,
                "muted": False,
            },
        ),
        [
            {
                "tenant": engaging.tenant,
                "team": engaging.team,
                "channel": engaging.channel,
                "thread_ts": engaging.thread_ts,
                "user": engaging.user,
                "since": first[thread],
                "active_at": engaging.at,
                "muted": False,
            }
            for thread, engaging in sorted(last.items(), key=lambda pair: pair[0])
        ],
    )
    return [None] * len(engagings)


def store_marks(db: Connection, groups: Sequence[Sequence[Mark]]) -> Sequence[None]:
    """Stores marks in the open transaction, in one order for every program that does."""
    return _grow(db, groups, channel_marks.c.ts)


def store_read(db: Connection, groups: Sequence[Sequence[Mark]]) -> Sequence[None]:
    """Stores up to where channels were read; those that have no mark get one."""
    return _grow(db, groups, channel_marks.c.read_through)


def _grow(db: Connection, groups: Sequence[Sequence[Mark]], column: Column[Any]) -> Sequence[None]:
    newest: dict[tuple[str, str, str], str] = {}
    for mark in (mark for group in groups for mark in group):
        place = (mark.tenant, mark.team, mark.channel)
        newest[place] = max(mark.ts, newest.get(place, ""))
    statement = upsert(db, channel_marks)
    new = statement.excluded[column.name]
    known = _bytes(db, column)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant", "team", "channel"],
            set_={column.name: case((or_(column.is_(None), known < new), new), else_=column)},
        ),
        [
            {"tenant": tenant, "team": team, "channel": channel, "ts": ts, column.name: ts}
            for (tenant, team, channel), ts in sorted(newest.items())
        ],
    )
    return [None] * len(groups)


def _bytes(db: AsyncConnection | Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column, compared byte by byte and not by the rules of a language."""
    return column if db.dialect.name == "sqlite" else collate(column, "C")


def _thread(tenant: str, team: str, channel: str, thread_ts: str) -> ColumnElement[bool]:
    return and_(
        conversations.c.tenant == tenant,
        conversations.c.team == team,
        conversations.c.channel == channel,
        conversations.c.thread_ts == thread_ts,
    )


def _parse(row: Mapping[Any, Any]) -> Engagement:
    return Engagement(**{name: row[name] for name in Engagement.__dataclass_fields__})
