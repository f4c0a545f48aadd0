from __future__ import annotations

import asyncio

from bot.delivery.turns import Turns


async def test_a_busy_workspace_keeps_a_quiet_one_waiting_for_one_turn_only() -> None:
    turns, never, done = Turns(2), asyncio.Event(), list[str]()

    async def work(name: str, times: int) -> None:
        for _ in range(times):
            assert await turns.take(never)
            asyncio.get_running_loop().call_soon(give_back, name)

    def give_back(name: str) -> None:
        done.append(name)
        turns.give_back()

    busy = asyncio.gather(*(work("busy", 50) for _ in range(3)))
    await asyncio.sleep(0)
    before = len(done)
    await work("quiet", 1)
    await asyncio.sleep(0)
    assert done.index("quiet") - before <= 6
    await busy
    assert len(done) == 151


async def test_who_stops_waits_no_longer_and_takes_no_turn_along() -> None:
    turns, stopped = Turns(1), asyncio.Event()
    assert await turns.take(stopped)
    waiting = asyncio.ensure_future(turns.take(stopped))
    await asyncio.sleep(0)
    stopped.set()
    assert not await waiting
    turns.give_back()
    never = asyncio.Event()
    async with asyncio.timeout(5):
        assert await turns.take(never)
    assert not await turns.take(stopped)
    turns.give_back()
    async with asyncio.timeout(5):
        assert await turns.take(never)


async def test_a_turn_that_comes_as_its_waiter_is_cancelled_is_not_lost() -> None:
    turns, never = Turns(1), asyncio.Event()
    assert await turns.take(never)
    waiting = asyncio.ensure_future(turns.take(never))
    await asyncio.sleep(0)
    turns.give_back()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5):
        assert await turns.take(never)
