"""Databases with a row in every table, and their archives."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from engine.backup.reading import Archive, read_archive
from engine.backup.writing import write_archive
from engine.storage.copying.rows import TableSum, database_rows
from engine.storage.database import Database, database_url
from engine.storage.schema import metadata
from tests.engine.storage.rows import row

NOW = datetime(2026, 11, 22, 9, 0, 1, 250_000, tzinfo=UTC)
_NUMBERS = itertools.count(1)

Sums = Callable[[Database], Awaitable[dict[str, tuple[int, str]]]]
Write = Callable[[Database], Awaitable[Archive]]


@pytest.fixture
async def full(database: Database) -> Database:
    """The database with two rows in every table, with what databases store differently in them."""
    known: dict[tuple[str, int], dict[str, Any]] = {}
    async with database.write() as db:
        for table in metadata.sorted_tables:
            for number in (1, 2):
                made: dict[str, Any] = row(table)
                for column in table.columns:
                    if column.foreign_keys:
                        referred = next(iter(column.foreign_keys)).column
                        made[column.name] = known[referred.table.name, number][referred.name]
                    elif column.name == "tenant":
                        made[column.name] = f"Zürich-{number}"
                    elif column.name == "sequence":
                        made[column.name] = number
                known[table.name, number] = made
                if "body" in made and isinstance(made["body"], dict):
                    made["body"] = {"b": 0.1, "a": None, "text": "naïve 🎉 \\u0041"}
                await db.execute(insert(table).values(**made))
    return database


@pytest.fixture
def sums() -> Sums:
    """The number of rows and the sum over them, of every table."""

    async def of(database: Database) -> dict[str, tuple[int, str]]:
        found = {}
        async with database_rows(database, identity="") as rows:
            for shape in rows.shapes:
                total = TableSum()
                async for batch in rows.batches(shape):
                    await total.add(batch)
                found[shape.name] = (total.rows, total.digest)
        return found

    return of


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an archive of a database, with a saved case, and reads it back."""

    async def write(database: Database) -> Archive:
        home = tmp_path / "home"
        (home / "evals").mkdir(parents=True, exist_ok=True)
        (home / "evals" / "cases.jsonl").write_text('{"id": "1"}\n')
        target = tmp_path / f"{next(_NUMBERS)}.backup"
        await write_archive(
            target, database, home=home, embedder="local", at=NOW, watch=lambda *_: None
        )
        return await read_archive(target)

    return write


@pytest.fixture
async def server_database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """An empty PostgreSQL database."""
    cluster = request.getfixturevalue("postgres")
    name = f"landing_{os.getpid()}_{next(_NUMBERS)}"
    cluster.sql(f"CREATE DATABASE {name}")
    opened = Database(database_url(cluster.address(name), Path()))
    yield opened
    await opened.aclose()
