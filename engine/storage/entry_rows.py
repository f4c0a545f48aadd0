"""Rows of table `entries`: read, and made, within a caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from engine.storage.entry import Entry, EntrySource, EntryState, NewEntry
from engine.storage.inbox_item import storable
from engine.storage.schema import entries


def named(tenant: str, entry_id: str, version: int) -> tuple[ColumnElement[bool], ...]:
    """One version of an entry."""
    return (
        entries.c.tenant == tenant,
        entries.c.id == entry_id,
        entries.c.version == version,
    )


def new_row(new: NewEntry, state: EntryState, *, at: datetime, by: str | None) -> dict[str, Any]:
    """A new version's columns.  Raises: ValueError for an entry for nobody."""
    if not new.audience:
        raise ValueError("an entry for nobody")
    return {
        "state": state.value,
        "question": storable(new.question),
        "answer": storable(new.answer),
        "author": storable(new.author),
        "owner": new.owner,
        "audience": list(new.audience),
        "category": new.category,
        "permalink": new.permalink,
        "case_id": new.case_id,
        "sources": render_sources(new.sources),
        "channels": list(new.channels),
        "made_at": at,
        "made_by": by,
        "expires_at": new.expires_at,
        "place": dict(new.place),
    }


def render_sources(sources: Sequence[EntrySource]) -> list[dict[str, str]]:
    """As the column has them."""
    return [
        {"document": s.document, "content_hash": s.content_hash, "text": storable(s.text)}
        for s in sources
    ]


def last_version(db: Connection, tenant: str, entry_id: str) -> int:
    """The highest number, 0 where there is none."""
    mine = (entries.c.tenant == tenant, entries.c.id == entry_id)
    return int(db.execute(select(func.max(entries.c.version)).where(*mine)).scalar() or 0)


def fetch(db: Connection, tenant: str, entry_id: str, version: int) -> Entry | None:
    """A version; None where there is none."""
    row = db.execute(select(entries).where(*named(tenant, entry_id, version))).mappings().first()
    return None if row is None else parse_entry(row)


def live_version(db: Connection, tenant: str, entry_id: str) -> Entry | None:
    """The live one; None where there is none."""
    mine = (entries.c.tenant == tenant, entries.c.id == entry_id)
    found = db.execute(select(entries).where(*mine, entries.c.state == EntryState.LIVE.value))
    row = found.mappings().first()
    return None if row is None else parse_entry(row)


def newest_version(db: Connection, tenant: str, entry_id: str) -> Entry | None:
    """The one with the highest number; None where there is none."""
    return fetch(db, tenant, entry_id, last_version(db, tenant, entry_id))


def parse_entry(row: Mapping[Any, Any]) -> Entry:
    """From a row."""
    values = {name: row[name] for name in Entry.__dataclass_fields__}
    return Entry(
        **values
        | {
            "state": EntryState(row["state"]),
            "audience": tuple(row["audience"]),
            "sources": tuple(EntrySource(**source) for source in row["sources"]),
            "channels": tuple(row["channels"]),
        }
    )
