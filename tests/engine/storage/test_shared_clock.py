from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from engine.clock import now
from engine.storage.database import Database, database_url
from engine.storage.shared_clock import SharedClock, shared_clock
from evals.postgres import PostgresCluster


async def test_on_a_file_it_is_the_machines(database: Database) -> None:
    if database.is_sqlite:
        async with shared_clock(database, now) as clock:
            assert clock is now


@pytest.mark.slow
@pytest.mark.parametrize("wrong_s", [-150, 150])
async def test_a_machine_with_a_wrong_clock_goes_by_the_databases(
    postgres: PostgresCluster, tmp_path, caplog: pytest.LogCaptureFixture, wrong_s: int
) -> None:
    database = Database(database_url(postgres.address("postgres"), tmp_path))
    wrong = timedelta(seconds=wrong_s)
    clock = SharedClock(database, machine=lambda: now() + wrong)
    with caplog.at_level(logging.WARNING):
        await clock.measure()
        await clock.measure()
    assert abs(clock() - now()) < timedelta(seconds=2)
    (told,) = caplog.messages
    assert f"{wrong_s:+d} s off" in told
    async with shared_clock(database, now) as kept:
        assert isinstance(kept, SharedClock)
    own = lambda: now()  # noqa: E731 - a clock of a test
    async with shared_clock(database, own) as kept:
        assert kept is own
    await database.aclose()
