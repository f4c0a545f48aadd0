from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.storage.case import DOWN_VOTED, Case, CaseState, Changed, Closed, How
from engine.storage.case_history import Action
from engine.storage.cases import CaseStore
from engine.storage.database import Database
from engine.storage.inbox import InboxStore
from tests.engine.storage.questions import NOW, after, claimed, question


@pytest.fixture
def store(database: Database) -> CaseStore:
    return CaseStore(database)


@pytest.fixture
async def case(database: Database, store: CaseStore) -> Case:
    item, _ = await InboxStore(database).add("acme", question(), at=NOW)
    return await store.open("acme", item.id, ["conflict"], NOW, category="leave", priority="high")


async def _said(store: CaseStore, case: Case) -> list[tuple[Action, str | None, CaseState]]:
    return [(e.action, e.by, e.after) for e in await store.events("acme", case.id)]


async def test_a_case_goes_from_open_to_claimed_to_edited_and_says_who_and_when(
    store: CaseStore, case: Case
) -> None:
    assert (case.state, case.category, case.priority) == (CaseState.OPEN, "leave", "high")
    taken = await store.claim(case.id, by="U1", at=after(1))
    assert taken.done
    assert (taken.case.state, taken.case.owner) == (CaseState.CLAIMED, "U1")
    given = await store.answer(
        case.id, by="U1", text="Five.", how=How.EDITED, at=after(2), reply_id="r"
    )
    assert given.done
    assert given.case.state is CaseState.EDITED
    assert not given.case.is_waiting
    events = await store.events("acme", case.id)
    assert [(e.action, e.by, e.at, e.before, e.after) for e in events] == [
        (Action.OPENED, None, NOW, None, CaseState.OPEN),
        (Action.CLAIMED, "U1", after(1), CaseState.OPEN, CaseState.CLAIMED),
        (Action.ANSWERED, "U1", after(2), CaseState.CLAIMED, CaseState.EDITED),
    ]
    assert await store.events("globex", case.id) == ()


async def test_of_many_who_claim_at_once_one_has_it_and_the_others_see_who(
    store: CaseStore, case: Case
) -> None:
    tries = await asyncio.gather(
        *(store.claim(case.id, by=f"U{n}", at=after(n)) for n in range(10))
    )
    (winner,) = [changed.case.owner for changed in tries if changed.done]
    assert {changed.case.owner for changed in tries} == {winner}
    assert len(await store.events("acme", case.id)) == 2


async def test_of_a_claim_and_answers_at_once_only_one_person_gets_through(
    store: CaseStore, case: Case
) -> None:
    tries = await asyncio.gather(
        store.answer(case.id, by="U1", text="One.", at=after(1), reply_id="r-1"),
        store.answer(case.id, by="U2", text="Two.", at=after(1), reply_id="r-2"),
        store.reject(case.id, by="U3", why="Not ours.", at=after(1)),
        store.solve(case.id, by="U4", at=after(1)),
    )
    assert sum(changed.done for changed in tries) == 1
    assert len(await store.events("acme", case.id)) == 2


async def test_what_another_person_has_is_theirs(store: CaseStore, case: Case) -> None:
    await store.claim(case.id, by="U1", at=after(1))
    refused: list[Callable[[], Awaitable[Changed]]] = [
        lambda: store.claim(case.id, by="U2", at=after(2)),
        lambda: store.claim(case.id, by="U1", at=after(2)),
        lambda: store.claim(case.id, by="U2", at=after(2), instead_of="U3"),
        lambda: store.release(case.id, by="U2", at=after(2)),
        lambda: store.answer(case.id, by="U2", text="No.", at=after(2), reply_id="r"),
        lambda: store.reject(case.id, by="U2", why="No.", at=after(2)),
        lambda: store.snooze(case.id, by="U2", until=after(99), at=after(2)),
    ]
    for each in refused:
        changed = await each()
        assert not changed.done
        assert changed.case.owner == "U1"
    assert len(await store.events("acme", case.id)) == 2
    assert (await store.claim(case.id, by="U2", at=after(3), instead_of="U1")).done
    assert not (await store.claim(case.id, by="U3", at=after(3), instead_of="U1")).done
    assert (await store.release(case.id, by="U2", at=after(4))).case.state is CaseState.OPEN
    assert (await store.reassign(case.id, by="U1", to="U3", at=after(5))).case.owner == "U3"
    assert not (await store.reassign(case.id, by="U1", to="U3", at=after(6))).done
    given = await store.answer(
        case.id, by="U1", text="Yes.", at=after(7), reply_id="r", instead_of="U3"
    )
    assert given.done


@pytest.mark.parametrize(
    ("close", "state"),
    [
        (lambda s, c: s.reject(c.id, by="U1", why="Ask payroll.", at=after(1)), "rejected"),
        (lambda s, c: s.expire(c.id, at=after(1)), "expired"),
        (lambda s, c: s.solve(c.id, by="U7", at=after(1)), "solved"),
    ],
)
async def test_a_closed_case_takes_nothing_until_its_asker_opens_it_again(
    store: CaseStore,
    case: Case,
    close: Callable[[CaseStore, Case], Awaitable[Changed]],
    state: str,
) -> None:
    await store.claim(case.id, by="U1", at=after(0.5))
    await store.raise_level(case.id, level=1, at=after(0.6))
    closed = (await close(store, case)).case
    assert (closed.state, closed.closed_at) == (CaseState(state), after(1))
    assert await store.waiting("acme") == ()
    for again in (
        await store.claim(case.id, by="U2", at=after(2)),
        await store.answer(case.id, by="U1", text="No.", at=after(2), reply_id="r"),
        await store.expire(case.id, at=after(2)),
        await store.raise_level(case.id, level=2, at=after(2)),
        await store.reassign(case.id, by="U1", to="U2", at=after(2)),
    ):
        assert not again.done
    opened = await store.open(
        "acme", case.question_id, ["asked_for"], after(3), tells_asker=True, by="U7"
    )
    assert (opened.state, opened.owner, opened.level) == (CaseState.OPEN, None, 0)
    assert (opened.closed_why, opened.category) == (None, "leave")
    assert (await _said(store, case))[-1] == (Action.REOPENED, "U7", CaseState.OPEN)


