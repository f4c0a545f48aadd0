from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from engine.storage.database import Database
from engine.storage.leases import LeaseStore
from engine.storage.schema import leases


@pytest.fixture
def store(database: Database) -> LeaseStore:
    return LeaseStore(database)


async def test_one_of_many_that_ask_at_once_gets_it(store: LeaseStore) -> None:
    names = [f"p{n}" for n in range(8)]
    taken = await asyncio.gather(*(store.take("t", "jobs", n, lease_s=60) for n in names))
    assert sum(taken) == 1
    assert await store.holder("t", "jobs") == names[taken.index(True)]


async def test_its_holder_renews_it_and_others_wait(store: LeaseStore) -> None:
    assert await store.take("t", "jobs", "a", lease_s=60)
    assert await store.take("t", "jobs", "a", lease_s=60)
    assert not await store.take("t", "jobs", "b", lease_s=60)
    assert await store.take("other", "jobs", "b", lease_s=60)
    assert await store.take("t", "else", "b", lease_s=60)


async def test_one_that_lapsed_is_the_next_ones_and_not_its_own_any_more(
    store: LeaseStore, database: Database
) -> None:
    assert await store.take("t", "jobs", "a", lease_s=60)
    async with database.write() as db:
        await db.execute(update(leases).values(until=leases.c.until - 61))
    assert await store.holder("t", "jobs") is None
    assert await store.take("t", "jobs", "b", lease_s=60)
    assert not await store.take("t", "jobs", "a", lease_s=60)
    assert not await store.give_back("t", "jobs", "a")
    assert await store.holder("t", "jobs") == "b"


async def test_one_that_was_given_back_is_free_at_once(store: LeaseStore) -> None:
    assert await store.take("t", "jobs", "a", lease_s=60)
    assert await store.give_back("t", "jobs", "a")
    assert await store.take("t", "jobs", "b", lease_s=60)
