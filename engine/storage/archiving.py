"""What PostgreSQL says of the copies of its write-ahead log, which a backup to a time needs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from engine.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Archiving:
    """on: whether the log is archived at all. hours_ago: when the last part was; None for never.
    failing: whether the newest attempt failed."""

    on: bool
    hours_ago: float | None
    failing: bool


async def archiving_of(database: Database) -> Archiving | None:
    """It; None for SQLite.

    Raises: StorageUnavailable.
    """
    if database.is_sqlite:
        return None
    statement = text(
        "SELECT current_setting('archive_mode') <> 'off',"
        " extract(epoch FROM now() - last_archived_time) / 3600,"
        " coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)"
        " FROM pg_stat_archiver"
    )
    async with database.read() as connection:
        on, hours_ago, failing = (await connection.execute(statement)).one()
    return Archiving(
        on=bool(on),
        hours_ago=None if hours_ago is None else float(hours_ago),
        failing=bool(failing),
    )
