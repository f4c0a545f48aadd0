"""Rows of any table, made of what a test says and of something for the rest."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Float, Integer, LargeBinary, Table

from engine.storage.database import Database

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_NUMBERS = itertools.count(1)


def row(table: Table, **said: Any) -> dict[str, Any]:
    """A row with a value in every column that wants one."""
    return {
        column.name: said[column.name] if column.name in said else _something(column)
        for column in table.columns
        if column.name in said or not (column.nullable or column.autoincrement is True)
    }


async def put(database: Database, table: Table, **said: Any) -> dict[str, Any]:
    """Stores such a row of tenant `acme`, if not said otherwise, and gives it."""
    made = row(table, **{"tenant": "acme"} | said)
    async with database.write() as db:
        await db.execute(table.insert().values(**made))
    return made


def _something(column: Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Float):
        return 0.5
    if isinstance(kind, Integer):
        return 1
    if isinstance(kind, LargeBinary):
        return b""
    if isinstance(kind, Date):
        return NOW.date()
    if isinstance(getattr(kind, "impl", kind), DateTime):
        return NOW
    length = getattr(kind, "length", None) or 36
    return str(uuid.uuid4()) if length >= 36 else f"x{next(_NUMBERS)}"
