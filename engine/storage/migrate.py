"""Brings a database's tables to the version this program needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from engine.errors import StorageUnavailable
from engine.storage.database import Database

HEAD = "0015"
"""Newest revision; compared with the database's before Alembic is loaded, which takes 0.2 s."""

_LOCK = 0x6465736B
"""PostgreSQL advisory lock that keeps two programs from migrating at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """What a run did: revisions before (None: an empty database) and after."""

    before: str | None
    after: str


async def current_revision(database: Database) -> str | None:
    """The database's revision; None where it has no tables of ours.

    Raises: StorageUnavailable.
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
    return None if row is None else str(row[0])


async def migrate(database: Database, *, only_safe: bool = False) -> Migration:
    """Applies what is missing, in one transaction; does nothing when nothing is.

    only_safe: apply only revisions that mark themselves `safe_on_start` (quick, and readable by
        the version before); an empty database counts as safe.

    Raises: StorageUnavailable when the database is newer than this program, or when `only_safe`
    and a revision is not safe: the sentence names `deskhand migrate`.
    """
    before = await current_revision(database)
    if before == HEAD:
        return Migration(before=before, after=HEAD)
    async with database.write() as connection:
        if not database.is_sqlite:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await connection.run_sync(_upgrade, only_safe and before is not None)
    return Migration(before=before, after=HEAD)


def _upgrade(connection: Connection, only_safe: bool) -> None:
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
    if current is not None and current not in known:
        raise StorageUnavailable(
            f"the database was made by a newer Deskhand (revision {current}); upgrade this "
            "program, or point DATABASE_URL elsewhere",
            retryable=False,
        )
    pending: list[Any] = list(script.iterate_revisions("head", current or "base"))
    unsafe = [r for r in pending if not getattr(r.module, "safe_on_start", False)]
    if only_safe and unsafe:
        raise StorageUnavailable(
            "the database must be migrated first, which may take a while; run `deskhand migrate`",
            retryable=False,
        )
    command.upgrade(config, "head")
