from __future__ import annotations

import asyncio

from bot.diagnosis import Check, Finding, Level, NotChecked, Once, diagnose, ok
from engine.errors import StorageUnavailable


async def fine() -> Finding:
    return ok("fine")


async def blocked() -> Finding:
    raise NotChecked("the token comes first")


async def broken() -> Finding:
    raise StorageUnavailable("the disk is full; free some space and run it again")


async def mistaken() -> Finding:
    raise KeyError("xoxb-secret")


async def hanging() -> Finding:
    await asyncio.Event().wait()
    raise AssertionError


async def test_every_check_has_a_finding_whatever_befalls_it() -> None:
    looks = {f.__name__: f for f in (hanging, mistaken, broken, blocked, fine)}
    found = await diagnose([Check(name=n, look=f, limit_s=0.05) for n, f in looks.items()])
    assert [(name, f.level, f.text, f.mend) for name, f in found] == [
        ("hanging", Level.FAIL, "took longer than 0 s", "run the same command again"),
        ("mistaken", Level.FAIL, "the check itself broke (KeyError)", ""),
        ("broken", Level.FAIL, "the disk is full", "free some space and run it again"),
        ("blocked", Level.WARN, "not checked: the token comes first", ""),
        ("fine", Level.OK, "fine", ""),
    ]


async def test_what_several_need_is_made_once_and_survives_one_that_gives_up() -> None:
    made = 0
    gate = asyncio.Event()

    async def make() -> int:
        nonlocal made
        made += 1
        await gate.wait()
        return made

    once = Once(make)
    first, second = asyncio.create_task(once.get()), asyncio.create_task(once.get())
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert (await second, await once.get(), made) == (1, 1, 1)
    await once.aclose()
