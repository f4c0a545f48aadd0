"""Once a week: what the knowledge lacks, then the digest. What is due are timers, what is said are
announcements of each week, so that neither a restart nor a second bot says anything twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.announcing import Announcing, announcement_id
from bot.figures.doubts import DoubtFinder
from bot.figures.finding import GapFinder, week_of
from bot.figures.reading import Reading
from bot.figures.telling_gaps import GapTelling
from bot.rendering.doubts import doubts_message
from bot.review.timekeeper import Handler
from engine.clock import Clock
from engine.settings import Settings
from engine.storage.announcements import Announcement, AnnouncementKind, AnnouncementStore
from engine.storage.timers import Timer, TimerStore

GAPS: Final = "gaps"
DIGEST: Final = "digest"
_SUBJECT = "weekly"
_MONDAY = 0
_HOURS: Final[Mapping[str, int]] = {GAPS: 7, DIGEST: 9}
"""When they are due, in local time: gaps first, which the digest names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyFigures:
    """What one tenant's admins hear every Monday."""

    settings: Settings
    timers: TimerStore
    announcements: AnnouncementStore
    announcing: Announcing
    finder: GapFinder
    telling: GapTelling
    doubts: DoubtFinder
    reading: Reading
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {GAPS: self.gaps_due, DIGEST: self.digest_due}

    async def start(self) -> None:
        """Sets the timers where they are not set; what came due in between is done at once.

        Raises: StorageUnavailable.
        """
        tenant = self.settings.tenant
        for kind in _HOURS:
            if await self.timers.armed(tenant, kind, _SUBJECT) is None:
                await self.timers.set(tenant, kind, _SUBJECT, self._next(kind, self.clock()))

    async def gaps_due(self, timer: Timer) -> datetime:
        """Finds the gaps of the weeks before, and has them told; gives the next week's moment.

        Raises: RateLimited, StorageUnavailable, ModelUnavailable.
        """
        until = timer.due_at
        found = await self.finder.find(until)
        await self.telling.tell(found, until)
        channel = self.settings.review.admin_channel
        if channel is not None:
            doubts = await self.doubts.find(until, await self.reading.audience_of(channel))
            if doubts:
                await self.announcing.say(
                    f"doubts:{week_of(until)}", channel, doubts_message(doubts)
                )
        return self._next(GAPS, self.clock())

    async def digest_due(self, timer: Timer) -> datetime:
        """Has the digest of the week before told; gives the next week's moment."""
        channel = self.settings.review.admin_channel
        until = timer.due_at
        if channel is not None:
            tenant = self.settings.tenant
            zone = self._zone
            midnight = until.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
            await self.announcements.open(
                Announcement(
                    id=announcement_id(tenant, f"digest:{week_of(midnight)}"),
                    tenant=tenant,
                    kind=AnnouncementKind.DIGEST,
                    channel=channel,
                    subject={"until": midnight.isoformat(), "week": week_of(midnight)},
                    opened_at=self.clock(),
                )
            )
        return self._next(DIGEST, self.clock())

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.review.timezone)

    def _next(self, kind: str, after: datetime) -> datetime:
        local = after.astimezone(self._zone)
        day = local + timedelta(days=(_MONDAY - local.weekday()) % 7)
        due = day.replace(hour=_HOURS[kind], minute=0, second=0, microsecond=0)
        return due if due > local else due + timedelta(days=7)
