"""Tells admins when a budget is half used, nearly used and used up, and of an hour that costs far
more than it did: each once, whatever restarts and however many bots there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.announcing import Announcing
from bot.rendering.spending import budget_alert, unusual_alert
from bot.review.timekeeper import Handler
from engine.clock import Clock
from engine.spending.overview import SpendingOverview
from engine.storage.timers import Timer, TimerStore

SPENDING: Final = "spending"
_SUBJECT = "watch"
_EVERY = timedelta(minutes=1)
_LEVELS = (100, 80, 50)
"""Percent of a budget, highest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingWatch:
    """Looks every minute. admin_channel: None where nobody is told."""

    tenant: str
    overview: SpendingOverview
    announcing: Announcing
    admin_channel: str | None
    timers: TimerStore
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {SPENDING: self.due}

    async def start(self) -> None:
        """Sets the timer where it is not set.  Raises: StorageUnavailable."""
        if self.admin_channel is None:
            return
        if await self.timers.armed(self.tenant, SPENDING, _SUBJECT) is None:
            await self.timers.set(self.tenant, SPENDING, _SUBJECT, self.clock() + _EVERY)

    async def due(self, timer: Timer) -> datetime | None:
        """Looks, and gives the next moment.  Raises: StorageUnavailable."""
        if self.admin_channel is None:
            return None
        await self.look(self.admin_channel)
        return self.clock() + _EVERY

    async def look(self, channel: str) -> None:
        """Has told what is to be told now.  Raises: StorageUnavailable."""
        spending = await self.overview.now()
        for period in (spending.month, spending.day):
            if not (period.total.spent_usd or period.total.refused):
                continue
            reached = next((level for level in _LEVELS if period.share * 100 >= level), None)
            if reached is not None:
                await self.announcing.say(
                    f"budget:{period.key}:{reached}", channel, budget_alert(period, reached)
                )
        if spending.hour.is_unusual:
            await self.announcing.say(
                f"unusual-spending:{spending.hour.key}", channel, unusual_alert(spending.hour)
            )
