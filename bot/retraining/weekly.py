"""Once a week the models are trained anew from what people said, in a process of their own.

What is due is a timer, what is done an announcement of each model and week: neither a restart nor
a second bot trains twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.announcing import announcement_id
from bot.review.timekeeper import Handler
from engine.clock import Clock
from engine.settings import Settings
from engine.storage.announcements import Announcement, AnnouncementKind, AnnouncementStore
from engine.storage.timers import Timer, TimerStore

KIND: Final = "retrain"
RETRAINED: Final[Mapping[str, tuple[str, ...]]] = {
    "triage": ("triage", "retrain", "--json"),
    "calibration": ("calibrate", "--json"),
}
"""The command for each model."""

_SUBJECT = "weekly"
_WEEKDAY, _HOUR = 6, 4
"""Sunday at four in the morning, when hardly anybody asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyRetraining:
    """The retraining of one tenant's models."""

    settings: Settings
    timers: TimerStore
    announcements: AnnouncementStore
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {KIND: self.due}

    async def start(self) -> None:
        """Sets the timer where it is not set; what came due in between is done at once.

        Raises: StorageUnavailable.
        """
        tenant = self.settings.tenant
        if await self.timers.armed(tenant, KIND, _SUBJECT) is None:
            await self.timers.set(tenant, KIND, _SUBJECT, self._next(self.clock()))

    async def due(self, timer: Timer) -> datetime:
        """Opens a contest for each model; gives the next week's moment."""
        tenant = self.settings.tenant
        week = timer.due_at.strftime("%G-W%V")
        for model in RETRAINED:
            await self.announcements.open(
                Announcement(
                    id=announcement_id(tenant, f"retraining:{model}:{week}"),
                    tenant=tenant,
                    kind=AnnouncementKind.RETRAINING,
                    channel=self.settings.review.admin_channel or "",
                    subject={"model": model},
                    opened_at=self.clock(),
                )
            )
        return self._next(self.clock())

    def _next(self, after: datetime) -> datetime:
        local = after.astimezone(ZoneInfo(self.settings.review.timezone))
        day = local + timedelta(days=(_WEEKDAY - local.weekday()) % 7)
        due = day.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
        return due if due > local else due + timedelta(days=7)
