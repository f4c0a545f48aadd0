"""What the tables of a PostgreSQL database take, indexes and long values included."""

from __future__ import annotations

from sqlalchemy import text

from engine.storage.database import Database

_STATEMENT = text(
    "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
    "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


async def table_bytes(database: Database) -> dict[str, int]:
    """Bytes of each table.

    Raises: StorageUnavailable.
    """
    async with database.read() as db:
        return {name: int(size) for name, size in await db.execute(_STATEMENT)}
