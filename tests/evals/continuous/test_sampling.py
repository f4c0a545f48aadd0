from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.settings import Settings
from engine.storage.database import Database
from engine.storage.traces import TraceStore
from evals.continuous.sampling import bounds_of, draw_ids, read_bodies
from evals.running.opening import open_database
from tests.evals.continuous.made_traces import a_trace, save_all

DAY = date(2026, 11, 20)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    async with open_database(settings) as opened:
        yield opened


async def test_the_same_questions_of_a_day_are_drawn_again(database: Database) -> None:
    store = TraceStore(database)
    await save_all(store, [a_trace(n, DAY, tenant="acme") for n in range(30)])
    await store.save(a_trace(0, date(2026, 11, 21), tenant="acme"))
    whole = await draw_ids(store, "acme", DAY, UTC, most=100)
    assert whole.asked == len(set(whole.ids)) == 30
    assert all(each.startswith("2026-11-20") for each in whole.ids)
    assert list(whole.ids) != sorted(whole.ids)
    ten = await draw_ids(store, "acme", DAY, UTC, most=10)
    assert (ten.asked, ten.ids) == (30, whole.ids[:10])
    await store.save(a_trace(30, DAY, tenant="acme"))
    later = await draw_ids(store, "acme", DAY, UTC, most=10)
    assert len(set(later.ids) & set(ten.ids)) >= 9
    read = [body["trace_id"] async for bodies in read_bodies(store, "acme", whole.ids)
            for body in bodies]  # fmt: skip
    assert tuple(read) == whole.ids
    assert (await draw_ids(store, "globex", DAY, UTC, most=10)).ids == ()


def test_a_day_has_23_hours_where_the_clock_goes_forward() -> None:
    since, until = bounds_of(date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    assert since.astimezone(UTC) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert until.astimezone(UTC) == datetime(2026, 3, 29, 22, tzinfo=UTC)
