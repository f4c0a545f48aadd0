"""Each night what is older than it may be goes: once, however many bots there are."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.review.timekeeper import Handler
from engine.clock import Clock
from engine.retention import Retention
from engine.storage.timers import Timer, TimerStore

log = logging.getLogger(__name__)

KIND: Final = "retention"
_SUBJECT = "daily"
_HOUR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyRetention:
    """The retention of one tenant. timezone: whose night it is."""

    tenant: str
    retention: Retention
    timers: TimerStore
    timezone: str
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {KIND: self.due}

    async def start(self) -> None:
        """Sets the timer where it is not set; what came due in between is done at once.

        Raises: StorageUnavailable.
        """
        if await self.timers.armed(self.tenant, KIND, _SUBJECT) is None:
            await self.timers.set(self.tenant, KIND, _SUBJECT, self._next(self.clock()))

    async def due(self, _: Timer) -> datetime:
        """Applies every policy, and gives the next night's moment.  Raises: StorageUnavailable."""
        async for old in self.retention.apply():
            if old.rows:
                log.info("%s rows of %s were older than %s days", old.rows, old.name, old.days)
        return self._next(self.clock())

    def _next(self, after: datetime) -> datetime:
        local = after.astimezone(ZoneInfo(self.timezone))
        due = local.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
        return due if due > local else due + timedelta(days=1)
