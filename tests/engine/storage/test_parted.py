"""PostgreSQL behind a line that passes nothing on, and closes nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.replicas.line import Line
from engine.errors import StorageUnavailable
from engine.storage.database import Database, database_url
from evals.postgres import PostgresCluster

pytestmark = pytest.mark.slow


async def test_a_parted_database_is_out_of_reach_within_its_limit_and_comes_back(
    postgres: PostgresCluster, tmp_path: Path
) -> None:
    line = Line(postgres.sockets / ".s.PGSQL.5432")
    async with line.serving():
        address = f"postgresql://deskhand@127.0.0.1:{line.port}/postgres?ssl=disable"
        database = Database(database_url(address, tmp_path), timeout_s=0.5)

        async def ask() -> int | None:
            async with database.read() as db:
                return (await db.execute(text("SELECT 1"))).scalar()

        assert await ask() == 1
        line.part()
        started = time.monotonic()
        for _ in range(2):
            with pytest.raises(StorageUnavailable, match="cannot be reached"):
                await ask()
        assert time.monotonic() - started < 30  # for ever, without a limit
        line.join()
        assert await ask() == 1
        await database.aclose()
