from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from engine.storage.database import Database
from engine.storage.timers import TimerStore

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


async def test_it_is_due_at_its_moment_and_for_its_tenant_alone(database: Database) -> None:
    timers = TimerStore(database)
    assert await timers.set("acme", "remind", "case-1", NOON, detail={"stage": "half"})
    assert await timers.claim("acme", at=NOON - A_MINUTE, lease_s=60) is None
    assert await timers.claim("globex", at=NOON, lease_s=60) is None
    assert await timers.claim("acme", at=NOON, lease_s=60, kinds=["expire"]) is None
    held = await timers.claim("acme", at=NOON, lease_s=60, kinds=["expire", "remind"])
    assert held is not None
    assert (held.kind, held.subject, held.due_at) == ("remind", "case-1", NOON)
    assert held.detail == {"stage": "half"}


async def test_the_longest_due_comes_first(database: Database) -> None:
    timers = TimerStore(database)
    for number in (2, 0, 1):
        await timers.set("acme", "remind", f"case-{number}", NOON + number * A_MINUTE)
    later, found = NOON + 9 * A_MINUTE, []
    while held := await timers.claim("acme", at=later, lease_s=60):
        found.append(held.subject)
    assert found == ["case-0", "case-1", "case-2"]


async def test_one_of_many_gets_it(database: Database) -> None:
    timers = TimerStore(database)
    await timers.set("acme", "remind", "case-1", NOON)
    got = await asyncio.gather(*(timers.claim("acme", at=NOON, lease_s=60) for _ in range(6)))
    assert len([held for held in got if held is not None]) == 1


async def test_a_claim_that_lapsed_is_anothers(database: Database) -> None:
    timers = TimerStore(database)
    await timers.set("acme", "remind", "case-1", NOON)
    first = await timers.claim("acme", at=NOON, lease_s=60)
    assert first is not None
    assert await timers.renew(first, until=NOON + 2 * A_MINUTE)
    assert await timers.claim("acme", at=NOON + A_MINUTE, lease_s=60) is None
    second = await timers.claim("acme", at=NOON + 2 * A_MINUTE, lease_s=60)
    assert second is not None
    assert not await timers.renew(first, until=NOON + 9 * A_MINUTE)
    assert not await timers.put_back(first, due_at=NOON)
    assert not await timers.done(first, at=NOON)
    assert await timers.done(second, at=NOON + 2 * A_MINUTE)
    assert await timers.claim("acme", at=NOON + 9 * A_MINUTE, lease_s=60) is None


async def test_it_fires_once_for_a_moment_however_often_it_is_set(database: Database) -> None:
    timers = TimerStore(database)
    assert await timers.set("acme", "remind", "case-1", NOON)
    assert not await timers.set("acme", "remind", "case-1", NOON)
    held = await timers.claim("acme", at=NOON, lease_s=60)
    assert held is not None
    assert await timers.put_back(held, due_at=NOON + A_MINUTE)
    assert not await timers.set("acme", "remind", "case-1", NOON)
    assert await timers.armed("acme", "remind", "case-1") == NOON + A_MINUTE
    again = await timers.claim("acme", at=NOON + A_MINUTE, lease_s=60)
    assert again is not None
    assert (again.due_at, again.attempts) == (NOON, 1)
    assert await timers.done(again, at=NOON + A_MINUTE)
    assert not await timers.set("acme", "remind", "case-1", NOON)
    assert await timers.armed("acme", "remind", "case-1") is None
    assert await timers.claim("acme", at=NOON + 9 * A_MINUTE, lease_s=60) is None
    assert await timers.set("acme", "remind", "case-1", NOON + 2 * A_MINUTE)
    assert await timers.claim("acme", at=NOON + 9 * A_MINUTE, lease_s=60) is not None


async def test_set_anew_while_it_is_done_it_is_due_again(database: Database) -> None:
    timers = TimerStore(database)
    await timers.set("acme", "remind", "case-1", NOON)
    held = await timers.claim("acme", at=NOON, lease_s=60)
    assert held is not None
    await timers.set("acme", "remind", "case-1", NOON + A_MINUTE)
    assert not await timers.done(held, at=NOON)
    assert await timers.claim("acme", at=NOON, lease_s=60) is None
    moved = await timers.claim("acme", at=NOON + A_MINUTE, lease_s=60)
    assert moved is not None
    assert moved.due_at == NOON + A_MINUTE


