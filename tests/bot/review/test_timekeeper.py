"""Timers by a clock that is set, so that nothing here waits for a moment to come."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.recovery import InDoubt
from bot.review.timekeeper import Handler, NotBefore, Timekeeper
from bot.slack_api import RateLimited
from engine.errors import StorageUnavailable
from engine.storage.database import Database
from engine.storage.timers import Timer, TimerStore
from tests.bot.review.conftest import SetClock

LIMIT_S = 20.0


class Done:
    """Notes what it did, after raising what it was given."""

    def __init__(self, *faults: Exception, again: datetime | None = None) -> None:
        self.seen: list[Timer] = []
        self.faults = list(faults)
        self.again = again

    async def __call__(self, timer: Timer) -> datetime | None:
        self.seen.append(timer)
        if self.faults:
            raise self.faults.pop(0)
        return self.again


def keeper_of(database: Database, clock: SetClock, **handlers: Handler) -> Timekeeper:
    return Timekeeper(
        tenant="acme", timers=TimerStore(database), handlers=handlers, clock=clock, lease_s=60
    )


async def look(keeper: Timekeeper) -> None:
    """One look, and all that it began."""
    await keeper.look()
    await asyncio.gather(*keeper._tasks)


async def test_what_is_due_is_done_once_by_whoever_knows_its_kind(
    database: Database, clock: SetClock
) -> None:
    timers, done = TimerStore(database), Done()
    await timers.set("acme", "remind", "case-1", clock.at)
    await timers.set("acme", "remind", "case-2", clock.at + timedelta(minutes=1))
    await timers.set("acme", "digest", "weekly", clock.at)
    keepers = [keeper_of(database, clock, remind=done) for _ in range(2)]
    for _ in range(3):
        await asyncio.gather(*(look(keeper) for keeper in keepers))
    assert [timer.subject for timer in done.seen] == ["case-1"]
    assert await timers.armed("acme", "digest", "weekly") == clock.at
    clock.at += timedelta(minutes=1)
    await asyncio.gather(*(look(keeper) for keeper in keepers))
    assert [timer.subject for timer in done.seen] == ["case-1", "case-2"]


async def test_what_comes_again_is_set_for_then(database: Database, clock: SetClock) -> None:
    timers = TimerStore(database)
    tomorrow = clock.at + timedelta(days=1)
    done = Done(again=tomorrow)
    await timers.set("acme", "digest", "weekly", clock.at)
    await look(keeper_of(database, clock, digest=done))
    assert await timers.armed("acme", "digest", "weekly") == tomorrow


@pytest.mark.parametrize(
    ("fault", "wait_s"),
    [
        (RateLimited("chat.postMessage", 30.0), 30.0),
        (NotBefore(datetime(2026, 11, 23, 12, 0, 20, tzinfo=UTC)), 20.0),
        (NotBefore(datetime(2027, 11, 23, 12, 0, tzinfo=UTC)), 3600.0),
        (StorageUnavailable("busy"), 1.0),
        (ValueError("a fault of ours"), 1.0),
    ],
)
async def test_what_fails_is_tried_again(
    database: Database, clock: SetClock, fault: Exception, wait_s: float
) -> None:
    timers, done = TimerStore(database), Done(fault)
    await timers.set("acme", "remind", "case-1", clock.at)
    keeper = keeper_of(database, clock, remind=done)
    await look(keeper)
    assert await timers.armed("acme", "remind", "case-1") == clock.at + timedelta(seconds=wait_s)
    clock.at += timedelta(seconds=wait_s)
    await look(keeper)
    assert len(done.seen) == 2
    assert await timers.armed("acme", "remind", "case-1") is None


async def test_it_waits_longer_with_each_failure_and_not_for_what_slack_asks(
    database: Database, clock: SetClock
) -> None:
    timers = TimerStore(database)
    busy = StorageUnavailable("busy")
    done = Done(InDoubt(clock.at + timedelta(seconds=9)), busy, busy, busy)
    await timers.set("acme", "remind", "case-1", clock.at)
    keeper, waits = keeper_of(database, clock, remind=done), []
    for _ in range(4):
        await look(keeper)
        due_at = await timers.armed("acme", "remind", "case-1")
        assert due_at is not None
        waits.append((due_at - clock.at).total_seconds())
        clock.at = due_at
    assert waits == [9.0, 1.0, 2.0, 4.0]


async def test_a_bot_that_stops_gives_back_what_it_does(
    database: Database, clock: SetClock
) -> None:
    timers, begun, done = TimerStore(database), asyncio.Event(), Done()

    async def for_ever(_: Timer) -> datetime | None:
        begun.set()
        await asyncio.Event().wait()
        return None

    await timers.set("acme", "remind", "case-1", clock.at)
    first = keeper_of(database, clock, remind=for_ever)
    await first.start()
    first.wake()
    async with asyncio.timeout(LIMIT_S):
        await begun.wait()
    await first.aclose()
    await first.aclose()
    await look(keeper_of(database, clock, remind=done))
    assert [timer.subject for timer in done.seen] == ["case-1"]


async def test_what_was_moved_while_it_was_done_is_due_anew(
    database: Database, clock: SetClock
) -> None:
    timers = TimerStore(database)
    later = clock.at + timedelta(hours=1)

    async def move(_: Timer) -> datetime | None:
        await timers.set("acme", "remind", "case-1", later)
        return None

    await timers.set("acme", "remind", "case-1", clock.at)
    await look(keeper_of(database, clock, remind=move))
    assert await timers.armed("acme", "remind", "case-1") == later


async def test_more_than_it_has_hands_for_is_done_one_after_another(
    database: Database, clock: SetClock
) -> None:
    timers, done = TimerStore(database), Done()
    for number in range(20):
        await timers.set("acme", "remind", f"case-{number}", clock.at)
    keeper = keeper_of(database, clock, remind=done)
    await keeper.start()
    keeper.wake()
    async with asyncio.timeout(LIMIT_S):
        while len(done.seen) < 20:  # noqa: ASYNC110 - polls a list
            await asyncio.sleep(0.01)
    await keeper.aclose()
    assert len({timer.subject for timer in done.seen}) == 20
