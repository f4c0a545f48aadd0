from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from engine.storage.announcements import Announcement, AnnouncementKind, AnnouncementStore
from engine.storage.database import Database

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)
NEW = Announcement(
    id="3f2a91c0-0000-4000-8000-000000000001",
    tenant="acme",
    kind=AnnouncementKind.RUN,
    channel="C1",
    asked_by="U1",
    subject={"target": "sample"},
    opened_at=NOW,
)


async def test_it_is_opened_once(database: Database) -> None:
    store = AnnouncementStore(database)
    assert await store.open(NEW)
    assert not await store.open(replace(NEW, channel="C2"))
    assert await store.get("acme", NEW.id) == NEW
    assert await store.get("globex", NEW.id) is None


async def test_one_of_many_gets_it(database: Database) -> None:
    store = AnnouncementStore(database)
    await store.open(NEW)
    assert await store.claim("globex", at=NOW, lease_s=60) is None
    assert await store.claim("acme", at=NOW - A_MINUTE, lease_s=60) is None
    got = await asyncio.gather(*(store.claim("acme", at=NOW, lease_s=60) for _ in range(6)))
    assert len([found for found in got if found is not None]) == 1


async def test_who_lost_the_claim_changes_nothing(database: Database) -> None:
    store = AnnouncementStore(database)
    await store.open(NEW)
    first = await store.claim("acme", at=NOW, lease_s=60)
    assert first is not None
    assert await store.renew(first, until=NOW + 2 * A_MINUTE)
    assert await store.claim("acme", at=NOW + A_MINUTE, lease_s=60) is None
    second = await store.claim("acme", at=NOW + 2 * A_MINUTE, lease_s=60)
    assert second is not None
    assert not await store.renew(first, until=NOW + 9 * A_MINUTE)
    assert not await store.save_posts(first, {"root": {}})
    assert not await store.save_report(first, {})
    assert not await store.count_failure(first, 1)
    assert not await store.put_back(first, due_at=NOW)
    assert not await store.close(first, at=NOW)
    assert await store.save_posts(second, {"root": {"ts": "1.2"}})
    found = await store.get("acme", NEW.id)
    assert found is not None
    assert found.posts == {"root": {"ts": "1.2"}}


async def test_what_is_put_back_is_due_again_and_what_is_closed_never(database: Database) -> None:
    store = AnnouncementStore(database)
    await store.open(NEW)
    held = await store.claim("acme", at=NOW, lease_s=60)
    assert held is not None
    await store.count_failure(held, 2)
    assert await store.put_back(held, due_at=NOW + A_MINUTE)
    assert await store.claim("acme", at=NOW, lease_s=60) is None
    again = await store.claim("acme", at=NOW + A_MINUTE, lease_s=60)
    assert again is not None
    assert again.attempts == 2
    assert await store.save_report(again, {"title": "passed"})
    assert await store.close(again, at=NOW + A_MINUTE)
    assert await store.claim("acme", at=NOW + 9 * A_MINUTE, lease_s=60) is None
    closed = await store.get("acme", NEW.id)
    assert closed is not None
    assert (closed.report, closed.attempts) == ({"title": "passed"}, 0)


async def test_what_was_closed_long_ago_goes(database: Database) -> None:
    store = AnnouncementStore(database)
    for number, days in ((1, 0), (2, 200)):
        at = NOW + timedelta(days=days)
        await store.open(replace(NEW, id=f"a{number}", opened_at=at))
        held = await store.claim("acme", at=at, lease_s=60)
        assert held is not None
        await store.close(held, at=at)
    assert await store.get("acme", "a1") is None
    assert await store.get("acme", "a2") is not None
