"""What a tracker and a pager hear of a case, with the whole bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from engine.clock import now
from engine.storage.retention import Kept, RetentionStore
from tests.bot.app.conftest import HOW_LONG, Stage, shown
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage
from tests.bot.review.office import LIMIT_S, Office, office_of
from tests.bot.review.tracker import SECRET, Tracker

pytestmark = pytest.mark.slow

ANSWER = "Sixteen weeks, as the handbook says."


@pytest.fixture
async def tracker() -> AsyncIterator[Tracker]:
    async with Tracker().serving() as serving:
        yield serving


def tickets(tracker: Tracker) -> dict[str, str]:
    url = f"{tracker.url}/hooks"
    return {"review__tickets_url": url, "review__tickets_secret": SECRET}


def pager(tracker: Tracker) -> dict[str, str]:
    url = f"{tracker.url}/page"
    return {"review__on_call_url": url, "review__on_call_secret": SECRET}


async def hears(office: Office, tracker: Tracker, count: int) -> list[str]:
    """The events so far, once there are so many."""
    async with asyncio.timeout(LIMIT_S):
        while len(tracker.received) < count:
            office.scene.bot.timing.webhooks.wake()
            await asyncio.sleep(0.05)
    return tracker.events


async def test_a_tracker_hears_of_every_change_in_order_and_once(
    stage: Stage, tracker: Tracker
) -> None:
    async with office_of(stage, **tickets(tracker)) as office:
        rita = office.scene.reviewer
        await office.change("claim", by=rita.id)
        await office.change("relabel", by=rita.id, category="hr", priority="high")
        rita.reply(office.card, ANSWER)
        await office.scene.answer(office.asked, 3)
        await office.case_is(lambda case: case.delivered_at is not None)
        heard = await hears(office, tracker, 5)
        assert heard == [
            "case.opened",
            "case.claimed",
            "case.relabelled",
            "case.answered",
            "case.delivered",
        ]
        engine, tenant = office.scene.bot.engine, office.scene.settings.tenant
        later = now() + timedelta(days=9999)  # the office's clock is its own
        store = RetentionStore(engine.database)
        assert await store.remove(tenant, Kept.WEBHOOKS, later) == 4
        await engine.cases.redraw(tenant, (await office.case()).id)
        await office.scene.stop()
        await office.scene.start()
        await office.quiet()
        assert len(tracker.received) == 5
        assert all(received.signed for received in tracker.received)
        case = await office.case()
        first, last = tracker.received[0].body, tracker.received[-1].body
        assert first["case"]["id"] == case.id
        assert [r.body["case"]["state"] for r in tracker.received] == [
            "open",
            "claimed",
            "claimed",
            "answered",
            "answered",
        ]
        assert first["id"] == tracker.received[0].key
        assert first["case"]["question"].endswith(f"/p{office.asked.ts.replace('.', '')}")
        assert (last["case"]["category"], last["case"]["priority"]) == ("hr", "high")
        assert last["by"] == rita.id
        said = "".join(str(received.body) for received in tracker.received)
        assert HOW_LONG not in said
        assert ANSWER not in said
        assert "16 weeks" not in said


async def test_the_card_links_the_ticket(stage: Stage, tracker: Tracker) -> None:
    async with office_of(stage, **tickets(tracker)) as office:
        await hears(office, tracker, 1)
        await office.case_is(lambda _: f"{tracker.url}/T-1" in shown(office.card))
        assert "See its ticket" in shown(office.card)
        assert tracker.events == ["case.opened"]  # that it is shown is no change of the case


async def test_a_tracker_that_was_down_hears_of_all_of_it(stage: Stage, tracker: Tracker) -> None:
    tracker.down = 503
    async with office_of(stage, **tickets(tracker)) as office:
        await hears(office, tracker, 1)
        await office.change("claim", by=office.scene.reviewer.id)
        await office.until("2026-11-27 18:00")
        await hears(office, tracker, 2)
        assert set(tracker.events) == {"case.opened"}
        assert len(tracker.keys) == 1
        tracker.down, tried = 0, len(tracker.received)
        await office.scene.stop()
        await office.scene.start()
        await office.until("2026-11-27 21:00")
        heard = await hears(office, tracker, tried + 2)
        assert heard[tried:] == ["case.opened", "case.claimed"]
        assert len(tracker.keys) == 2


async def test_people_hear_that_a_tracker_did_not(stage: Stage, tracker: Tracker) -> None:
    tracker.down = 404
    async with office_of(stage, **tickets(tracker)) as office:
        await hears(office, tracker, 1)
        await office.change("claim", by=office.scene.reviewer.id)
        await hears(office, tracker, 2)
        await office.scene.idle()
        office.set_to(office.now() + timedelta(minutes=6))
        roots = lambda: [  # noqa: E731
            m.text for m in office.scene.said(office.scene.escalations) if "tracker" in m.text
        ]
        await office.scene.workspace.until(roots, LIMIT_S)
        await office.quiet()
        (line,) = roots()
        assert line.startswith("The ticket tracker (127.0.0.1:")
        assert "did not take 2 changes of cases" in line
        assert line.endswith("The last time: HTTP 404.")


async def test_a_level_on_call_is_paged_and_hears_the_end(stage: Stage, tracker: Tracker) -> None:
    policy = "[[levels]]\non_call = true\n"
    async with office_of(stage, policy=policy, **pager(tracker)) as office:
        await office.until("2026-11-27 16:06")
        assert "Whoever is on call is being paged." in (await office.said(1))[0]
        await hears(office, tracker, 1)
        await office.change("claim", by=office.scene.reviewer.id)
        assert await hears(office, tracker, 2) == ["case.raised", "case.claimed"]
        assert tracker.received[0].path == "/page"


async def test_a_route_to_on_call_pages_at_once(stage: Stage, tracker: Tracker) -> None:
    policy = '[[routes]]\npriority = "urgent"\non_call = true\n'
    async with office_of(stage, policy=policy, **pager(tracker)) as office:
        assert tracker.received == []
        await office.change("relabel", by="U1", category=None, priority="urgent")
        assert (await hears(office, tracker, 2))[:2] == ["case.opened", "case.relabelled"]
