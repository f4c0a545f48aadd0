from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from engine.storage.database import Database
from engine.storage.inbox import InboxItem, InboxStore, State, Surface
from tests.engine.storage.questions import NOW, after, claimed, question


@pytest.fixture
def store(database: Database) -> InboxStore:
    return InboxStore(database)


async def test_a_question_comes_back_as_it_was_asked(store: InboxStore) -> None:
    asked = question(
        thread_ts="0.5",
        user_team="T2",
        surface=Surface.SHORTCUT,
        text="Zeit & Ort\n?",
        files=("F1", "F2"),
        extra={"ask_ts": "3.1"},
    )
    item, new = await store.add("acme", asked, at=after(1))
    assert new
    assert (item.state, item.revision, item.attempts) == (State.DUE, 1, 0)
    assert (item.received_at, item.due_at, item.root) == (after(1), after(1), "0.5")
    assert item == await store.get("acme", item.id)
    assert item == await store.find("acme", "T1", "C1", "1.0")
    assert all(getattr(item, name) == getattr(asked, name) for name in asked.__dataclass_fields__)


async def test_one_message_is_stored_once_however_often_it_arrives(store: InboxStore) -> None:
    added = await asyncio.gather(
        *(store.add("acme", question(text=f"{n}"), at=NOW) for n in range(50))
    )
    assert sorted(new for _, new in added) == [False] * 49 + [True]
    assert len({item.id for item, _ in added}) == 1
    assert len({item.text for item, _ in added}) == 1
    again, new = await store.add("acme", question(), at=after(9))
    assert (again, new) == (added[0][0], False)


async def test_a_message_that_was_done_stays_done_when_it_arrives_again(store: InboxStore) -> None:
    await store.add("acme", question(), at=NOW)
    item = await claimed(store)
    assert await store.finish(item.id, item.lease, 1, outcome="answered", at=NOW)
    again, new = await store.add("acme", question(), at=after(9))
    assert (again.state, again.outcome, new) == (State.DONE, "answered", False)


async def test_tenants_and_channels_keep_their_messages_apart(store: InboxStore) -> None:
    places = [("acme", question()), ("globex", question()), ("acme", question(channel="C2"))]
    added = await asyncio.gather(*(store.add(tenant, q, at=NOW) for tenant, q in places))
    assert [new for _, new in added] == [True, True, True]
    assert await store.get("globex", added[0][0].id) is None
    assert await store.find("globex", "T1", "C2", "1.0") is None
    assert await store.last_of_user("globex", "U1", 9) != await store.last_of_user("acme", "U1", 9)


async def test_characters_that_no_database_takes_do_not_fail_the_neighbours(
    store: InboxStore,
) -> None:
    added = await asyncio.gather(
        store.add("acme", question("1.0", text="fine"), at=NOW),
        store.add("acme", question("2.0", text="a\x00b\ud800c"), at=NOW),
    )
    assert [item.text for item, _ in added] == ["fine", "ab?c"]
    assert await store.edit("acme", "T1", "C1", "2.0", "a\x00b\ud800c", at=after(1)) is None


async def test_a_claim_is_held_until_it_is_finished(store: InboxStore) -> None:
    await store.add("acme", question(), at=NOW)
    item = await claimed(store)
    assert (item.state, item.attempts, item.lease_owner) == (State.CLAIMED, 1, "w1")
    assert item.lease_until == after(60)
    assert await store.claim("acme", "w2", at=after(60), lease_s=60) is None
    assert await store.renew(item.id, item.lease, lease_until=after(120))
    assert await store.claim("acme", "w2", at=after(119), lease_s=60) is None
    assert await store.answered(item.id, item.lease, 1, "trace-1")
    assert await store.finish(item.id, item.lease, 1, outcome="answered", at=after(3))
    done = await store.get("acme", item.id)
    assert done is not None
    assert (done.state, done.outcome, done.trace_id) == (State.DONE, "answered", "trace-1")
    assert (done.lease, done.lease_owner, done.lease_until) == (None, None, None)
    assert await store.claim("acme", "w2", at=after(9_999), lease_s=60) is None


async def test_a_lease_that_ran_out_is_taken_over_and_its_old_holder_changes_nothing(
    store: InboxStore,
) -> None:
    await store.add("acme", question(), at=NOW)
    first = await claimed(store)
    second = await claimed(store, at=after(61))
    assert (second.id, second.attempts) == (first.id, 2)
    assert second.lease != first.lease
    await _cannot_change(store, first)
    assert await store.get("acme", first.id) == second


