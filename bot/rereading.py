"""By the clock the sources are read again, in a process of their own: once, however many bots."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.evals.children import Children
from bot.evals.cron import next_due
from bot.review.timekeeper import Handler
from engine.clock import Clock
from engine.errors import DeskhandError, WrongUse
from engine.settings import Settings
from engine.storage.timers import Timer, TimerStore

log = logging.getLogger(__name__)

KIND: Final = "ingest"
_SUBJECT = "sources"
_MOST_S = 12 * 3600.0
_COUNTS = ("added", "changed", "removed", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRereading:
    """The sources of one tenant, on `DESKHAND_INGEST_SCHEDULE`.

    children: starts the process, behind this one in priority and ended with it; what it had read
    is not read again by the next.
    """

    settings: Settings
    timers: TimerStore
    children: Children
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {KIND: self.due}

    async def start(self) -> None:
        """Sets the timer to the schedule's next moment; one that came due in between stays, and is
        done at once. Without a schedule there is none.

        Raises: StorageUnavailable; WrongUse where the schedule is none.
        """
        tenant, now = self.settings.tenant, self.clock()
        following = self._next(now)
        armed = await self.timers.armed(tenant, KIND, _SUBJECT)
        if following is None:
            await self.timers.cancel(tenant, KIND, _SUBJECT)
        elif armed is None or armed > now:
            await self.timers.set(tenant, KIND, _SUBJECT, following)

    async def due(self, _: Timer) -> datetime | None:
        """Reads them, and gives the next moment: what cannot be read now, is looked at then."""
        if self.settings.ingest_schedule is not None:
            await self._read()
        return self._next(self.clock())

    async def _read(self) -> None:
        try:
            found = await self.children.result_of(("ingest", "--json"), "ingest", most_s=_MOST_S)
        except WrongUse:
            log.info("no source was read again, as none was ever ingested")
        except DeskhandError as error:
            log.warning("the sources were not read again: %s", error)
        else:
            counts = ", ".join(f"{name} {int(found.get(name) or 0)}" for name in _COUNTS)
            log.info("the sources were read again: %s", counts)

    def _next(self, after: datetime) -> datetime | None:
        schedule = self.settings.ingest_schedule
        if schedule is None:
            return None
        return next_due(schedule, self.settings.review.timezone, after)
