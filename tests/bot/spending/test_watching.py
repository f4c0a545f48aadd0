"""What admins are told of money, from what the database holds; two bots look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.announcing import Announcing
from bot.spending.watching import SpendingWatch
from engine.budget_settings import BudgetSettings
from engine.spending.budgets import Budgets, hour_of
from engine.spending.overview import SpendingOverview
from engine.storage.announcements import AnnouncementStore
from engine.storage.database import Database, upsert
from engine.storage.schema import eval_announcements, spend
from engine.storage.spend import NANO, SpendStore
from engine.storage.timers import Timer, TimerStore

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
DUE = Timer(id="t", tenant="acme", kind="spending", subject="watch", due_at=NOW)


@dataclass
class Watched:
    database: Database
    now: datetime = NOW

    def bot(self, admin_channel: str | None = "C1") -> SpendingWatch:
        budgets = Budgets(settings=BudgetSettings(day_usd=10, month_usd=100), zone=ZoneInfo("UTC"))
        return SpendingWatch(
            tenant="acme",
            overview=SpendingOverview(
                tenant="acme",
                store=SpendStore(self.database),
                budgets=budgets,
                clock=lambda: self.now,
            ),
            announcing=Announcing(
                tenant="acme",
                announcements=AnnouncementStore(self.database),
                clock=lambda: self.now,
            ),
            admin_channel=admin_channel,
            timers=TimerStore(self.database),
            clock=lambda: self.now,
        )

    async def spent(self, key: str, usd: float, *, refused: int = 0) -> None:
        values = {"spent_nano_usd": round(usd * NANO), "held_nano_usd": 0, "refused": refused}
        async with self.database.write() as db:
            await db.execute(
                upsert(db, spend)
                .values(tenant="acme", person="", period=key, **values)
                .on_conflict_do_update(index_elements=["tenant", "person", "period"], set_=values)
            )

    async def said(self) -> list[str]:
        """What two bots have had told, the newest last."""
        for bot in (self.bot(), self.bot()):
            assert await bot.due(DUE) == self.now + timedelta(minutes=1)
        async with self.database.read() as db:
            found: Any = await db.execute(
                select(eval_announcements.c.subject).order_by(eval_announcements.c.opened_at)
            )
            return [subject["text"] for subject in found.scalars()]


@pytest.fixture
def watched(database: Database) -> Watched:
    return Watched(database)


async def test_each_level_of_each_period_is_told_once(watched: Watched) -> None:
    assert await watched.said() == []
    for usd, told in ((4.9, 0), (5.0, 1), (7.9, 1), (8.5, 2), (9.9, 2), (10.0, 3)):
        watched.now += timedelta(minutes=1)
        await watched.spent("2026-11-23", usd)
        said = await watched.said()
        assert len(said) == told, usd
    assert ["50%" in said[0], "80%" in said[1], "is used up" in said[2]] == [True] * 3
    watched.now += timedelta(days=1)
    await watched.spent("2026-11-24", 9.0)
    *_, last = said = await watched.said()
    assert len(said) == 4  # a jump past two levels is told as the higher one
    assert "80%" in last
    watched.now += timedelta(minutes=1)
    await watched.spent("2026-11", 51.0)
    *_, last = await watched.said()
    assert "this month (2026-11), more than 50%" in last


async def test_a_budget_that_had_no_room_for_a_call_counts_as_used_up(watched: Watched) -> None:
    await watched.spent("2026-11-23", 9.7, refused=1)
    [said] = await watched.said()
    assert "is used up: $9.70 is spent" in said


async def test_an_unusual_hour_is_told_once(watched: Watched) -> None:
    for week in range(1, 6):
        await watched.spent(hour_of(watched.now - timedelta(weeks=week)), 0.1)
    await watched.spent("2026-11-23T08", 0.4)
    assert await watched.said() == []
    await watched.spent("2026-11-23T08", 0.9)
    [said] = await watched.said()
    assert "$0.90 since 08:00 on this Monday, where $0.10 is usual" in said


async def test_without_a_channel_nobody_looks(watched: Watched) -> None:
    bot = watched.bot(admin_channel=None)
    await bot.start()
    assert await bot.timers.armed("acme", "spending", "watch") is None
    assert await bot.due(DUE) is None
    await watched.bot().start()
    assert await bot.timers.armed("acme", "spending", "watch") == NOW + timedelta(minutes=1)