async def test_a_trace_is_kept_for_the_next_attempt(store: InboxStore) -> None:
    await store.add("acme", question(), at=NOW)
    first = await claimed(store)
    assert await store.answered(first.id, first.lease, 1, "trace-1")
    assert (await claimed(store, at=after(61))).trace_id == "trace-1"


@pytest.mark.parametrize(("count", "attempts"), [(True, 2), (False, 1)])
async def test_a_requeued_question_waits_until_it_is_due(
    store: InboxStore, count: bool, attempts: int
) -> None:
    await store.add("acme", question(), at=NOW)
    item = await claimed(store)
    assert await store.requeue(item.id, item.lease, due_at=after(30), count_attempt=count)
    await _cannot_change(store, item)
    assert await store.claim("acme", "w1", at=after(29), lease_s=60) is None
    assert (await claimed(store, at=after(30))).attempts == attempts


async def test_a_stopping_owner_gives_back_all_it_holds_and_nothing_else(store: InboxStore) -> None:
    for n in range(3):
        await store.add("acme", question(f"{n}.0"), at=NOW)
    await store.add("globex", question(), at=NOW)
    mine = [await claimed(store), await claimed(store)]
    other = await store.claim("acme", "w2", at=NOW, lease_s=60)
    assert other is not None
    assert await store.claim("globex", "w1", at=NOW, lease_s=60) is not None
    assert await store.release("acme", "w1", at=after(5)) == 2
    assert await store.release("acme", "w1", at=after(5)) == 0
    for item in mine:
        back = await store.get("acme", item.id)
        assert back is not None
        assert (back.state, back.attempts, back.due_at) == (State.DUE, 0, after(5))
        await _cannot_change(store, item)
    assert await store.get("acme", other.id) == other


async def test_an_edit_of_a_waiting_question_is_its_next_revision(store: InboxStore) -> None:
    item, _ = await store.add("acme", question(), at=NOW)
    edited = await store.edit("acme", "T1", "C1", "1.0", "new", at=after(5))
    assert edited == replace(item, text="new", revision=2, due_at=after(5), edited_at=after(5))


async def test_an_edit_takes_a_claimed_question_from_its_worker(store: InboxStore) -> None:
    await store.add("acme", question(), at=NOW)
    old = await claimed(store)
    assert await store.answered(old.id, old.lease, 1, "trace-1")
    edited = await store.edit("acme", "T1", "C1", "1.0", "new", at=after(5))
    assert edited is not None
    assert (edited.state, edited.revision, edited.attempts) == (State.DUE, 2, 0)
    assert (edited.trace_id, edited.lease) == (None, None)
    await _cannot_change(store, old)
    # The same owner holds it again: its first claim is none the less over.
    new = await claimed(store, at=after(5))
    assert (new.id, new.lease_owner, new.revision) == (old.id, old.lease_owner, 2)
    await _cannot_change(store, old)
    assert await store.get("acme", new.id) == new


async def test_an_edit_of_an_answered_question_makes_it_due_again(store: InboxStore) -> None:
    await store.add("acme", question(), at=NOW)
    old = await claimed(store)
    await store.answered(old.id, old.lease, 1, "trace-1")
    await store.finish(old.id, old.lease, 1, outcome="answered", at=after(1))
    await store.edit("acme", "T1", "C1", "1.0", "new", at=after(5))
    again = await claimed(store, at=after(5))
    assert (again.text, again.revision, again.attempts) == ("new", 2, 1)
    assert (again.trace_id, again.outcome) == (None, None)
    assert not await store.finish(again.id, again.lease, 1, outcome="answered", at=after(6))
    assert not await store.answered(again.id, again.lease, 1, "trace-1")
    assert await store.finish(again.id, again.lease, 2, outcome="answered", at=after(6))


async def test_an_edit_that_changes_no_text_or_comes_late_changes_nothing(
    store: InboxStore,
) -> None:
    await store.add("acme", question(text="old"), at=NOW)
    assert await store.edit("acme", "T1", "C1", "1.0", "old", at=after(5)) is None
    assert await store.edit("acme", "T1", "C1", "7.0", "new", at=after(5)) is None
    newest = await store.edit("acme", "T1", "C1", "1.0", "newest", at=after(9))
    assert await store.edit("acme", "T1", "C1", "1.0", "newer", at=after(8)) is None
    assert await store.find("acme", "T1", "C1", "1.0") == newest


