"""Looks for texts in every text column of every table, as the database itself lists them.

It knows nothing of what the program erases, so that it finds what that has overlooked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Connection, MetaData, String, Table, inspect, select

from engine.storage.database import Database
from engine.storage.migrate import FLOOR

_BOOKKEEPING = frozenset({"alembic_version", FLOOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows of a table with a text that was looked for. columns: in which of them."""

    table: str
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """tables, columns, rows: how much was looked at. found: by table; empty where nothing is."""

    tables: int
    columns: int
    rows: int
    found: tuple[Found, ...]


async def search_texts(
    database: Database, tenant: str, is_sought: Callable[[str, Any], bool]
) -> Searched:
    """Looks at all rows of a tenant. is_sought: of a table's name, and of a text or a JSON value.

    Raises: StorageUnavailable.
    """
    async with database.read() as db:
        return await db.run_sync(_search, tenant, is_sought)


def _search(db: Connection, tenant: str, is_sought: Callable[[str, Any], bool]) -> Searched:
    looked_at = rows = 0
    found = []
    names = sorted(set(inspect(db).get_table_names()) - _BOOKKEEPING)
    reflected = MetaData()
    for name in names:
        table = Table(name, reflected, autoload_with=db)
        columns = [c for c in table.columns if isinstance(c.type, String | JSON)]
        columns = [c for c in columns if c.name != "tenant"]
        if not columns:
            continue
        looked_at += len(columns)
        hits, where = 0, set[str]()
        for row in db.execute(select(*columns).where(table.c.tenant == tenant)).mappings():
            rows += 1
            named = {c.name for c in columns if is_sought(name, _value(row[c.name]))}
            hits += bool(named)
            where |= named
        if hits:
            found.append(Found(table=name, rows=hits, columns=tuple(sorted(where))))
    return Searched(tables=len(names), columns=looked_at, rows=rows, found=tuple(found))


def _value(stored: Any) -> Any:
    """JSON that is kept as a text is read, so that no escape hides a letter."""
    if isinstance(stored, str) and stored[:1] in ("{", "[", '"'):
        try:
            return json.loads(stored)
        except ValueError:
            return stored
    return stored
