"""Rows on their way out of a database, and the sum by which two tables are held to be alike."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import msgspec
from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.errors import StorageUnavailable
from engine.storage.copying.shapes import Kind, TableShape, current_shapes
from engine.storage.database import Database
from engine.storage.migrate import HEAD, current_revision
from engine.storage.schema import documents

Row = tuple[Any, ...]
BATCH = 256
"""Rows read, written and committed at once."""


@dataclass(slots=True)
class TableSum:
    """How many rows, and the sum of their hashes: equal for equal rows in whatever order.

    Databases order texts differently, so that a hash over a table in its own order would differ.
    """

    MODULUS: ClassVar[int] = 1 << 128

    rows: int = 0
    total: int = 0

    async def add(self, rows: Sequence[Row]) -> None:
        """Counts these rows too; hashes in a thread."""
        added = await asyncio.to_thread(self.of, rows)
        self.rows += len(rows)
        self.total = (self.total + added) % self.MODULUS

    @staticmethod
    def of(rows: Sequence[Row]) -> int:
        """What these rows add to the sum."""
        return sum(
            int.from_bytes(hashlib.sha256(msgspec.msgpack.encode(row)).digest()[:16], "big")
            for row in rows
        )

    @property
    def digest(self) -> str:
        """The sum in hexadecimal digits."""
        return f"{self.total:032x}"


class RowSource(Protocol):
    """Where rows come from: a database, or an archive of one."""

    @property
    def identity(self) -> str:
        """The same only for the same source, so that a copy cut off goes on with its own."""
        ...

    @property
    def revision(self) -> str:
        """Of its tables."""
        ...

    @property
    def shapes(self) -> tuple[TableShape, ...]:
        """Those that are referred to before those that refer."""
        ...

    def batches(self, shape: TableShape) -> AsyncIterator[list[Row]]:
        """The rows of a table, in the same order each time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseRows:
    """The rows of a database as they are at one moment."""

    identity: str
    revision: str
    shapes: tuple[TableShape, ...]
    connection: AsyncConnection

    async def batches(self, shape: TableShape) -> AsyncIterator[list[Row]]:
        """See RowSource."""
        async for part in stream(self.connection, shape):
            yield part


@asynccontextmanager
async def database_rows(
    database: Database, *, identity: str, alone: bool = False
) -> AsyncIterator[DatabaseRows]:
    """The rows of a database, all of one moment, whatever is written meanwhile.

    alone: nobody writes until this is left; on SQLite only.

    Raises: StorageUnavailable, also where its tables are not of this version.
    """
    revision = await current_revision(database)
    if revision != HEAD:
        raise StorageUnavailable(
            f"the database's tables are of {revision or 'no version'}, not {HEAD}; run `deskhand "
            "migrate`",
            retryable=False,
        )
    opened = database.write() if alone and database.is_sqlite else database.read()
    async with opened as connection:
        yield DatabaseRows(
            identity=identity,
            revision=HEAD,
            shapes=current_shapes(),
            connection=connection,
        )


async def stream(connection: AsyncConnection, shape: TableShape) -> AsyncIterator[list[Row]]:
    """The rows of a table by its key, a batch at a time."""
    clause = shape.clause()
    columns = [
        # As stored: PostgreSQL's driver would read it, and NULL and `null` would be one.
        cast(clause.c[name], Text) if kind is Kind.JSON else clause.c[name]
        for name, kind in shape.columns
    ]
    statement = select(*columns).order_by(*(clause.c[name] for name in shape.key))
    async with connection.stream(statement.execution_options(yield_per=BATCH)) as found:
        async for part in found.partitions():
            yield [tuple(row) for row in part]


async def tenants_of(database: Database) -> list[str]:
    """Whose documents a database holds."""
    async with database.read() as db:
        found = await db.execute(select(documents.c.tenant).distinct())
        return sorted(found.scalars())
