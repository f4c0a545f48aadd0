"""Workspaces are kept apart by the tables themselves."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from sqlalchemy import Table, UniqueConstraint

import engine.storage as storage
from engine.storage.schema import metadata

for module in iter_modules([str(Path(storage.__file__).parent)]):
    if module.name.endswith("schema"):
        import_module(f"engine.storage.{module.name}")

TABLES = sorted(metadata.tables.values(), key=lambda table: table.name)
BY_CHANCE = {"id", "question_id"}
"""Random UUIDs made here: they are of one tenant's by themselves."""
NUMBERED = {("sequence",)}
"""Given out by the database, and never taken from anybody."""


def unique_columns(table: Table) -> set[tuple[str, ...]]:
    groups = [c.columns for c in table.constraints if isinstance(c, UniqueConstraint)]
    groups += [index.columns for index in table.indexes if index.unique]
    groups.append(table.primary_key.columns)
    return {tuple(column.name for column in group) for group in groups}


def test_every_table_says_whose_its_rows_are() -> None:
    assert len(TABLES) > 30
    without = [t.name for t in TABLES if "tenant" not in t.columns or t.columns["tenant"].nullable]
    assert without == []


def test_what_is_unique_is_so_within_a_tenant_or_by_an_id_of_chance() -> None:
    across = {
        (table.name, columns)
        for table in TABLES
        for columns in unique_columns(table)
        if "tenant" not in columns and columns not in NUMBERED and columns[0] not in BY_CHANCE
    }
    assert across == set()
