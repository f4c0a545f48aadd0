"""Processes that share a database, here several leaderships over one SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bot.leading import JOBS, Leadership
from engine.errors import StorageUnavailable
from engine.storage.database import Database
from engine.storage.leases import LeaseStore

LEASE_S = 0.4


class Work:
    """What the leader does."""

    def __init__(self) -> None:
        self.runs = False
        self.begun = 0

    async def start(self) -> None:
        self.runs = True
        self.begun += 1

    async def aclose(self) -> None:
        self.runs = False


class Partitioned(LeaseStore):
    """The database while it is out of reach: it gives no answer, or refuses."""

    away = False
    hangs = False

    async def take(self, tenant: str, name: str, holder: str, *, lease_s: float) -> bool:
        if self.away:
            if self.hangs:
                await asyncio.Event().wait()
            raise StorageUnavailable("away")
        return await super().take(tenant, name, holder, lease_s=lease_s)


@pytest.fixture
async def join(database: Database) -> AsyncIterator[Callable[[], tuple[Leadership, Work]]]:
    made: list[Leadership] = []

    def one() -> tuple[Leadership, Work]:
        store = Partitioned(database)
        made.append(Leadership(tenant="t", leases=store, lease_s=LEASE_S))
        return made[-1], Work()

    yield one
    for each in made:
        await each.aclose()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - anything may make it true
            await asyncio.sleep(0.005)


Join = Callable[[], tuple[Leadership, Work]]


async def test_the_first_leads_at_once_and_the_second_waits(join: Join) -> None:
    (one, first), (two, second) = join(), join()
    await one.start(first)
    assert (first.runs, one.leads) == (True, True)
    await two.start(second)
    await asyncio.sleep(2 * LEASE_S)
    assert (first.runs, first.begun, second.runs, two.leads) == (True, 1, False, False)


async def test_a_clean_stop_hands_over_after_the_jobs_have_stopped(
    join: Join, database: Database
) -> None:
    (one, first), (two, second) = join(), join()
    await one.start(first)
    await one.aclose()
    assert not first.runs
    assert await LeaseStore(database).holder("t", JOBS) is None
    await two.start(second)
    assert second.runs


@pytest.mark.parametrize("hangs", [False, True])
async def test_who_cannot_renew_stops_before_the_lease_is_anothers(join: Join, hangs: bool) -> None:
    (one, first), (two, second) = join(), join()
    await one.start(first)
    await two.start(second)
    assert isinstance(one.leases, Partitioned)
    one.leases.hangs, one.leases.away = hangs, True
    both = False
    while not second.runs:
        both = both or (first.runs and two.leads)
        await asyncio.sleep(0.001)
    assert not both
    assert not first.runs
    one.leases.away = False
    await asyncio.sleep(2 * LEASE_S)
    assert (first.runs, second.runs) == (False, True)


async def test_a_process_that_was_killed_is_followed(join: Join) -> None:
    (one, first), (two, second) = join(), join()
    await one.start(first)
    await two.start(second)
    for task in one._tasks:  # nothing is handed over
        task.cancel()
    await until(lambda: second.runs)
    assert not one.leads


async def test_jobs_that_do_not_begin_are_refused_at_the_start_and_tried_again_later(
    join: Join,
) -> None:
    class Broken(Work):
        async def start(self) -> None:
            await super().start()
            if self.begun == 1:
                raise StorageUnavailable("broken")

    (one, _), (two, _) = join(), join()
    broken = Broken()
    with pytest.raises(StorageUnavailable):
        await one.start(broken)
    assert not broken.runs
    first, again = Work(), Broken()
    await one.start(first)
    await two.start(again)
    await one.aclose()
    await until(lambda: again.begun == 2)
    assert again.runs


async def test_a_process_that_has_not_heard_of_its_database_says_so(join: Join) -> None:
    one, work = join()
    assert one.why_not() == "the database cannot be reached"
    await one.start(work)
    assert one.why_not() == ""
    assert isinstance(one.leases, Partitioned)
    one.leases.away = True
    await until(one.why_not)
    assert not work.runs