async def test_a_deleted_question_is_never_claimed(store: InboxStore) -> None:
    await store.add("acme", question(), at=NOW)
    cancelled = await store.cancel("acme", "T1", "C1", "1.0", at=after(1))
    assert cancelled is not None
    assert cancelled.state is State.CANCELLED
    assert await store.cancel("acme", "T1", "C1", "1.0", at=after(2)) == cancelled
    assert await store.edit("acme", "T1", "C1", "1.0", "new", at=after(3)) is None
    assert await store.claim("acme", "w1", at=after(9), lease_s=60) is None
    assert await store.last_of_user("acme", "U1", 9) == ()


async def test_deleting_takes_a_claimed_question_from_its_worker(store: InboxStore) -> None:
    await store.add("acme", question(), at=NOW)
    item = await claimed(store)
    await store.cancel("acme", "T1", "C1", "1.0", at=after(1))
    await _cannot_change(store, item)
    assert await store.claim("acme", "w1", at=after(99), lease_s=60) is None


async def test_deleting_an_answered_question_leaves_it_done_for_good(store: InboxStore) -> None:
    await store.add("acme", question(), at=NOW)
    item = await claimed(store)
    await store.finish(item.id, item.lease, 1, outcome="answered", at=after(1))
    deleted = await store.cancel("acme", "T1", "C1", "1.0", at=after(2))
    assert deleted is not None
    assert (deleted.state, deleted.outcome) == (State.DONE, "answered")
    assert await store.edit("acme", "T1", "C1", "1.0", "new", at=after(3)) is None
    assert await store.cancel("acme", "T1", "C1", "7.0", at=after(2)) is None


async def test_a_users_questions_are_listed_newest_first(store: InboxStore) -> None:
    for n in range(4):
        await store.add("acme", question(f"{n}.0", text=f"q{n}"), at=NOW)
    await store.add("acme", question("9.0", user="U2"), at=NOW)
    item = await claimed(store)
    await store.finish(item.id, item.lease, 1, outcome="answered", at=NOW)
    listed = await store.last_of_user("acme", "U1", 4)
    assert [(q.text, q.outcome) for q in listed] == [
        ("q3", None),
        ("q2", None),
        ("q1", None),
        ("q0", "answered"),
    ]
    assert await store.last_of_user("acme", "U1", 2) == listed[:2]


async def _cannot_change(store: InboxStore, lost: InboxItem) -> None:
    """Nothing that a worker does with a lease it lost has an effect."""
    before = await store.get(lost.tenant, lost.id)
    revision = before.revision if before else 1
    assert not await store.renew(lost.id, lost.lease, lease_until=after(999))
    assert not await store.answered(lost.id, lost.lease, revision, "trace-9")
    assert not await store.requeue(lost.id, lost.lease, due_at=NOW, count_attempt=True)
    assert not await store.finish(lost.id, lost.lease, revision, outcome="x", at=NOW)
    assert not await store.finish(lost.id, None, revision, outcome="x", at=NOW)
    assert await store.get(lost.tenant, lost.id) == before


async def test_what_nobody_waits_for_comes_last_and_few_at_a_time(database: Database) -> None:
    store = InboxStore(database)
    for number in range(4):
        heard = question(f"1.{number}", user="U9", surface=Surface.SHADOW)
        await store.add("acme", heard, at=NOW)
    await store.add("acme", question("2.0", user="U1"), at=after(1))
    await store.add("acme", question("2.1", user="U9"), at=after(2))
    order: list[str] = []
    while taken := await store.claim("acme", "w", at=after(3), lease_s=60, most_unawaited=2):
        order.append(taken.ts)
    assert order == ["2.0", "2.1", "1.0", "1.1"]
    await store.add("acme", question("3.0", user="U2"), at=after(4))
    later = await store.claim("acme", "w", at=after(4), lease_s=60, most_unawaited=2)
    assert later is not None
    assert later.ts == "3.0"


async def test_an_edit_of_what_nobody_waits_for_goes_behind_all_again(database: Database) -> None:
    store = InboxStore(database)
    await store.add("acme", question("1.0", surface=Surface.SHADOW), at=NOW)
    heard = await claimed(store)
    await store.finish(heard.id, heard.lease, 1, outcome="shadow", at=after(1))
    await store.edit(
        "acme", "T1", "C1", "1.0", "How many days of leave has an intern?", at=after(2)
    )
    await store.add("acme", question("2.0", user="U2"), at=after(3))
    assert [(await claimed(store, after(4))).ts for _ in range(2)] == ["2.0", "1.0"]
    assert await store.last_of_user("acme", "U1", 5) == ()
