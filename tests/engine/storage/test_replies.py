from __future__ import annotations

import asyncio

import pytest

from engine.storage.database import Database
from engine.storage.inbox import InboxItem, InboxStore
from engine.storage.replies import Kind, Part, PartState, ReplyStore
from tests.engine.storage.questions import NOW, after, claimed, question


@pytest.fixture
def inbox(database: Database) -> InboxStore:
    return InboxStore(database)


@pytest.fixture
def store(database: Database) -> ReplyStore:
    return ReplyStore(database)


@pytest.fixture
async def item(inbox: InboxStore) -> InboxItem:
    await inbox.add("acme", question(), at=NOW)
    return await claimed(inbox)


def planned(*texts: str) -> list[tuple[str, str | None, dict[str, object]]]:
    return [("C1", "1.0", {"text": text, "blocks": [{"n": (1, 2)}]}) for text in texts]


async def plan(store: ReplyStore, item: InboxItem, *texts: str, revision: int = 1) -> list[Part]:
    parts = await store.plan("acme", item.id, revision, Kind.ANSWER, planned(*texts))
    assert parts is not None
    return list(parts)


async def post(store: ReplyStore, part: Part, ts: str) -> Part:
    attempt = await store.mark_posting(part, at=NOW)
    assert attempt is not None
    posted = await store.mark_posted(part.id, ts, version=part.version, at=NOW)
    assert posted is not None
    return posted


async def test_parts_are_planned_posted_and_found(store: ReplyStore, item: InboxItem) -> None:
    first, second = await plan(store, item, "a", "b")
    assert (first.key, second.key) == (f"{item.id}:answer:0", f"{item.id}:answer:1")
    assert (first.state, first.version, first.shown) == (PartState.PLANNED, 1, None)
    attempt = await store.mark_posting(first, at=after(1), lease=item.lease)
    assert attempt is not None
    assert (attempt.state, attempt.attempted_at, attempt.ts) == (PartState.POSTING, after(1), None)
    posted = await store.mark_posted(first.id, "5.0", version=1, at=after(2))
    assert posted is not None
    assert (posted.state, posted.ts, posted.shown) == (PartState.POSTED, "5.0", 1)
    assert await store.of("acme", item.id) == (posted, second)
    assert await store.of("acme", item.id, Kind.NOTICE) == ()
    assert await store.find_by_ts("acme", "C1", "5.0") == posted
    assert await store.find_by_ts("globex", "C1", "5.0") is None
    assert await store.unfinished("acme", Kind.ANSWER) == (second,)
    assert await store.unfinished("acme", Kind.CARD) == ()


async def test_of_many_that_post_at_once_one_may(store: ReplyStore, item: InboxItem) -> None:
    (part,) = await plan(store, item, "a")
    got = await asyncio.gather(*(store.mark_posting(part, at=NOW) for _ in range(10)))
    (attempt,) = [part for part in got if part is not None]
    # Two find it after a crash, at the same moment: one may try again.
    again = await asyncio.gather(*(store.mark_posting(attempt, at=NOW) for _ in range(10)))
    assert sum(part is not None for part in again) == 1


@pytest.mark.parametrize("loss", ["edit", "cancel", "requeue", "lapse"])
async def test_who_lost_the_question_may_neither_plan_nor_post(
    store: ReplyStore, inbox: InboxStore, item: InboxItem, loss: str
) -> None:
    (part,) = await plan(store, item, "a")
    if loss == "edit":
        await inbox.edit("acme", "T1", "C1", "1.0", "new", at=NOW)
    elif loss == "cancel":
        await inbox.cancel("acme", "T1", "C1", "1.0", at=NOW)
    elif loss == "requeue":
        await inbox.requeue(item.id, item.lease, due_at=NOW, count_attempt=False)
    else:
        await claimed(inbox, at=after(61))
    assert await store.mark_posting(part, at=NOW, lease=item.lease) is None
    lost = await store.plan("acme", item.id, 1, Kind.ANSWER, planned("b"), lease=item.lease)
    assert lost is None
    assert await store.of("acme", item.id) == (part,)


async def test_a_plan_needs_its_question_and_a_revision_that_is_not_past(
    store: ReplyStore, item: InboxItem
) -> None:
    await plan(store, item, "a", revision=2)
    assert await store.plan("acme", item.id, 1, Kind.ANSWER, planned("b")) is None
    assert await store.plan("globex", item.id, 2, Kind.ANSWER, planned("b")) is None
    assert await store.plan("acme", "nobody", 2, Kind.ANSWER, planned("b")) is None
    assert [part.body["text"] for part in await store.of("acme", item.id)] == ["a"]


