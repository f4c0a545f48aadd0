from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from engine.errors import StorageUnavailable
from engine.storage.database import Database, database_url
from engine.storage.health import check_writable
from engine.storage.migrate import migrate
from engine.storage.schema import usage


async def test_a_database_that_may_be_written_is_left_as_it_is(database: Database) -> None:
    await check_writable(database)
    async with database.read() as db:
        assert (await db.execute(select(func.count()).select_from(usage))).scalar() == 0


async def test_a_database_that_may_only_be_read_is_told(
    address: str, kind: str, tmp_path: Path
) -> None:
    opened = Database(database_url(address, tmp_path))
    await migrate(opened)
    if kind == "sqlite":
        async with opened.read() as db:
            await db.execute(text("PRAGMA query_only = ON"))
    else:
        async with opened.write() as db:
            name = (await db.execute(text("SELECT current_database()"))).scalar_one()
            await db.execute(
                text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
            )
        await opened.aclose()
        opened = Database(database_url(address, tmp_path))
    with pytest.raises(StorageUnavailable, match="cannot be written"):
        await check_writable(opened)
    await opened.aclose()
