"""All rows about a person, table by table, for them to have."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary, Table, select

from engine.privacy.sought import Sought
from engine.storage.belongings import Belongings
from engine.storage.database import Database
from engine.storage.schema import metadata

_OURS = {
    "inbox": ("id", "questions"),
    "cases": ("id", "cases"),
    "traces": ("id", "traces"),
    "entries": ("id", "entries"),
    "usage": ("trace_id", "traces"),
    "case_events": ("case_id", "cases"),
    "webhook_calls": ("subject", "cases"),
}
"""By which column a row belongs to somebody, and to which of their belongings."""


async def personal_rows(
    database: Database, tenant: str, belongings: Belongings, sought: Sought
) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    """Each row as JSON, with its table's name.

    What belongs to the person comes whole; of other rows, which only name or quote them, come the
    keys and the columns that do. Vectors and models, which are numbers, are left out.

    Raises: StorageUnavailable.
    """
    for table in metadata.sorted_tables:
        columns = [c for c in table.columns if not isinstance(c.type, LargeBinary)]
        async with database.read() as db:
            statement = select(*columns).where(table.c.tenant == tenant)
            async for row in await db.stream(statement):
                shown = _shown(table, dict(row._mapping), belongings, sought)
                if shown:
                    yield table.name, shown


def _shown(
    table: Table, row: dict[str, Any], belongings: Belongings, sought: Sought
) -> dict[str, Any]:
    naming = {name for name, value in row.items() if sought.is_in(value)}
    if not _belongs(table.name, row, belongings, sought):
        if not naming:
            return {}
        naming |= {column.name for column in table.primary_key.columns}
        row = {name: value for name, value in row.items() if name in naming}
    return {name: _as_json(value) for name, value in row.items() if name != "tenant"}


def _belongs(table: str, row: Mapping[str, Any], belongings: Belongings, sought: Sought) -> bool:
    if sought.user is not None and sought.user in (row.get("user"), row.get("person")):
        return True
    column, ids = _OURS.get(table, ("question_id", "questions"))
    return row.get(column) in getattr(belongings, ids)


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
