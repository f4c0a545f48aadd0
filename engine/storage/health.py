"""Whether the database can be worked with, found out without changing anything."""

from __future__ import annotations

from sqlalchemy import delete, false

from engine.storage.database import Database
from engine.storage.schema import usage


async def check_writable(database: Database) -> None:
    """Returns where this user may write.

    Raises: StorageUnavailable.
    """
    async with database.write() as db:
        await db.execute(delete(usage).where(false()))
