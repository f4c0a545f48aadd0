"""Table `entries`: which of those in use something has to be done about, without their words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from engine.audience import EVERYONE, PUBLIC
from engine.storage.database import Database
from engine.storage.entry import EntryState
from engine.storage.schema import entries


class EntryWatch:
    """Reads of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def expired(self, tenant: str, at: datetime) -> tuple[str, ...]:
        """Ids of entries that are in use although they have ended by themselves."""
        statement = select(entries.c.id).where(
            entries.c.tenant == tenant,
            entries.c.state == EntryState.LIVE.value,
            entries.c.expires_at <= at,
        )
        return await self._database.look_up(lambda db: tuple(db.execute(statement).scalars()))

    async def said_in(self, tenant: str) -> Mapping[str, tuple[str, ...]]:
        """By channel, ids of entries in use that were said there and are for all members."""
        statement = select(entries.c.id, entries.c.audience, entries.c.channels).where(
            entries.c.tenant == tenant, entries.c.state == EntryState.LIVE.value
        )

        def read(db: Connection) -> Mapping[str, tuple[str, ...]]:
            found: dict[str, list[str]] = defaultdict(list)
            for row in db.execute(statement):
                if not {EVERYONE, PUBLIC}.isdisjoint(row.audience):
                    for channel in row.channels:
                        found[channel].append(row.id)
            return {channel: tuple(ids) for channel, ids in found.items()}

        return await self._database.look_up(read)