async def test_one_that_comes_again_is_due_then(database: Database) -> None:
    timers = TimerStore(database)
    await timers.set("acme", "digest", "weekly", NOON)
    held = await timers.claim("acme", at=NOON, lease_s=60)
    assert held is not None
    assert await timers.done(held, at=NOON, next_due_at=NOON + 7 * A_MINUTE)
    assert not await timers.set("acme", "digest", "weekly", NOON + 7 * A_MINUTE)
    assert await timers.claim("acme", at=NOON + 6 * A_MINUTE, lease_s=60) is None
    again = await timers.claim("acme", at=NOON + 7 * A_MINUTE, lease_s=60)
    assert again is not None
    assert again.due_at == NOON + 7 * A_MINUTE


async def test_what_is_cancelled_does_not_fire_and_may_be_set_again(database: Database) -> None:
    timers = TimerStore(database)
    await timers.set("acme", "remind", "case-1", NOON)
    held = await timers.claim("acme", at=NOON, lease_s=60)
    assert held is not None
    assert await timers.cancel("acme", "remind", "case-1")
    assert not await timers.cancel("acme", "remind", "case-1")
    assert not await timers.done(held, at=NOON)
    assert await timers.claim("acme", at=NOON + 9 * A_MINUTE, lease_s=60) is None
    assert await timers.set("acme", "remind", "case-1", NOON)
    assert await timers.claim("acme", at=NOON, lease_s=60) is not None


async def test_one_that_fired_and_is_cancelled_stays_fired(database: Database) -> None:
    timers = TimerStore(database)
    await timers.set("acme", "remind", "case-1", NOON)
    held = await timers.claim("acme", at=NOON, lease_s=60)
    assert held is not None
    await timers.done(held, at=NOON)
    assert not await timers.cancel("acme", "remind", "case-1")
    assert not await timers.set("acme", "remind", "case-1", NOON)


async def test_what_fired_long_ago_is_forgotten(database: Database) -> None:
    timers = TimerStore(database)
    for subject in ("old", "armed"):
        await timers.set("acme", "remind", subject, NOON)
    held = await timers.claim("acme", at=NOON, lease_s=60)
    assert held is not None
    await timers.done(held, at=NOON)
    assert await timers.forget("acme", before=NOON) == 0
    assert await timers.forget("globex", before=NOON + A_MINUTE) == 0
    assert await timers.forget("acme", before=NOON + A_MINUTE) == 1


async def test_timers_are_settled_together(database: Database) -> None:
    timers = TimerStore(database)
    await timers.set("acme", "remind", "case-1:late", NOON)
    await timers.set("acme", "remind", "case-2:late", NOON)
    wanted = {("remind", "case-1:soon"): NOON, ("expire", "case-1"): NOON + A_MINUTE}
    unwanted = [("remind", "case-1:late"), ("snoozed", "case-1")]
    for _ in range(2):
        await timers.settle("acme", wanted, unwanted, at=NOON)
    assert await timers.armed("acme", "remind", "case-1:soon") == NOON
    assert await timers.armed("acme", "expire", "case-1") == NOON + A_MINUTE
    assert await timers.armed("acme", "remind", "case-1:late") is None
    assert await timers.armed("acme", "remind", "case-2:late") == NOON
    held = await timers.claim("acme", at=NOON, lease_s=60, kinds=["remind"])
    assert held is not None
    await timers.done(held, at=NOON)
    for moment in (NOON, NOON - A_MINUTE, NOON + A_MINUTE):
        await timers.settle("acme", {("remind", held.subject): moment}, at=NOON + A_MINUTE)
        assert await timers.armed("acme", "remind", held.subject) is None
    later = NOON + 2 * A_MINUTE
    await timers.settle("acme", {("remind", held.subject): later}, at=NOON + A_MINUTE)
    assert await timers.armed("acme", "remind", held.subject) == later


async def test_how_far_it_is_is_kept_by_whoever_holds_it(database: Database) -> None:
    timers = TimerStore(database)
    await timers.set("acme", "remind", "case-1", NOON)
    held = await timers.claim("acme", at=NOON, lease_s=60)
    assert held is not None
    assert await timers.save_detail(held, {"step": 1})
    await timers.put_back(held, due_at=NOON)
    assert not await timers.save_detail(held, {"step": 2})
    again = await timers.claim("acme", at=NOON, lease_s=60)
    assert again is not None
    assert again.detail == {"step": 1}