async def test_a_new_revision_updates_messages_in_place_and_removes_the_rest(
    store: ReplyStore, item: InboxItem
) -> None:
    old = [
        await post(store, part, f"{n}.5")
        for n, part in enumerate(await plan(store, item, "same", "old", "more"))
    ]
    unsent = await plan(store, item, "same", "old", "more", "unsent")
    assert unsent[:3] == old
    same, changed, surplus, never = await plan(store, item, "same", "new", revision=2)
    assert (same.state, same.ts, same.version, same.revision) == (PartState.POSTED, "0.5", 1, 2)
    assert (changed.state, changed.ts) == (PartState.PLANNED, "1.5")
    assert (changed.version, changed.shown, changed.id) == (2, 1, old[1].id)
    assert (surplus.state, surplus.ts) == (PartState.SURPLUS, "2.5")
    assert never.state is PartState.GONE
    assert (await post(store, changed, "1.5")).state is PartState.POSTED
    assert await store.mark_posting(surplus, at=NOW) is None
    gone = await store.mark_gone(surplus.id)
    assert gone is not None
    assert gone.state is PartState.GONE
    *_, third, fourth = await plan(store, item, "same", "new", "more", "unsent", revision=3)
    assert (third.state, third.ts, third.shown) == (PartState.PLANNED, None, None)
    assert (fourth.state, fourth.ts) == (PartState.PLANNED, None)


async def test_an_attempt_that_did_nothing_for_certain_is_taken_back(
    store: ReplyStore, item: InboxItem
) -> None:
    (part,) = await plan(store, item, "a")
    attempt = await store.mark_posting(part, at=NOW)
    assert attempt is not None
    back = await store.mark_planned(attempt)
    assert back is not None
    assert (back.state, back.attempted_at, back.ts) == (PartState.PLANNED, None, None)
    second = await store.mark_posting(back, at=NOW)
    assert second is not None
    assert await store.mark_planned(attempt) is None
    assert (await store.of("acme", item.id)) == (second,)


async def test_an_edit_while_a_post_is_under_way_keeps_what_may_be_out(
    store: ReplyStore, item: InboxItem
) -> None:
    (part,) = await plan(store, item, "old")
    attempt = await store.mark_posting(part, at=after(1))
    assert attempt is not None
    (edited,) = await plan(store, item, "new", revision=2)
    assert (edited.state, edited.attempted_at) == (PartState.POSTING, after(1))
    assert await store.mark_posting(attempt, at=after(2)) is None
    # The old worker's post was out after all: the message is known, and must be updated.
    late = await store.mark_posted(part.id, "5.0", version=1, at=after(2))
    assert late is not None
    assert (late.state, late.ts, late.version, late.shown) == (PartState.PLANNED, "5.0", 2, 1)
    assert (await post(store, late, "5.0")).state is PartState.POSTED


async def test_a_second_message_of_a_part_is_told_from_the_first(
    store: ReplyStore, item: InboxItem
) -> None:
    (part,) = await plan(store, item, "a")
    first = await post(store, part, "5.0")
    assert await store.mark_posted(part.id, "6.0", version=1, at=NOW) == first
    assert await store.mark_streaming(part.id, "7.0") == first
    assert await store.mark_posted("nobody", "6.0", version=1, at=NOW) is None


async def test_a_message_that_comes_out_after_it_was_unwanted_is_to_be_removed(
    store: ReplyStore, item: InboxItem
) -> None:
    (part,) = await plan(store, item, "a")
    await store.mark_posting(part, at=NOW)
    (unwanted,) = await plan(store, item, revision=2)
    assert (unwanted.state, unwanted.ts) == (PartState.SURPLUS, None)
    late = await store.mark_posted(part.id, "5.0", version=1, at=NOW)
    assert late is not None
    assert (late.state, late.ts) == (PartState.SURPLUS, "5.0")
    assert await store.unfinished("acme", Kind.ANSWER) == (late,)


async def test_an_unwanted_attempt_that_is_wanted_again_is_looked_for_first(
    store: ReplyStore, item: InboxItem
) -> None:
    (part,) = await plan(store, item, "a")
    await store.mark_posting(part, at=after(1))
    await plan(store, item, revision=2)
    (again,) = await plan(store, item, "b", revision=3)
    assert (again.state, again.attempted_at) == (PartState.POSTING, after(1))


async def test_a_message_that_was_seen_to_go_stays_gone(store: ReplyStore, item: InboxItem) -> None:
    (part,) = await plan(store, item, "a")
    posted = await post(store, part, "5.0")
    gone = await store.mark_gone(posted.id)
    assert await store.mark_posted(part.id, "5.0", version=1, at=NOW) == gone


async def test_a_stream_keeps_its_message_through_the_final_plan(
    store: ReplyStore, item: InboxItem
) -> None:
    (part,) = await plan(store, item, "")
    await store.mark_posting(part, at=NOW, lease=item.lease)
    stream = await store.mark_streaming(part.id, "5.0")
    assert stream is not None
    assert (stream.state, stream.ts) == (PartState.STREAMING, "5.0")
    (final,) = await plan(store, item, "whole")
    assert (final.state, final.ts, final.version) == (PartState.STREAMING, "5.0", 2)
    done = await store.mark_posted(part.id, "5.0", version=2, at=NOW)
    assert done is not None
    assert done.state is PartState.POSTED
