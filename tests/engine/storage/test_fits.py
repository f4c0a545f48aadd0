from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from engine.storage.database import Database
from engine.storage.fits import FitClaim, FitStore

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LEASE_S = 900.0
AFTER = NOW + timedelta(seconds=LEASE_S)


@pytest.fixture
def store(database: Database) -> FitStore:
    return FitStore(database)


async def claim(store: FitStore, state: str, at: datetime = NOW) -> FitClaim | None:
    return await store.claim("acme", "answerability", state, at=at, lease_s=LEASE_S)


async def give_back(
    store: FitStore, held: FitClaim, *, due_at: datetime | None = None, failed: bool = False
) -> bool:
    return await store.give_back("acme", "answerability", held, due_at=due_at, failed=failed)


async def test_nothing_is_fitted_before_the_first_fit(store: FitStore) -> None:
    assert await store.state("acme", "answerability") == ""
    assert await claim(store, "") is None


async def test_a_fit_is_remembered_for_its_tenant_and_model(store: FitStore) -> None:
    await store.fitted("acme", "answerability", "first", at=NOW)
    await store.fitted("acme", "answerability", "second", at=NOW)
    assert await store.state("acme", "answerability") == "second"
    assert await store.state("globex", "answerability") == ""
    assert await store.state("acme", "triage") == ""


async def test_what_is_fitted_already_is_claimed_by_nobody(store: FitStore) -> None:
    await store.fitted("acme", "answerability", "first", at=NOW)
    assert await claim(store, "first") is None
    assert await claim(store, "second") is not None


async def test_of_many_who_claim_at_the_same_moment_one_gets_it(store: FitStore) -> None:
    claims = await asyncio.gather(*(claim(store, "first") for _ in range(5)))
    assert len([found for found in claims if found is not None]) == 1


async def test_a_claim_is_free_again_when_its_lease_lapsed_and_lost_to_who_had_it(
    store: FitStore,
) -> None:
    first = await claim(store, "first")
    assert first is not None
    assert await claim(store, "first", AFTER - timedelta(seconds=1)) is None
    second = await claim(store, "first", AFTER)
    assert second is not None
    assert not await give_back(store, first, due_at=AFTER + timedelta(days=1))
    assert await give_back(store, second)
    assert await claim(store, "first", AFTER) is not None


async def test_what_is_given_back_is_not_claimed_before_it_is_due(store: FitStore) -> None:
    held = await claim(store, "first")
    assert held is not None
    due_at = NOW + timedelta(minutes=10)
    assert await give_back(store, held, due_at=due_at)
    assert await claim(store, "second", due_at - timedelta(seconds=1)) is None
    assert await claim(store, "second", due_at) is not None


async def test_failures_are_counted_until_a_fit(store: FitStore) -> None:
    for failures in range(3):
        held = await claim(store, "first")
        assert held is not None
        assert held.failures == failures
        await give_back(store, held, failed=True)
    held = await claim(store, "first")
    assert held is not None
    await store.fitted("acme", "answerability", "first", at=NOW)
    await give_back(store, held)
    again = await claim(store, "second")
    assert again is not None
    assert again.failures == 0
