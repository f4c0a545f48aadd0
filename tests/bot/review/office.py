"""A bot beside the local workspace, with a clock that a test sets forward."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.app import Bot, open_bot
from engine.compose import Overrides
from engine.storage.case import Case
from engine.storage.timers import TimerStore
from tests.bot.app.conftest import HOW_LONG, Scene, Stage

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2026, 11, 27, 15, 0, tzinfo=BERLIN)
LIMIT_S = 30.0
HOURS = {
    "review__timezone": "Europe/Berlin",
    "review__respond_minutes": "60",
    "review__resolve_minutes": "240",
}
"""From Friday at 15:00: claimed by 16:00, three quarters gone on Monday at 10:00, answered by
11:00."""


@dataclass
class Office:
    """One case, opened on a Friday at 15:00."""

    scene: Scene
    ann: Any
    asked: Any
    card: Any

    @property
    def bot_user(self) -> str:
        return str(self.scene.workspace.app.bot_user)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.scene.clock.now(), UTC)

    async def until(self, moment: str) -> None:
        """Sets all clocks to a moment in Berlin, once nothing is under way."""
        await self.scene.idle()
        self.set_to(datetime.fromisoformat(moment).replace(tzinfo=BERLIN))

    def set_to(self, moment: datetime) -> None:
        self.scene.clock.offset_s = moment.timestamp() - time.time()

    async def case(self) -> Case:
        """The case, once it is known where its card is."""
        store = self.scene.bot.engine.cases
        async with asyncio.timeout(LIMIT_S):
            while True:
                found = await store.by_card(self.tenant, self.card.channel, self.card.ts)
                if found is not None:
                    return found
                await asyncio.sleep(0.02)

    @property
    def tenant(self) -> str:
        return self.scene.settings.tenant

    async def case_is(self, true: Callable[[Case], object]) -> Case:
        """The case, once that is true of it, and its card and timers are as it is."""
        store = self.scene.bot.engine.cases
        async with asyncio.timeout(LIMIT_S):
            while True:
                case = await self.case()
                if true(case) and not await store.outdated(self.tenant):
                    return case
                self.scene.bot.escalation.wake()
                await asyncio.sleep(0.05)

    async def change(self, name: str, **values: Any) -> None:
        """As a reviewer's button does."""
        case = await self.case()
        done = await getattr(self.scene.bot.engine.cases, name)(case.id, **values, at=self.now())
        assert done.done
        self.scene.bot.escalation.wake()
        await self.case_is(lambda _: True)

    def lines(self) -> list[str]:
        """What the bot said in the card's thread, in order."""
        said = self.scene.said(self.scene.escalations)
        return [message.text for message in said if message.is_reply]

    async def said(self, count: int) -> list[str]:
        await self.scene.workspace.until(lambda: len(self.lines()) >= count, LIMIT_S)
        await self.quiet()
        return self.lines()

    async def quiet(self) -> None:
        """Until every timer that is due has been done."""
        timers = TimerStore(self.scene.bot.engine.database)
        async with asyncio.timeout(LIMIT_S):
            while await _due(timers, self.tenant, self.now()):
                self.scene.bot.timekeeper.wake()
                await asyncio.sleep(0.05)
        await self.scene.idle()


async def _due(timers: TimerStore, tenant: str, at: datetime) -> bool:
    from sqlalchemy import select

    from engine.storage.schema import timers as table

    async with timers._database.read() as db:
        found = await db.execute(
            select(table.c.id).where(table.c.tenant == tenant, table.c.due_at <= at).limit(1)
        )
        return found.first() is not None


@asynccontextmanager
async def office_of(
    stage: Stage, *, policy: str = "", errors: bool = False, **settings: str
) -> AsyncIterator[Office]:
    """An office whose only case was opened on `FRIDAY`. policy: TOML."""
    async with stage(started=False, errors=errors, **HOURS | settings) as scene:
        scene.clock.offset_s = FRIDAY.timestamp() - time.time()
        scene.overrides = Overrides(clock=lambda: datetime.fromtimestamp(scene.clock.now(), UTC))
        if policy:
            path = Path(scene.folder) / "policy.toml"
            text = policy.replace("RITA", scene.reviewer.id)
            await asyncio.to_thread(path.write_text, text)
            scene.environment["DESKHAND_REVIEW__POLICY"] = str(path)
        await scene.start()
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        opened = Office(scene, ann, asked, card)
        await opened.case_is(lambda case: case.resolve_by is not None)
        await scene.answer(asked, 2)
        yield opened


@asynccontextmanager
async def another_bot(scene: Scene) -> AsyncIterator[Bot]:
    """A second bot of the same home."""
    async with open_bot(scene.settings, scene.overrides) as bot, bot.running():
        yield bot
