from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from engine.budget_settings import BudgetSettings
from engine.spending.budgets import Budgets, day_of, hour_of
from engine.spending.overview import SpendingOverview
from engine.storage.database import Database
from engine.storage.schema import spend
from engine.storage.spend import NANO, SpendStore

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)  # Monday the 23rd there, 22:30
LOCAL = NOW.astimezone(ZONE)


async def spent(database: Database, rows: dict[str, float], tenant: str = "acme") -> None:
    async with database.write() as db:
        for key, usd in rows.items():
            await db.execute(
                insert(spend).values(
                    tenant=tenant,
                    person="",
                    period=key,
                    spent_nano_usd=round(usd * NANO),
                    held_nano_usd=0,
                    refused=0,
                )
            )


def overview(database: Database) -> SpendingOverview:
    budgets = Budgets(settings=BudgetSettings(day_usd=10, month_usd=100), zone=ZONE)
    return SpendingOverview(
        tenant="acme", store=SpendStore(database), budgets=budgets, clock=lambda: NOW
    )


async def test_periods_are_those_of_the_workspaces_clocks(database: Database) -> None:
    await spent(database, {"2026-11": 30, "2026-11-23": 4, "2026-11-24": 9})
    await spent(database, {"2026-11-23": 50}, tenant="globex")
    now = await overview(database).now()
    assert (now.day.key, now.day.total.spent_usd, now.day.share) == ("2026-11-23", 4, 0.4)
    assert (now.month.total.spent_usd, now.month.share) == (30, 0.3)
    assert now.week_usd == 4
    assert now.month_end_usd is None


async def test_a_month_comes_to_what_it_was_and_the_mean_of_the_last_days(
    database: Database,
) -> None:
    days = {day_of(LOCAL - timedelta(days=back)): float(back) for back in range(1, 10)}
    first = {hour_of(LOCAL - timedelta(days=9)): 9.0}
    await spent(database, {**days, **first, "2026-11": 45.0, "2026-11-23": 1.0})
    now = await overview(database).now()
    assert now.week_usd == 1 + sum(range(1, 7))
    # mean of the last seven whole days 4: 3 more today, and 4 on each of the 7 days to the 30th
    assert now.month_end_usd == pytest.approx(45 + 3 + 7 * 4)


async def test_an_hour_is_held_against_the_same_hour_of_the_weeks_before(
    database: Database,
) -> None:
    weeks = {hour_of(LOCAL - timedelta(weeks=back)): 0.1 for back in range(1, 6)}
    others = {hour_of(LOCAL - timedelta(hours=back)): 5.0 for back in range(1, 6)}
    assert LOCAL.hour == 22
    await spent(database, {**weeks, **others, "2026-11-23T22": 0.6})
    hour = (await overview(database).now()).hour
    assert (hour.key, hour.usual_usd, hour.above_usd) == ("2026-11-23T22", 0.1, 0.5)
    assert hour.is_unusual


async def test_without_weeks_of_history_no_hour_is_unusual(database: Database) -> None:
    await spent(database, {hour_of(LOCAL - timedelta(weeks=2)): 0.1, "2026-11-23T22": 9.0})
    hour = (await overview(database).now()).hour
    assert (hour.usual_usd, hour.above_usd, hour.is_unusual) == (None, None, False)
