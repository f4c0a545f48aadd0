"""Rows on their way into a database, in steps of which each is whole or not there at all.

While a copy is under way the database says that it is of the revision `COPYING`, which no version
of this program takes for its own, so that nothing starts on half of the rows; how far it came
stands in a table of the same transactions, so that it goes on where it was cut off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

from engine.errors import StorageUnavailable, WrongUse
from engine.storage.copying.rows import Row, RowSource, TableSum, stream
from engine.storage.copying.shapes import Kind, TableShape
from engine.storage.database import Database
from engine.storage.migrate import COPYING, FLOOR, migrate, upgrade_to
from engine.storage.schema import metadata

_NOT_STATE = frozenset(
    f"deskhand {command}" for command in ("migrate", "backup", "restore", "move")
)
"""Rows of the audit log that a database without anything else in it may hold."""

_progress = Table(
    "deskhand_copy",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("copied", Boolean, nullable=False),
)
"""One row for each table, and one without a name for the whole. copied: every row is in, and only
what is made of them (the index) may still be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """A database that a copy was begun in.

    done: rows of each table that are in. copied: all of them are. resumed: begun by an earlier
    process.
    """

    database: Database
    source: RowSource
    done: Mapping[str, int]
    copied: bool
    resumed: bool

    async def write(self, shape: TableShape, rows: Sequence[Row]) -> None:
        """Puts rows in, and how far that is, in one transaction."""
        names = [name for name, _ in shape.columns]
        async with self.database.write() as db:
            await db.execute(
                insert(shape.clause()), [dict(zip(names, row, strict=True)) for row in rows]
            )
            await db.execute(
                update(_progress)
                .where(_progress.c.name == shape.name)
                .values(rows=_progress.c.rows + len(rows))
            )

    async def sum_of(self, shape: TableShape) -> TableSum:
        """What is in a table now, read back."""
        total = TableSum()
        async with self.database.read() as db:
            async for part in stream(db, shape):
                await total.add(part)
        return total

    async def give_up(self) -> None:
        """Lets nothing go on with these rows; the next copy replaces them."""
        async with self.database.write() as db:
            await db.execute(update(_progress).values(source=""))

    async def open_to_all(self) -> None:
        """Lets every program use the tables, brought to this program's version.

        Call it when every table was found to be whole.
        """
        if not self.copied:
            async with self.database.write() as db:
                await db.run_sync(_count_on, self.source.shapes)
                await db.execute(
                    text("UPDATE alembic_version SET version_num = :now"),
                    {"now": self.source.revision},
                )
                await db.execute(update(_progress).values(copied=True))
        await migrate(self.database)

    async def close(self) -> None:
        """Forgets that there was a copy: what is made of the rows is there too."""
        async with self.database.write() as db:
            await db.run_sync(_progress.drop)


async def resumes(database: Database, source: RowSource) -> bool:
    """Whether a copy of this source into the database was begun and not ended."""
    async with database.read() as db:
        begun = await db.run_sync(_begun)
    return begun is not None and begun[0] == source.identity


async def open_landing(database: Database, source: RowSource, *, replace: bool) -> Landing:
    """A database made ready for a source's rows, or one that has some of them already.

    replace: what is in it is dropped, tables of others excepted.

    Raises: WrongUse where something else is in it and `replace` is false; StorageUnavailable.
    """
    async with database.write() as db:
        begun = await db.run_sync(_begun)
        if begun is not None and begun[0] == source.identity:
            return Landing(
                database=database, source=source, done=begun[1], copied=begun[2], resumed=True
            )
        if not replace:
            if begun is not None and not begun[2]:
                raise WrongUse(
                    "a copy of something else into this database was cut off; give that one again, "
                    "which goes on, or add --replace"
                )
            held = await db.run_sync(_held)
            if held:
                raise WrongUse(
                    f"the database is not empty (it has rows in {held}); name an empty one, or add "
                    "--replace, which drops what is in it"
                )
        await db.run_sync(_begin, source)
    done = {shape.name: 0 for shape in source.shapes}
    return Landing(database=database, source=source, done=done, copied=False, resumed=False)


def _begun(db: Connection) -> tuple[str, dict[str, int], bool] | None:
    if not inspect(db).has_table(_progress.name):
        return None
    rows = db.execute(select(_progress)).all()
    whole = next(row for row in rows if row.name == "")
    return whole.source, {row.name: row.rows for row in rows if row.name}, whole.copied


def _held(db: Connection) -> str:
    """The name of a table with rows; empty where nothing is kept yet."""
    there = set(inspect(db).get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in there:
            continue
        statement = select(func.count()).select_from(table)
        if table.name == "audit":
            statement = statement.where(table.c.action.not_in(_NOT_STATE))
        if db.execute(statement).scalar_one():
            return str(table.name)
    return ""


def _begin(db: Connection, source: RowSource) -> None:
    ours = {*metadata.tables, "alembic_version", FLOOR, _progress.name}
    there = MetaData()
    there.reflect(db, only=[name for name in inspect(db).get_table_names() if name in ours])
    there.drop_all(db)
    upgrade_to(db, source.revision)
    _check_fits(db, source.shapes)
    _progress.create(db)
    names = ["", *(shape.name for shape in source.shapes)]
    values = {"rows": 0, "source": source.identity, "copied": False}
    db.execute(insert(_progress), [{"name": name, **values} for name in names])
    db.execute(text("UPDATE alembic_version SET version_num = :now"), {"now": COPYING})


def _check_fits(db: Connection, shapes: Sequence[TableShape]) -> None:
    """Raises: StorageUnavailable where the tables of that revision are not those of the source."""
    found = inspect(db)
    tables = {name for name in found.get_table_names() if name in metadata.tables}
    given = {shape.name: {name for name, _ in shape.columns} for shape in shapes}
    made = {
        name: {str(c["name"]) for c in found.get_columns(name)} for name in given.keys() & tables
    }
    if made != given or tables - given.keys():
        raise StorageUnavailable(
            "the tables to be copied are not those of the version they say they are of; use the "
            "Deskhand that made them",
            retryable=False,
        )


def _count_on(db: Connection, shapes: Sequence[TableShape]) -> None:
    """Lets PostgreSQL count on from the highest key; SQLite does so by itself."""
    if db.dialect.name == "sqlite":
        return
    for shape in shapes:
        kinds = dict(shape.columns)
        for name in shape.key:
            if kinds[name] is not Kind.INTEGER:
                continue
            where = {"table": f'"{shape.name}"', "column": name}
            statement = text("SELECT pg_get_serial_sequence(:table, :column)")
            sequence = db.execute(statement, where).scalar()
            if sequence is not None:
                column = shape.clause().c[name]
                highest = db.execute(select(func.max(column))).scalar()
                if highest is not None:
                    db.execute(
                        text("SELECT setval(CAST(:sequence AS regclass), :highest)"),
                        {"sequence": sequence, "highest": highest},
                    )
