"""The wait for the last answer, and which question each message belongs to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from bot.chaos.crowd import Crowd
from bot.chaos.verdict import Verdict, verdict
from engine.compose import connect_database
from engine.settings import load_settings
from engine.storage.inbox import InboxStore

CALM_S = 8.0
"""How long nothing more may come before the verdict stands: longer than a lease."""

Names = Callable[[], Awaitable[dict[str, str]]]
"""Gives the questions that the bot knows of, by its id for them."""


async def settled(
    crowd: Crowd,
    tell: Callable[[str], None],
    names: Names,
    *,
    patience_s: float,
    calm_s: float = CALM_S,
) -> Verdict:
    """The verdict once every question has its answer and nothing more comes for `calm_s`."""
    give_up_at = time.monotonic() + patience_s
    calm_since = time.monotonic()
    before = -1
    while True:
        heard = crowd.heard()
        found = verdict(crowd.asked, heard, await names())
        said = len(heard)
        if said != before:
            before, calm_since = said, time.monotonic()
            tell(f"{found.visible} of {found.asked} answered")
        calm_for_s = time.monotonic() - calm_since
        done = found.visible == found.asked and not found.lost
        if (done and calm_for_s > calm_s) or time.monotonic() > give_up_at:
            return found
        await asyncio.sleep(0.5)


@asynccontextmanager
async def questions_of(environment: dict[str, str], crowd: Crowd) -> AsyncIterator[Names]:
    """Gives the questions that the bot knows of, by its id for them."""
    settings = load_settings(environment)
    async with AsyncExitStack() as stack:
        inbox = InboxStore(connect_database(settings, stack))
        known: dict[str, str] = {}

        async def names() -> dict[str, str]:
            team = crowd.workspace.slack.world.team_id
            named = set(known.values())
            for message in crowd.asked:
                name = f"{message.channel}:{message.ts}"
                if name in named:
                    continue
                item = await inbox.find(settings.tenant, team, message.channel, message.ts)
                if item is not None:
                    known[item.id] = name
            return known

        yield names