async def test_a_level_is_reached_once(store: CaseStore, case: Case) -> None:
    levels = await asyncio.gather(
        *(store.raise_level(case.id, level=1, at=after(n)) for n in range(5))
    )
    assert sum(changed.done for changed in levels) == 1


async def test_what_a_case_was_sorted_as_is_corrected_unless_it_ended_without_an_answer(
    store: CaseStore, case: Case
) -> None:
    right = await store.relabel(case.id, by="U1", category="pay", priority=None, at=after(10))
    assert right.done
    assert (right.case.category, right.case.priority) == ("pay", case.priority)
    assert not (
        await store.relabel(case.id, by="U1", category="pay", priority=None, at=after(11))
    ).done
    await store.answer(case.id, by="U1", text="Soon.", at=after(12), reply_id="r")
    assert (await store.relabel(case.id, by="U2", category=None, priority="low", at=after(13))).done
    await store.reopen(case.id, reply_id="r", at=after(14))
    await store.expire(case.id, at=after(15))
    late = await store.relabel(case.id, by="U1", category="leave", priority=None, at=after(16))
    assert not late.done
    assert (late.case.category, late.case.priority) == ("pay", "low")


async def test_a_snooze_ends_by_its_time_or_by_a_claim(store: CaseStore, case: Case) -> None:
    rests = await store.snooze(case.id, by="U1", until=after(60), at=after(1))
    assert rests.case.snoozed_until == after(60)
    assert not (await store.wake_up(case.id, at=after(59))).done
    assert (await store.wake_up(case.id, at=after(60))).case.snoozed_until is None
    await store.snooze(case.id, by="U1", until=after(99), at=after(61))
    assert (await store.claim(case.id, by="U2", at=after(62))).case.snoozed_until is None


async def test_targets_are_set_once_and_the_card_is_to_show_them(
    store: CaseStore, case: Case
) -> None:
    first = await store.set_targets(case.id, respond_by=after(60), resolve_by=after(90))
    assert first.done
    assert first.case.version == case.version + 1
    assert not (await store.set_targets(case.id, respond_by=after(60), resolve_by=after(90))).done


@pytest.mark.parametrize("outcome", ["answered", "undeliverable"])
async def test_what_became_of_an_answer_is_in_its_history(
    database: Database, store: CaseStore, case: Case, outcome: str
) -> None:
    inbox = InboxStore(database)
    item = await claimed(inbox)
    assert await inbox.finish(item.id, item.lease, 1, outcome="abstained", at=NOW)
    reply, _ = await inbox.add("acme", question("2.0", "U9"), at=NOW)
    await store.claim(case.id, by="U9", at=after(1))
    await store.answer(
        case.id, by="U9", text="Five.", how=How.APPROVED, at=after(1), reply_id=reply.id
    )
    item = await claimed(inbox)
    assert await inbox.finish(reply.id, item.lease, 1, outcome=outcome, at=after(2))
    assert await store.settle("acme", after(3)) == 1
    last = (await _said(store, case))[-1]
    if outcome == "answered":
        assert last == (Action.DELIVERED, "U9", CaseState.APPROVED)
        times = await store.answer_times("acme", since=NOW, channel=None, priority="high")
        assert times == ((NOW, after(3)),)
        assert await store.answer_times("acme", since=NOW, channel=None, priority=None) == ()
        doubted = await store.open("acme", case.question_id, [DOWN_VOTED], after(4), by="U7")
        assert (doubted.state, doubted.reasons) == (CaseState.OPEN, (DOWN_VOTED,))
    else:
        assert last == (Action.NOT_DELIVERED, None, CaseState.CLAIMED)


async def test_what_a_deleted_question_does_to_its_case_is_in_its_history(
    database: Database, store: CaseStore, case: Case
) -> None:
    await store.reject(case.id, by="U1", why="No.", at=after(1))
    await InboxStore(database).cancel("acme", "T1", "C1", "1.0", at=after(2))
    now = await store.get("acme", case.id)
    assert now is not None
    assert (now.closed, now.closed_why, now.closed_at) == (Closed.WITHDRAWN, None, after(2))
    events = await store.events("acme", case.id)
    assert [(e.action, e.by, e.before, e.after) for e in events[1:]] == [
        (Action.REJECTED, "U1", CaseState.OPEN, CaseState.REJECTED),
        (Action.WITHDRAWN, None, CaseState.REJECTED, CaseState.WITHDRAWN),
    ]


async def test_a_change_of_an_unknown_case_is_an_error(store: CaseStore) -> None:
    with pytest.raises(KeyError):
        await store.claim("no-case", by="U1", at=NOW)
