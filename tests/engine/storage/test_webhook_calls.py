from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from engine.storage.cases import CaseStore
from engine.storage.database import Database
from engine.storage.inbox import InboxStore
from engine.storage.webhook_calls import WebhookCall, WebhookCallStore
from tests.engine.storage.questions import question

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)
TICKETS = ("tickets",)


def a_call(
    sequence: int = 1, *, subject: str = "case-1", tenant: str = "acme", target: str = "tickets"
) -> WebhookCall:
    return WebhookCall(
        id=WebhookCallStore.id_of(tenant, target, subject, sequence),
        tenant=tenant,
        target=target,
        subject=subject,
        sequence=sequence,
        body={"event": f"event-{sequence}"},
        opened_at=NOON,
    )


async def claimed(store: WebhookCallStore, at: datetime = NOON) -> WebhookCall | None:
    return await store.claim("acme", TICKETS, at=at, lease_s=60)


async def test_a_call_is_stored_once_and_is_its_tenants_and_targets(database: Database) -> None:
    store = WebhookCallStore(database)
    await store.put([a_call()])
    await store.put([a_call()])
    await store.put([])
    assert await store.known("acme", "tickets", "case-1") == {1}
    assert await store.known("globex", "tickets", "case-1") == frozenset()
    assert await store.claim("globex", TICKETS, at=NOON, lease_s=60) is None
    assert await store.claim("acme", ["on_call"], at=NOON, lease_s=60) is None
    assert await claimed(store, NOON - A_MINUTE) is None
    held = await claimed(store)
    assert held is not None
    assert (held.id, held.body) == (a_call().id, {"event": "event-1"})
    assert await claimed(store) is None


async def test_one_of_many_gets_it(database: Database) -> None:
    store = WebhookCallStore(database)
    await store.put([a_call()])
    got = await asyncio.gather(*(claimed(store) for _ in range(6)))
    assert len([held for held in got if held is not None]) == 1


async def test_a_subject_is_told_of_in_order_and_others_do_not_wait(database: Database) -> None:
    store = WebhookCallStore(database)
    await store.put([a_call(7), a_call(3), a_call(1, subject="case-2")])
    first, other = await claimed(store), await claimed(store)
    assert first is not None
    assert other is not None
    assert {(first.subject, first.sequence), (other.subject, other.sequence)} == {
        ("case-1", 3),
        ("case-2", 1),
    }
    held = first if first.subject == "case-1" else other
    assert await claimed(store) is None
    soon = NOON + A_MINUTE / 2
    assert await store.put_back(held, due_at=soon, why={"status": 500})
    assert await claimed(store) is None
    again = await claimed(store, soon)
    assert again is not None
    assert (again.sequence, again.attempts, again.id) == (3, 1, held.id)
    await store.done(again, at=soon, answer={})
    last = await claimed(store, soon)
    assert last is not None
    assert last.sequence == 7


async def test_what_was_never_marked_is_made_again_under_the_same_key(database: Database) -> None:
    store = WebhookCallStore(database)
    await store.put([a_call()])
    lost = await claimed(store)
    assert lost is not None
    again = await claimed(store, NOON + A_MINUTE)
    assert again is not None
    assert again.id == lost.id
    assert not await store.done(lost, at=NOON, answer={})
    assert not await store.put_back(lost, due_at=NOON)
    assert not await store.give_up(lost, at=NOON, why={})
    assert await store.done(again, at=NOON, answer={"id": "T-1"})


async def test_what_is_given_up_lets_the_next_pass_and_is_counted(database: Database) -> None:
    store = WebhookCallStore(database)
    await store.put([a_call(1), a_call(2)])
    for number in (1, 2):
        held = await claimed(store, NOON + number * A_MINUTE)
        assert held is not None
        await store.give_up(held, at=NOON + number * A_MINUTE, why={"status": 400 + number})
    assert await claimed(store, NOON + 9 * A_MINUTE) is None
    found = await store.given_up("acme", "tickets", after=NOON, until=NOON + 2 * A_MINUTE)
    assert (found.count, found.last) == (2, {"status": 402})
    found = await store.given_up("acme", "tickets", after=NOON + A_MINUTE, until=NOON + A_MINUTE)
    assert (found.count, found.last) == (0, {})
    found = await store.given_up("globex", "tickets", after=NOON, until=NOON + 2 * A_MINUTE)
    assert found.count == 0


async def test_an_address_that_came_back_is_shown_by_the_cases_card(database: Database) -> None:
    store, cases = WebhookCallStore(database), CaseStore(database)
    item, _ = await InboxStore(database).add("acme", question(), at=NOON)
    case = await cases.open("acme", item.id, ["asked_for"], NOON)
    await cases.shown(case)
    assert await cases.outdated("acme") == ()
    await store.put([a_call(number, subject=case.id) for number in (1, 2, 3, 4)])
    there = {"url": "https://tracker.example/T-1"}
    for number, answer in enumerate(({"id": "T-1"}, there, there, {})):
        held = await claimed(store)
        assert held is not None
        assert len(await cases.outdated("acme")) == 0
        await store.done(held, at=NOON, answer=answer)
        shows = await store.address_of("acme", "tickets", case.id)
        assert (shows is None) == (number == 0)
        outdated = await cases.outdated("acme")
        assert len(outdated) == (number == 1)  # an address that it shows already is no news
        for each in outdated:
            await cases.shown(each)
    assert await store.address_of("acme", "tickets", case.id) == "https://tracker.example/T-1"
    assert await store.address_of("globex", "tickets", case.id) is None
