"""Table `entries`: which messages are about which version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from engine.storage.database import Database
from engine.storage.entry import Entry
from engine.storage.entry_rows import named
from engine.storage.schema import entries


class EntryMessageStore:
    """Messages about entries of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, entry: Entry, **messages: Any) -> bool:
        """Stores what is known of messages about a version, by name.

        False, and nothing is stored, where one of them, known in `entry`, is another version's by
        now.
        """

        def change(db: Connection) -> bool:
            kept = _places(db, entry)
            if any(entry.place.get(name) and not kept.get(name) for name in messages):
                return False
            _put(db, entry, {**kept, **messages})
            return True

        return await self._database.transact(change)

    async def hand_over(self, entry: Entry, to: Entry) -> None:
        """What is said of one version is from now on said of another, which has no words yet."""

        def change(db: Connection) -> None:
            first, second = sorted((entry, to), key=lambda version: version.version)
            kept = {version.version: _places(db, version) for version in (first, second)}
            mine, theirs = kept[entry.version], kept[to.version]
            moved = {name: told for name, told in mine.items() if told and not theirs.get(name)}
            _put(db, to, {**theirs, **moved})
            _put(db, entry, {name: told for name, told in mine.items() if name not in moved})

        await self._database.transact(change)


def _places(db: Connection, entry: Entry) -> dict[str, Any]:
    mine = named(entry.tenant, entry.id, entry.version)
    return dict(db.execute(select(entries.c.place).where(*mine).with_for_update()).scalar() or {})


def _put(db: Connection, entry: Entry, messages: dict[str, Any]) -> None:
    mine = named(entry.tenant, entry.id, entry.version)
    db.execute(update(entries).where(*mine).values(place=messages))
