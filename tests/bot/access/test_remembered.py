from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.access.remembered import Remembered
from tests.bot.access.conftest import Elapsed


def counted(values: list[int], gate: asyncio.Event | None = None) -> Callable[[], Awaitable[int]]:
    """Gives these values one by one; each waits for the gate."""
    left = iter(values)

    async def read() -> int:
        value = next(left)
        if gate is not None:
            await gate.wait()
        return value

    return read


def memory(elapsed: Elapsed, *, most: int = 10) -> Remembered[str, int]:
    return Remembered[str, int](ttl_s=10, most=most, clock=elapsed)


async def test_a_value_is_read_once_until_its_time_is_over(elapsed: Elapsed) -> None:
    kept, read = memory(elapsed), counted([1, 2])
    assert [await kept.get("a", read), await kept.get("a", read)] == [1, 1]
    elapsed.s += 10
    assert await kept.get("a", read) == 2


async def test_its_time_runs_from_when_its_reading_began(elapsed: Elapsed) -> None:
    kept, gate = memory(elapsed), asyncio.Event()
    reading = asyncio.create_task(kept.get("a", counted([1], gate)))
    await asyncio.sleep(0)
    elapsed.s += 9
    gate.set()
    assert await reading == 1
    assert kept.peek("a") == 1
    elapsed.s += 1
    assert kept.peek("a") is None


async def test_those_who_ask_together_share_one_reading(elapsed: Elapsed) -> None:
    kept, gate = memory(elapsed), asyncio.Event()
    read = counted([1], gate)
    asking = [asyncio.create_task(kept.get("a", read)) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    gate.set()
    assert await asyncio.gather(*asking[1:]) == [1] * 4


async def test_what_is_forgotten_while_it_is_read_is_read_anew(elapsed: Elapsed) -> None:
    kept, gate = memory(elapsed), asyncio.Event()
    read = counted([1, 2], gate)
    before = asyncio.create_task(kept.get("a", read))
    await asyncio.sleep(0)
    kept.forget("a")
    after = asyncio.create_task(kept.get("a", read))
    await asyncio.sleep(0)
    gate.set()
    assert (await before, await after, kept.peek("a")) == (1, 2, 2)


async def test_a_failure_is_everybodys_and_nobodys_afterwards(elapsed: Elapsed) -> None:
    kept = memory(elapsed)

    async def fail() -> int:
        raise LookupError("no")

    asking = [asyncio.create_task(kept.get("a", fail)) for _ in range(2)]
    assert [type(e) for e in await asyncio.gather(*asking, return_exceptions=True)] == [
        LookupError
    ] * 2
    assert await kept.get("a", counted([3])) == 3


async def test_what_was_used_longest_ago_goes_first(elapsed: Elapsed) -> None:
    kept = memory(elapsed, most=2)
    for key in ("a", "b", "a", "c"):
        await kept.get(key, counted([1]))
    assert [key for key in "abc" if kept.peek(key)] == ["a", "c"]
    assert len(kept) == 2


async def test_weights_bound_the_whole(elapsed: Elapsed) -> None:
    kept = Remembered[str, str](ttl_s=10, most=5, clock=elapsed, weight=len)

    async def read() -> str:
        return "xxx"

    for key in ("a", "b"):
        await kept.get(key, read)
    assert (kept.peek("a"), kept.peek("b")) == (None, "xxx")


@pytest.mark.parametrize("everything", [True, False])
async def test_a_reading_of_many_keeps_nothing_that_was_forgotten_meanwhile(
    elapsed: Elapsed, everything: bool
) -> None:
    kept = memory(elapsed)
    with kept.reading_many() as keep:
        keep("a", 1)
        if everything:
            kept.forget_all()
        else:
            kept.forget("a")
            kept.forget("b")
        for key in "abc":
            keep(key, 2)
    assert [kept.peek(key) for key in "abc"] == [None, None, None if everything else 2]


async def test_closing_ends_a_reading_that_hangs(elapsed: Elapsed) -> None:
    kept = memory(elapsed)
    reading = asyncio.create_task(kept.get("a", counted([1], asyncio.Event())))
    await asyncio.sleep(0)
    await kept.aclose()
    assert (await asyncio.gather(reading, return_exceptions=True))[0].__class__ in (
        asyncio.CancelledError,
    )
