from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.storage.database import Database
from engine.storage.evaluation_points import EvaluationPoints
from engine.storage.evaluation_run import Point, Schedule
from engine.storage.evaluation_schedules import EvaluationSchedules

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NIGHTLY = Schedule(
    name="nightly",
    target="sample",
    options={"suites": ["retrieval"]},
    cron="0 3 * * *",
    timezone="Europe/Berlin",
    channel="C1",
    owner="U1",
    next_due_at=NOW,
)


async def test_a_schedule_comes_back_as_it_was_put(database: Database) -> None:
    store = EvaluationSchedules(database)
    weekly = replace(NIGHTLY, name="weekly", channel=None, owner=None)
    await store.put("acme", weekly)
    await store.put("acme", replace(NIGHTLY, cron="0 4 * * *"))
    await store.put("acme", NIGHTLY)
    assert await store.all("acme") == (NIGHTLY, weekly)
    assert await store.all("globex") == ()
    assert not await store.remove("globex", "weekly")
    assert await store.remove("acme", "weekly")
    assert await store.all("acme") == (NIGHTLY,)


async def test_a_due_schedule_is_claimed_by_one(database: Database) -> None:
    store = EvaluationSchedules(database)
    await store.put("acme", NIGHTLY)
    assert await store.claim_due("acme", at=NOW - HOUR) is None
    assert await store.claim_due("globex", at=NOW) is None
    got = await asyncio.gather(*(store.claim_due("acme", at=NOW) for _ in range(6)))
    claimed = [found for found in got if found is not None]
    assert [found.name for found in claimed] == ["nightly"]
    lease = claimed[0].lease
    assert lease is not None
    assert await store.moved("acme", "nightly", lease, next_due_at=NOW + HOUR, run_id="r1")
    assert not await store.moved("acme", "nightly", lease, next_due_at=NOW, run_id="r2")
    assert await store.claim_due("acme", at=NOW) is None
    assert (await store.all("acme"))[0].last_run_id == "r1"
    again = await store.claim_due("acme", at=NOW + HOUR)
    assert again is not None
    assert again.last_run_id == "r1"


async def test_a_claim_that_was_not_used_lapses(database: Database) -> None:
    store = EvaluationSchedules(database)
    await store.put("acme", NIGHTLY)
    first = await store.claim_due("acme", at=NOW, lease_s=60)
    assert first is not None
    assert first.lease is not None
    second = await store.claim_due("acme", at=NOW + timedelta(seconds=60))
    assert second is not None
    assert second.lease != first.lease
    assert not await store.moved("acme", "nightly", first.lease, next_due_at=NOW, run_id=None)


async def test_the_longest_due_comes_first(database: Database) -> None:
    store = EvaluationSchedules(database)
    await store.put("acme", NIGHTLY)
    await store.put("acme", replace(NIGHTLY, name="older", next_due_at=NOW - HOUR))
    names = []
    while (found := await store.claim_due("acme", at=NOW)) is not None:
        names.append(found.name)
    assert names == ["older", "nightly"]


async def test_points_come_back_in_order_and_are_replaced(database: Database) -> None:
    store = EvaluationPoints(database)
    days = [date(2026, 11, n) for n in (20, 21, 22)]
    made = [Point(series="cost", day=day, value=float(n), n=n) for n, day in enumerate(days)]
    await store.add("acme", [made[2], made[0], made[1]])
    await store.add("acme", [Point(series="a", day=days[0], value=0.5, n=3, body={"ids": ["x"]})])
    await store.add("acme", [])
    assert await store.of("acme", since=days[1], series="cost") == tuple(made[1:])
    better = replace(made[1], value=9.0)
    await store.add("acme", [better])
    found = await store.of("acme", since=days[0])
    assert [(p.series, p.value) for p in found] == [
        ("a", 0.5),
        ("cost", 0.0),
        ("cost", 9.0),
        ("cost", 2.0),
    ]
    assert found[0].body == {"ids": ["x"]}
    assert await store.of("globex", since=days[0]) == ()
    assert await store.prune("acme", before=days[1]) == 2
    assert len(await store.of("acme", since=days[0])) == 2


async def test_a_day_is_replaced_whole_and_other_series_and_days_stay(database: Database) -> None:
    store = EvaluationPoints(database)
    days = [date(2026, 11, n) for n in (20, 21)]

    def point(series: str, day: date, value: float) -> Point:
        return Point(series=series, day=day, value=value, n=1)

    others = [point("other", days[1], 1.0), point("watch:a", days[0], 1.0)]
    await store.add("acme", [*others, point("watch:a", days[1], 1.0), point("watch:b", days[1], 1)])
    await store.add("globex", [point("watch:b", days[1], 1.0)])
    made = [point("watch:a", days[1], 2.0), point("watch:c", days[1], 3.0)]
    for _ in range(2):
        await store.replace_day("acme", days[1], made, prefix="watch:")
        found = await store.of("acme", since=days[0])
        assert sorted(found, key=str) == sorted([*others, *made], key=str)
    assert len(await store.of("globex", since=days[0])) == 1
    assert await store.of("acme", since=days[0], before=days[1]) == (others[1],)
    for wrong in (point("watch:a", days[0], 9.0), point("other", days[1], 9.0)):
        with pytest.raises(ValueError, match="every point"):
            await store.replace_day("acme", days[1], [wrong], prefix="watch:")
    await store.replace_day("acme", days[1], [], prefix="watch:")
    assert sorted(await store.of("acme", since=days[0]), key=str) == sorted(others, key=str)
