"""Table `entries`: what people answered, as knowledge, in versions that are never rewritten."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from engine.storage.database import Database, upsert
from engine.storage.entry import Entry, EntryChanged, EntrySource, EntryState, NewEntry
from engine.storage.entry_rows import (
    fetch,
    last_version,
    live_version,
    named,
    new_row,
    newest_version,
    parse_entry,
    render_sources,
)
from engine.storage.inbox_item import storable
from engine.storage.schema import entries

_SUPERSEDED = "superseded"


class EntryStore:
    """Entries of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def publish(
        self,
        tenant: str,
        new: NewEntry,
        *,
        at: datetime,
        by: str | None,
        entry_id: str | None = None,
        after: int | None = None,
    ) -> EntryChanged:
        """Makes a new version the live one.

        entry_id: None makes a new entry; one that comes from a case has the id that belongs to
        it, so that it is made once. after: the live version that it supersedes; None: there is
        none. done is False, and nothing changes, where another version is live by then.
        """

        def change(db: Connection) -> EntryChanged:
            made = entry_id or str(uuid.uuid4())
            # Read before what is live: one that comes in between then has this number already.
            version = 1 + last_version(db, tenant, made)
            if after is not None:
                ended = db.execute(
                    update(entries)
                    .where(*named(tenant, made, after), entries.c.state == EntryState.LIVE.value)
                    .values(
                        state=EntryState.SUPERSEDED.value,
                        ended_at=at,
                        ended_by=by,
                        ended_why=_SUPERSEDED,
                        asked_owner_at=None,
                    )
                )
                if not ended.rowcount:
                    return EntryChanged(done=False, entry=newest_version(db, tenant, made))
                version = 1 + last_version(db, tenant, made)  # none comes in between any more
            elif live_version(db, tenant, made) is not None:
                return EntryChanged(done=False, entry=live_version(db, tenant, made))
            row = new_row(new, EntryState.LIVE, at=at, by=by)
            done = db.execute(
                upsert(db, entries)
                .values(tenant=tenant, id=made, version=version, **row)
                .on_conflict_do_nothing(index_elements=["tenant", "id", "version"])
            )
            return EntryChanged(done=bool(done.rowcount), entry=fetch(db, tenant, made, version))

        return await self._database.transact(change)

    async def propose(
        self, tenant: str, new: NewEntry, *, at: datetime, entry_id: str
    ) -> EntryChanged:
        """Keeps an answer of which nobody has said yet that it is to be used; once for each id."""

        def change(db: Connection) -> EntryChanged:
            row = new_row(new, EntryState.PROPOSED, at=at, by=None)
            done = db.execute(
                upsert(db, entries)
                .values(tenant=tenant, id=entry_id, version=1, **row)
                .on_conflict_do_nothing(index_elements=["tenant", "id", "version"])
            )
            return EntryChanged(done=bool(done.rowcount), entry=fetch(db, tenant, entry_id, 1))

        return await self._database.transact(change)

    async def accept(
        self, tenant: str, entry_id: str, *, at: datetime, by: str, expires_at: datetime | None
    ) -> EntryChanged:
        """Makes a proposal live as it is."""
        return await self._settle(
            tenant,
            entry_id,
            1,
            (EntryState.PROPOSED,),
            state=EntryState.LIVE.value,
            made_by=by,
            made_at=at,
            expires_at=expires_at,
        )

    async def decline(
        self, tenant: str, entry_id: str, *, at: datetime, by: str | None, why: str
    ) -> EntryChanged:
        """Ends a proposal."""
        return await self._settle(
            tenant,
            entry_id,
            1,
            (EntryState.PROPOSED,),
            state=EntryState.DECLINED.value,
            ended_at=at,
            ended_by=by,
            ended_why=why,
        )

    async def roll_back(
        self, tenant: str, entry_id: str, version: int, *, at: datetime, by: str | None, why: str
    ) -> EntryChanged:
        """Takes a live version back: the one it superseded is live again, where that still holds.

        entry: what is live now; else the version taken back.
        """

        def change(db: Connection) -> EntryChanged:
            ended = db.execute(
                update(entries)
                .where(*named(tenant, entry_id, version), entries.c.state == EntryState.LIVE.value)
                .values(
                    state=EntryState.ROLLED_BACK.value,
                    ended_at=at,
                    ended_by=by,
                    ended_why=storable(why),
                    asked_owner_at=None,
                )
            )
            if not ended.rowcount:
                return EntryChanged(done=False, entry=newest_version(db, tenant, entry_id))
            made_at = (
                select(entries.c.made_at).where(*named(tenant, entry_id, version)).scalar_subquery()
            )
            before = db.execute(
                select(entries.c.version)
                .where(
                    entries.c.tenant == tenant,
                    entries.c.id == entry_id,
                    entries.c.version < version,
                    entries.c.state == EntryState.SUPERSEDED.value,
                    entries.c.ended_at == made_at,  # by this one; not what ended before it
                    or_(entries.c.expires_at.is_(None), entries.c.expires_at > at),
                )
                .order_by(entries.c.version.desc())
                .limit(1)
            ).scalar()
            if before is not None:
                db.execute(
                    update(entries)
                    .where(*named(tenant, entry_id, before))
                    .values(
                        state=EntryState.LIVE.value, ended_at=None, ended_by=None, ended_why=None
                    )
                )
            return EntryChanged(done=True, entry=fetch(db, tenant, entry_id, before or version))

        return await self._database.transact(change)

    async def end(
        self,
        tenant: str,
        entry_id: str,
        version: int,
        *,
        state: EntryState,
        at: datetime,
        by: str | None,
        why: str,
    ) -> EntryChanged:
        """Ends a live version, and brings none back."""
        return await self._settle(
            tenant,
            entry_id,
            version,
            (EntryState.LIVE,),
            state=state.value,
            ended_at=at,
            ended_by=by,
            ended_why=storable(why),
            asked_owner_at=None,
        )

    async def confirm(
        self,
        tenant: str,
        entry_id: str,
        version: int,
        *,
        at: datetime,
        expires_at: datetime | None,
        sources: Sequence[EntrySource],
    ) -> EntryChanged:
        """Its owner says that it holds, with its sources as they are now."""
        return await self._settle(
            tenant,
            entry_id,
            version,
            (EntryState.LIVE,),
            confirmed_at=at,
            expires_at=expires_at,
            sources=render_sources(sources),
            asked_owner_at=None,
        )

    async def ask_owner(
        self, tenant: str, entry_id: str, version: int, *, at: datetime
    ) -> EntryChanged:
        """The owner is asked from now on; done is False where they are asked already."""
        return await self._settle(
            tenant,
            entry_id,
            version,
            (EntryState.LIVE,),
            entries.c.asked_owner_at.is_(None),
            asked_owner_at=at,
        )

    async def get(self, tenant: str, entry_id: str, version: int | None = None) -> Entry | None:
        """A version; None asks for the live one, else the newest."""
        return await self._database.look_up(
            lambda db: (
                live_version(db, tenant, entry_id) or newest_version(db, tenant, entry_id)
                if version is None
                else fetch(db, tenant, entry_id, version)
            )
        )

    async def versions(self, tenant: str, entry_id: str) -> tuple[Entry, ...]:
        """All of an entry, the newest first."""
        return await self._all(entries.c.tenant == tenant, entries.c.id == entry_id, newest=True)

    async def of_case(self, tenant: str, case_id: str) -> tuple[Entry, ...]:
        """The versions that a case gave, the newest first."""
        return await self._all(
            entries.c.tenant == tenant, entries.c.case_id == case_id, newest=True
        )

    async def all(
        self, tenant: str, states: Collection[EntryState] = (EntryState.LIVE,)
    ) -> tuple[Entry, ...]:
        """Versions in these states, the oldest first."""
        wanted = [state.value for state in states]
        return await self._all(entries.c.tenant == tenant, entries.c.state.in_(wanted))

    async def used(self, tenant: str, at: datetime) -> tuple[Entry, ...]:
        """The live versions that have not expired, the oldest first."""
        return await self._all(
            entries.c.tenant == tenant,
            entries.c.state == EntryState.LIVE.value,
            or_(entries.c.expires_at.is_(None), entries.c.expires_at > at),
        )

    async def proposed_since(self, tenant: str, since: datetime) -> int:
        """How many answers were found in threads since then, whatever became of them; what its own
        author made an entry, such as an article, was not found."""
        statement = select(func.count()).where(
            entries.c.tenant == tenant,
            entries.c.version == 1,
            entries.c.case_id.is_(None),
            or_(entries.c.made_by.is_(None), entries.c.made_by != entries.c.owner),
            entries.c.made_at >= since,
        )
        return await self._database.look_up(lambda db: int(db.execute(statement).scalar_one()))

    async def _settle(
        self,
        tenant: str,
        entry_id: str,
        version: int,
        states: Collection[EntryState],
        *conditions: ColumnElement[bool],
        **values: Any,
    ) -> EntryChanged:
        def change(db: Connection) -> EntryChanged:
            done = db.execute(
                update(entries)
                .where(
                    *named(tenant, entry_id, version),
                    entries.c.state.in_([state.value for state in states]),
                    *conditions,
                )
                .values(**values)
            )
            return EntryChanged(
                done=bool(done.rowcount), entry=fetch(db, tenant, entry_id, version)
            )

        return await self._database.transact(change)

    async def _all(
        self, *conditions: ColumnElement[bool], newest: bool = False
    ) -> tuple[Entry, ...]:
        made, version = entries.c.made_at, entries.c.version
        order = (made.desc(), version.desc()) if newest else (made, entries.c.id, version)
        statement = select(entries).where(*conditions).order_by(*order)
        return await self._database.look_up(
            lambda db: tuple(parse_entry(row) for row in db.execute(statement).mappings())
        )
