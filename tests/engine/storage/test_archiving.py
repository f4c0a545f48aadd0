from __future__ import annotations

from engine.storage.archiving import archiving_of
from engine.storage.database import Database


async def test_postgresql_says_whether_its_log_is_archived_and_sqlite_has_none(
    database: Database,
) -> None:
    found = await archiving_of(database)
    if database.is_sqlite:
        assert found is None
        return
    assert found is not None
    assert (found.on, found.hours_ago, found.failing) == (False, None, False)
