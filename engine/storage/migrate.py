"""Brings a database's tables to the version this program needs."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from engine.errors import StorageUnavailable
from engine.storage.database import Database

HEAD = "0015"
"""Newest revision; compared with the database's before Alembic is loaded, which takes 0.2 s."""

FLOOR = "schema_floor"
"""Table with the oldest revision whose programs can work with these tables: during a deploy they
run beside the new ones. It is of the database and of no tenant, like Alembic's own."""

COPYING = "copying"
"""What a database calls its revision while rows are copied into it: nobody's, to every version."""

_LOCK = 0x6465736B
"""PostgreSQL advisory lock that keeps two programs from migrating at once."""


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """What a run did: revisions before (None: an empty database) and after, which is newer than
    this program's where a newer one left its tables readable for this one."""

    before: str | None
    after: str


async def current_revision(database: Database) -> str | None:
    """The database's revision; None where it has no tables of ours.

    Raises: StorageUnavailable, also where a copy into it was cut off.
    """
    async with database.read() as connection:
        try:
            row = (
                await connection.execute(text("SELECT version_num FROM alembic_version"))
            ).first()
        except (OperationalError, ProgrammingError) as error:
            if "alembic_version" in str(error.orig):
                return None
            raise
    if row is not None and row[0] == COPYING:
        raise StorageUnavailable(
            "a restore or move into this database is under way or was cut off; give the same "
            "command again, which goes on where it ended",
            retryable=False,
        )
    return None if row is None else str(row[0])


async def migrate(database: Database, *, only_safe: bool = False) -> Migration:
    """Applies what is missing, in one transaction; does nothing when nothing is.

    only_safe: apply only revisions that mark themselves `safe_on_start` (quick, and they only add,
        so that earlier programs go on working); an empty database counts as safe.

    Raises: StorageUnavailable when the database is too new for this program, or when `only_safe`
    and a revision is not safe: the sentence names `deskhand migrate`.
    """
    before = await current_revision(database)
    if before == HEAD:
        return Migration(before=before, after=HEAD)
    async with _alone(), database.write_at_length() as connection:
        if not database.is_sqlite:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        after = await connection.run_sync(_upgrade, only_safe and before is not None)
    return Migration(before=before, after=after)


def _alone() -> asyncio.Lock:
    """What this program's migrations take turns by: Alembic keeps the one under way in globals,
    and workspaces with a database each begin beside each other."""
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())


def upgrade_to(connection: Connection, revision: str) -> None:
    """Makes the tables of this revision, older ones too, where there are none.

    Raises: StorageUnavailable for a revision of a newer program.
    """
    _upgrade(connection, False, revision)


def _upgrade(connection: Connection, only_safe: bool, wanted: str = "head") -> str:
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    may_be_newer = current != COPYING and wanted == "head" and _floor(connection) <= HEAD
    if current is not None and current not in known and may_be_newer:
        return current
    for revision in (current, wanted):
        if revision not in (None, "head", *known):
            raise StorageUnavailable(
                f"the database was made by a newer Deskhand (revision {revision}); upgrade this "
                "program, or point DATABASE_URL elsewhere",
                retryable=False,
            )
    pending: list[Any] = list(script.iterate_revisions(wanted, current or "base"))
    unsafe = [r for r in pending if not getattr(r.module, "safe_on_start", False)]
    if only_safe and unsafe:
        raise StorageUnavailable(
            "the database must be migrated first, which may take a while; run `deskhand migrate`",
            retryable=False,
        )
    command.upgrade(config, wanted)
    if inspect(connection).has_table(FLOOR):
        every = list(script.iterate_revisions(wanted, "base"))
        _write_floor(connection, every)
    return HEAD if wanted == "head" else wanted


def _write_floor(connection: Connection, every: list[Any]) -> None:
    """every: the revisions of these tables, the newest first."""
    still = itertools.takewhile(lambda r: getattr(r.module, "safe_on_start", False), every)
    oldest = [*still][-1:] or every[:1]
    connection.execute(text("DELETE FROM schema_floor"))
    connection.execute(
        text("INSERT INTO schema_floor (revision) VALUES (:revision)"),
        {"revision": oldest[0].down_revision or oldest[0].revision},
    )


def _floor(connection: Connection) -> str:
    if not inspect(connection).has_table(FLOOR):
        return "newer than all"  # revisions are digits, which come before letters
    found = connection.execute(text("SELECT revision FROM schema_floor")).scalar()
    return str(found or "newer than all")
