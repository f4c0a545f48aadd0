"""Calls of a server that fails in every way, over a real socket and by a clock that is set."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

import bot.review.webhook_request as webhook_request
from bot.review.webhooks import GIVEN_UP, TICKETS, Webhooks, targets_of, told_at
from engine.errors import SettingsInvalid
from engine.review_settings import ReviewSettings
from engine.storage.case_history import Action
from engine.storage.database import Database
from engine.storage.timers import TimerStore
from engine.storage.webhook_calls import WebhookCall, WebhookCallStore
from tests.bot.review.conftest import SetClock
from tests.bot.review.tracker import (
    SECRET,
    Behaviour,
    Tracker,
    break_off,
    hang_up,
    never,
    saying,
    status,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def tracker() -> AsyncIterator[Tracker]:
    async with Tracker().serving() as serving:
        yield serving


@pytest.fixture
async def webhooks(
    database: Database, clock: SetClock, tracker: Tracker
) -> AsyncIterator[Webhooks]:
    made = webhooks_of(database, clock, tracker)
    yield made
    await made.aclose()


def webhooks_of(database: Database, clock: SetClock, tracker: Tracker) -> Webhooks:
    review = ReviewSettings(
        tickets_url=f"{tracker.url}/hooks/path-key-77?token=query-key-88",
        tickets_secret=SECRET,  # type: ignore[arg-type]
    )
    return Webhooks(
        tenant="acme",
        targets=targets_of(review),
        calls=WebhookCallStore(database),
        timers=TimerStore(database),
        clock=clock,
        draw=lambda: 0.5,
    )


async def put(webhooks: Webhooks, *sequences: int, subject: str = "case-1") -> None:
    await webhooks.calls.put(
        [
            WebhookCall(
                id=WebhookCallStore.id_of("acme", TICKETS, subject, sequence),
                tenant="acme",
                target=TICKETS,
                subject=subject,
                sequence=sequence,
                body={"event": f"{subject}.{sequence}", "name": "Zoë"},
                opened_at=webhooks.clock(),
            )
            for sequence in sequences
        ]
    )


async def rows(database: Database) -> list[dict[str, Any]]:
    from sqlalchemy import select

    from engine.storage.schema import webhook_calls

    async with database.read() as db:
        found = await db.execute(select(webhook_calls).order_by(webhook_calls.c.sequence))
        return [dict(row) for row in found.mappings()]


async def test_calls_come_signed_in_order_and_once(
    database: Database, webhooks: Webhooks, tracker: Tracker
) -> None:
    await put(webhooks, 1, 2, 3)
    await put(webhooks, 1, 2, 3)
    await asyncio.gather(webhooks.look(TICKETS), webhooks.look(TICKETS))
    assert tracker.events == ["case-1.1", "case-1.2", "case-1.3"]
    assert all(received.signed for received in tracker.received)
    assert len(set(tracker.keys)) == 3
    assert [row["answer"]["id"] for row in await rows(database)] == ["T-1", "T-2", "T-3"]


@pytest.mark.parametrize(
    "fails",
    [status(500), status(503), status(408), status(425), status(429), hang_up],
    ids=["500", "503", "408", "425", "429", "hang up"],
)
async def test_what_fails_is_made_again_under_the_same_key(
    database: Database, webhooks: Webhooks, tracker: Tracker, clock: SetClock, fails: Behaviour
) -> None:
    tracker.behaviours = [fails, fails]
    await put(webhooks, 1, 2)
    await webhooks.look(TICKETS)
    assert tracker.events == ["case-1.1"]
    clock.at += timedelta(seconds=7.4)
    await webhooks.look(TICKETS)
    assert len(tracker.received) == 1  # five seconds, and half as much by chance
    clock.at += timedelta(seconds=0.1)
    await webhooks.look(TICKETS)
    assert len(tracker.received) == 2
    clock.at += timedelta(seconds=15)
    await webhooks.look(TICKETS)
    assert tracker.events == ["case-1.1"] * 3 + ["case-1.2"]
    assert len(tracker.keys) == 2
    assert [row["attempts"] for row in await rows(database)] == [2, 0]


async def test_who_says_nothing_is_asked_again(
    webhooks: Webhooks, tracker: Tracker, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_request, "TIMEOUT_S", 0.2)
    tracker.behaviours = [never]
    await put(webhooks, 1)
    await webhooks.look(TICKETS)
    clock.at += timedelta(seconds=8)
    await webhooks.look(TICKETS)
    assert tracker.events == ["case-1.1"] * 2
    assert len(tracker.keys) == 1


@pytest.mark.parametrize("form", ["seconds", "moment"])
async def test_it_waits_as_long_as_it_is_asked_to(
    webhooks: Webhooks, tracker: Tracker, clock: SetClock, form: str
) -> None:
    moment = format_datetime(clock.at + timedelta(seconds=600), usegmt=True)
    tracker.behaviours = [status(429, Retry_After="600" if form == "seconds" else moment)]
    await put(webhooks, 1)
    await webhooks.look(TICKETS)
    clock.at += timedelta(seconds=600)
    await webhooks.look(TICKETS)
    assert len(tracker.received) == 1
    clock.at += timedelta(seconds=2.5)
    await webhooks.look(TICKETS)
    assert len(tracker.received) == 2


@pytest.mark.parametrize("asked", ["soon", "-5", "Thu, 99 Nov 2026", "1" * 400, "²"])
async def test_a_wait_that_means_nothing_breaks_nothing(
    database: Database, webhooks: Webhooks, tracker: Tracker, asked: str
) -> None:
    tracker.behaviours = [status(503, Retry_After=asked)]
    await put(webhooks, 1)
    await webhooks.look(TICKETS)
    (row,) = await rows(database)
    assert (row["attempts"], row["given_up_at"]) == (1, None)


@pytest.mark.parametrize("code", [400, 401, 404, 410, 422])
async def test_what_will_never_be_taken_is_given_up_and_people_hear_of_it(
    database: Database, webhooks: Webhooks, tracker: Tracker, clock: SetClock, code: int
) -> None:
    tracker.behaviours = [status(code)]
    await put(webhooks, 1, 2)
    await webhooks.look(TICKETS)
    assert tracker.events == ["case-1.1", "case-1.2"]
    first, second = await rows(database)
    assert (first["given_up_at"], first["answer"]) == (clock.at, {"why": f"HTTP {code}"})
    assert second["done_at"] == clock.at
    hears_at = told_at(clock.at)
    subject = f"{TICKETS}:{hears_at.isoformat()}"
    assert await webhooks.timers.armed("acme", GIVEN_UP, subject) == hears_at
    assert clock.at < hears_at <= clock.at + timedelta(minutes=5)


async def test_a_redirect_is_not_followed(
    database: Database, webhooks: Webhooks, tracker: Tracker
) -> None:
    tracker.behaviours = [status(307, Location=f"{tracker.url}/elsewhere")]
    await put(webhooks, 1)
    await webhooks.look(TICKETS)
    assert [received.path for received in tracker.received] == ["/hooks/path-key-77"]
    (row,) = await rows(database)
    assert row["given_up_at"] is not None


async def test_it_is_tried_for_about_a_day(
    database: Database, webhooks: Webhooks, tracker: Tracker, clock: SetClock
) -> None:
    tracker.down = 502
    begun = clock.at
    await put(webhooks, 1)
    while (await rows(database))[0]["given_up_at"] is None:
        clock.at = max(clock.at, (await rows(database))[0]["due_at"])
        await webhooks.look(TICKETS)
    assert timedelta(hours=21) < clock.at - begun <= timedelta(hours=24)
    assert 20 < len(tracker.received) < 40
    assert len(tracker.keys) == 1


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (saying(b'{"id": 17, "url": "https://t.example/17", "more": "x"}'), None),
        (saying(b"<html>fine</html>"), {}),
        (saying(b"[1, 2]"), {}),
        (saying(b"[" * 60_000), {}),
        (saying(b'{"id": true, "url": "javascript:alert(1)"}'), {}),
        (saying(b'{"id": "a\\nb", "url": {"x": 1}}'), {}),
        (saying(b'{"id": "T-1", "pad": "' + b"x" * 100_000 + b'"}'), {}),
        (saying(b'{"id": "' + b"x" * 201 + b'"}'), {}),
        (saying(b'{"id": ' + b"9" * 5_000 + b"}"), {}),
        (saying(b"", 204), {}),
        (break_off, {}),
    ],
    ids="object text list deep script odd long long-id long-number empty cut".split(),
)
async def test_of_an_answer_little_is_kept(
    database: Database,
    webhooks: Webhooks,
    tracker: Tracker,
    answer: Behaviour,
    kept: dict[str, str] | None,
) -> None:
    tracker.behaviours = [answer]
    await put(webhooks, 1)
    await webhooks.look(TICKETS)
    (row,) = await rows(database)
    assert row["done_at"] is not None
    assert row["answer"] == ({"id": "17", "url": "https://t.example/17"} if kept is None else kept)


async def test_neither_keys_nor_texts_are_logged(
    webhooks: Webhooks, tracker: Tracker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tracker.behaviours = [status(500), hang_up, status(404), saying(b'{"id": "secret-id"}')]
    for subject in ("a", "b", "c", "d"):
        await put(webhooks, 1, subject=subject)
    await webhooks.look(TICKETS)
    assert len(tracker.received) == 4
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert len(ours) == 3
    for hidden in (SECRET, "path-key-77", "query-key-88", "secret-id", "Zoë"):
        assert not [line for line in ours if hidden in line]
        assert hidden not in repr(webhooks.targets)


async def test_it_calls_by_itself_when_woken(webhooks: Webhooks, tracker: Tracker) -> None:
    webhooks.start()
    await put(webhooks, 1)
    webhooks.wake()
    async with asyncio.timeout(20):
        while not tracker.received:  # noqa: ASYNC110 - polls a list
            await asyncio.sleep(0.01)
    await webhooks.aclose()
    await webhooks.aclose()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"tickets_url": "https://t.example"}, "DESKHAND_REVIEW__TICKETS_SECRET is not set"),
        ({"on_call_url": "https://p.example"}, "DESKHAND_REVIEW__ON_CALL_SECRET is not set"),
        (
            {"tickets_url": "https://ann:pw-11@t.example", "tickets_secret": "k"},
            "holds a user or password",
        ),
    ],
)
def test_a_server_that_cannot_be_called_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsInvalid, match=says) as refused:
        targets_of(ReviewSettings(**given))
    assert "pw-11" not in str(refused.value)


_KILLED = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from bot.review.webhooks import TICKETS, Webhooks, targets_of
from engine.review_settings import ReviewSettings
from engine.storage.database import Database, database_url
from engine.storage.timers import TimerStore
from engine.storage.webhook_calls import WebhookCallStore
async def main():
    database = Database(database_url(None, Path(sys.argv[1])))
    review = ReviewSettings(tickets_url=sys.argv[2], tickets_secret=sys.argv[3])
    await Webhooks(
        tenant="acme", targets=targets_of(review), calls=WebhookCallStore(database),
        timers=TimerStore(database), clock=lambda: datetime.fromisoformat(sys.argv[4]),
    ).look(TICKETS)
asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_bot_killed_between_call_and_mark_calls_again_under_the_same_key(
    database: Database, webhooks: Webhooks, tracker: Tracker, clock: SetClock, tmp_path: Path
) -> None:
    await put(webhooks, 1, 2)
    tracker.behaviours = [never]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _KILLED, str(tmp_path), tracker.url, SECRET, clock.at.isoformat()),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    async with asyncio.timeout(60):
        while not tracker.received:  # noqa: ASYNC110 - polls a list
            await asyncio.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await webhooks.look(TICKETS)
    assert len(tracker.received) == 1  # the dead one still holds it
    clock.at += timedelta(seconds=60)
    await webhooks.look(TICKETS)
    assert tracker.events == ["case-1.1", "case-1.1", "case-1.2"]
    assert len(tracker.keys) == 2
    assert all(received.signed for received in tracker.received)
    assert json.dumps(tracker.received[0].body) == json.dumps(tracker.received[1].body)


def test_the_readme_names_every_event_and_verifies_as_it_is_signed() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (events,) = [line for line in readme.splitlines() if line.startswith("| `event` |")]
    assert {f"`{action}`" for action in Action} <= set(events.replace(",", " ").split())
    lines = readme.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("signed = hmac.new("))
    body, timestamp = b'{"event":"case.opened"}', "1796000000"
    given = {
        "hmac": hmac,
        "hashlib": hashlib,
        "secret": SECRET.encode(),
        "timestamp": timestamp,
        "body": body,
        "signature": webhook_request.signature_of(SECRET, timestamp, body),
    }
    exec("\n".join(lines[begin : begin + 2]), given)
    given["body"] = b"{}"
    with pytest.raises(AssertionError):
        exec("\n".join(lines[begin : begin + 2]), given)
