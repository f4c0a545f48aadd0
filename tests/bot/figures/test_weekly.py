"""When gaps and the digest are due, and of which week the digest is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.figures.weekly import DIGEST, GAPS, WeeklyFigures
from engine.compose import open_engine
from engine.settings import Settings
from engine.storage.announcements import AnnouncementKind
from engine.storage.figures import FigureStore
from engine.storage.timers import TimerStore

ADMINS = "C0ADMINS"


@pytest.mark.parametrize(
    ("at", "gaps_at", "digest_at"),
    [
        (
            datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
            datetime(2026, 11, 23, 6, 0, tzinfo=UTC),
            datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        ),
        (  # on the Monday itself, between the two
            datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
            datetime(2026, 11, 30, 6, 0, tzinfo=UTC),
            datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        ),
        (  # the clocks go forward on the Sunday
            datetime(2026, 3, 28, 12, 0, tzinfo=UTC),
            datetime(2026, 3, 30, 5, 0, tzinfo=UTC),
            datetime(2026, 3, 30, 7, 0, tzinfo=UTC),
        ),
    ],
)
async def test_they_are_due_on_mondays_by_local_time(
    settings: Settings, at: datetime, gaps_at: datetime, digest_at: datetime
) -> None:
    review = {"timezone": "Europe/Berlin", "admin_channel": ADMINS}
    local = settings.model_copy(update={"review": settings.review.model_copy(update=review)})
    unused: Any = None
    async with open_engine(settings) as engine:
        weekly = WeeklyFigures(
            settings=local,
            timers=TimerStore(engine.database),
            announcements=engine.announcements,
            announcing=unused,
            finder=unused,
            telling=unused,
            doubts=unused,
            reading=unused,
            clock=lambda: at,
        )
        await weekly.start()
        await weekly.start()  # what is armed stays
        tenant = settings.tenant
        assert await weekly.timers.armed(tenant, GAPS, "weekly") == gaps_at
        assert await weekly.timers.armed(tenant, DIGEST, "weekly") == digest_at
        held = await weekly.timers.claim(tenant, at=digest_at, lease_s=5, kinds=[DIGEST])
        assert held is not None
        for _ in range(2):  # a bot that ended has done it before
            assert await weekly.digest_due(held) >= digest_at
        told = await engine.announcements.claim(tenant, at=digest_at, lease_s=5)
        assert told is not None
        assert (told.kind, told.channel) == (AnnouncementKind.DIGEST, ADMINS)
        until = datetime.fromisoformat(told.subject["until"])
        assert (until.hour, until.weekday()) == (0, 0)
        assert await engine.announcements.claim(tenant, at=digest_at, lease_s=5) is None
        record = await FigureStore(engine.database).record(tenant, until, until)  # in local time
        assert record.questions == ()
