from __future__ import annotations

import asyncio

import pytest

from engine.storage.cases import CaseStore, Closed
from engine.storage.database import Database
from engine.storage.inbox import InboxStore
from engine.storage.open_cards import OpenCards
from tests.engine.storage.questions import NOW, after, claimed, question


@pytest.fixture
def store(database: Database) -> CaseStore:
    return CaseStore(database)


@pytest.fixture
async def asked(database: Database) -> str:
    item, _ = await InboxStore(database).add("acme", question(), at=NOW)
    return item.id


async def test_a_question_has_one_case(store: CaseStore, asked: str) -> None:
    cases = await asyncio.gather(
        *(store.open("acme", asked, ["conflict", "model_down"], NOW) for _ in range(10))
    )
    assert len({case.id for case in cases}) == 1
    again = await store.open("acme", asked, ["conflict"], after(1))
    assert again == cases[0]
    assert again.reasons == ("conflict", "model_down")
    assert await store.of_question("acme", asked) == again
    assert await store.get("acme", again.id) == again
    assert await store.of_question("globex", asked) is None


async def test_an_open_case_gets_further_reasons_and_its_card_is_outdated(
    store: CaseStore, asked: str
) -> None:
    case = await store.open("acme", asked, ["conflict"], NOW)
    assert await store.shown(case)
    assert await store.outdated("acme") == ()
    wanted = await store.open("acme", asked, ["asked_for"], after(1), tells_asker=True)
    assert wanted.reasons == ("conflict", "asked_for")
    assert await store.outdated("acme") == (wanted,)
    assert wanted.tells_asker
    assert not await store.shown(case)  # an older version
    assert await store.shown(wanted)
    (seen,) = [await store.get("acme", case.id)]
    assert seen is not None
    assert not seen.tells_asker


async def test_an_answered_case_is_open_again_for_a_later_revision_only(
    store: CaseStore, asked: str
) -> None:
    case = await store.open("acme", asked, ["conflict"], NOW)
    assert (await store.answer(case.id, by="U1", text="It is 5.", at=after(1), reply_id="r-1")).done
    same = await store.open("acme", asked, ["asked_for"], after(2), tells_asker=True)
    assert same.answered_by == "U1"
    assert not same.tells_asker
    other = await store.open("acme", asked, ["asked_for"], after(3), revision=2, tells_asker=True)
    assert (other.id, other.answered_by, other.answered_at) == (case.id, None, None)
    assert (other.reasons, other.revision, other.tells_asker) == (("asked_for",), 2, True)
    assert (await store.answer(case.id, by="U2", text="It is 6.", at=after(4), reply_id="r-2")).done


async def test_an_edit_of_the_question_and_its_new_answer_outdate_the_card(
    database: Database, store: CaseStore, asked: str
) -> None:
    inbox = InboxStore(database)
    item = await inbox.claim("acme", "w", at=NOW, lease_s=9)
    assert item is not None
    assert await inbox.finish(asked, item.lease, 1, outcome="abstained", at=NOW)
    assert await store.shown(await store.open("acme", asked, ["conflict"], NOW))
    assert await inbox.edit("acme", item.team, item.channel, item.ts, "Another?", at=after(5))
    (case,) = await store.outdated("acme")
    assert await store.shown(case)
    item = await inbox.claim("acme", "w", at=after(6), lease_s=9)
    assert item is not None
    assert await inbox.finish(asked, item.lease, 2, outcome="answered", at=after(7))
    assert [case.id for case in await store.outdated("acme")] == [case.id]


async def test_a_case_is_found_by_its_card(store: CaseStore, asked: str) -> None:
    case = await store.open("acme", asked, [], NOW)
    assert await store.placed(case.id, "C9", "7.0")
    assert await store.placed(case.id, "C9", "7.0")
    found = await store.by_card("acme", "C9", "7.0")
    assert found is not None
    assert found.id == case.id
    assert await store.by_card("acme", "C9", "8.0") is None
    assert await store.placed(case.id, "C9", "8.0")  # the first was removed
    assert await store.by_card("acme", "C9", "7.0") is None


async def test_the_first_person_to_answer_wins(store: CaseStore, asked: str) -> None:
    case = await store.open("acme", asked, [], NOW)
    given = await asyncio.gather(
        *(
            store.answer(case.id, by=f"U{n}", text=f"text {n}\x00", at=after(n), reply_id=f"r-{n}")
            for n in range(10)
        )
    )
    won = [changed.done for changed in given]
    assert sum(won) == 1
    known = await store.get("acme", case.id)
    assert known is not None
    winner = won.index(True)
    assert (known.answered_by, known.answered_with) == (f"U{winner}", f"r-{winner}")
    assert known.answer == f"text {winner}"
    assert not (await store.reopen(case.id, reply_id="r-other", at=after(20))).done
    assert (await store.reopen(case.id, reply_id=f"r-{winner}", at=after(20))).done
    reopened = await store.get("acme", case.id)
    assert reopened is not None
    assert reopened.answered_at is None


@pytest.mark.parametrize(("outcome", "arrived"), [("answered", True), ("undeliverable", False)])
async def test_what_became_of_an_answer_is_read_from_its_row(
    database: Database, store: CaseStore, asked: str, outcome: str, arrived: bool
) -> None:
    inbox = InboxStore(database)
    case = await store.open("acme", asked, [], NOW)
    reply, _ = await inbox.add("acme", question(channel="C7", user="U9"), at=NOW)
    assert await store.settle("acme", NOW) == 0
    assert (await store.answer(case.id, by="U9", text="Five.", at=after(1), reply_id=reply.id)).done
    assert await store.settle("acme", after(2)) == 0
    item = await inbox.claim("acme", "w", at=NOW, lease_s=9)
    while item is not None and item.id != reply.id:
        item = await inbox.claim("acme", "w", at=NOW, lease_s=9)
    assert item is not None
    assert await inbox.finish(reply.id, item.lease, 1, outcome=outcome, at=after(3))
    assert await store.settle("globex", after(4)) == 0
    assert await store.settle("acme", after(4)) == 1
    assert await store.settle("acme", after(5)) == 0
    known = await store.get("acme", case.id)
    assert known is not None
    assert (known.delivered_at is not None, known.answered_by) == (
        arrived,
        "U9" if arrived else None,
    )
    assert known.version == case.version + 2


async def test_an_answer_is_taken_back_only_by_its_own_reply_and_until_it_is_delivered(
    database: Database, store: CaseStore, asked: str
) -> None:
    inbox = InboxStore(database)
    item = await inbox.claim("acme", "w", at=NOW, lease_s=9)
    assert item is not None
    case = await store.open("acme", asked, [], NOW)
    assert not (await store.reopen(case.id, reply_id=asked, at=after(9))).done
    assert (await store.answer(case.id, by="U1", text="Sixteen.", at=after(1), reply_id=asked)).done
    assert await inbox.finish(asked, item.lease, 1, outcome="answered", at=after(2))
    assert await store.settle("acme", after(3)) == 1
    assert not (await store.reopen(case.id, reply_id=asked, at=after(9))).done


async def test_a_case_is_closed_with_its_question_and_takes_no_answer(
    database: Database, store: CaseStore, asked: str
) -> None:
    inbox = InboxStore(database)
    case = await store.open("acme", asked, ["conflict"], NOW, tells_asker=True)
    await store.placed(case.id, "C9", "9.0")
    assert await store.shown(case)
    await inbox.cancel("acme", "T1", "C1", "1.0", at=after(1))
    closed = await store.get("acme", case.id)
    assert closed is not None
    assert (closed.closed, closed.tells_asker) == (Closed.WITHDRAWN, False)
    assert [c.id for c in await store.outdated("acme")] == [case.id]
    assert await OpenCards(database).of("acme") == ()
    assert not (await store.answer(case.id, by="U9", text="No.", at=after(2), reply_id="r")).done
    again = await store.open("acme", asked, ["conflict", "asked_for"], after(3), tells_asker=True)
    assert again.closed is Closed.WITHDRAWN


async def test_a_case_of_a_question_that_is_cancelled_already_is_closed_from_the_start(
    database: Database, store: CaseStore, asked: str
) -> None:
    await InboxStore(database).cancel("acme", "T1", "C1", "1.0", at=NOW)
    case = await store.open("acme", asked, ["conflict"], NOW)
    assert case.closed is Closed.WITHDRAWN


@pytest.mark.parametrize(
    ("outcome", "closed"),
    [
        ("answered", Closed.SETTLED),
        ("courtesy", Closed.SETTLED),
        ("clarified", None),
        ("limited", None),
    ],
)
async def test_a_changed_question_that_is_answered_settles_the_case_it_had(
    database: Database, store: CaseStore, asked: str, outcome: str, closed: Closed | None
) -> None:
    inbox = InboxStore(database)
    item = await claimed(inbox)
    case = await store.open("acme", asked, ["conflict"], NOW)
    assert await inbox.finish(asked, item.lease, 1, outcome="answered", at=NOW)
    known = await store.get("acme", case.id)
    assert known is not None
    assert known.closed is None  # by the answer that it doubts
    await inbox.edit("acme", "T1", "C1", "1.0", "Another one?", at=after(1))
    item = await claimed(inbox, after(2))
    assert await inbox.finish(asked, item.lease, 2, outcome=outcome, at=after(2))
    known = await store.get("acme", case.id)
    assert known is not None
    assert known.closed is closed
    again = await store.open("acme", asked, ["conflict"], after(3), revision=2)
    assert (again.closed, again.revision, again.first_revision) == (None, 2, 1)


async def test_a_settled_case_is_withdrawn_when_its_question_is_deleted(
    database: Database, store: CaseStore, asked: str
) -> None:
    inbox = InboxStore(database)
    case = await store.open("acme", asked, ["conflict"], NOW)
    await inbox.edit("acme", "T1", "C1", "1.0", "Another one?", at=after(1))
    item = await claimed(inbox, after(2))
    assert await inbox.finish(asked, item.lease, 2, outcome="answered", at=after(2))
    settled = await store.get("acme", case.id)
    assert settled is not None
    assert settled.closed is Closed.SETTLED
    assert await store.shown(settled)
    await inbox.cancel("acme", "T1", "C1", "1.0", at=after(3))
    withdrawn = await store.get("acme", case.id)
    assert withdrawn is not None
    assert withdrawn.closed is Closed.WITHDRAWN
    assert [c.id for c in await store.outdated("acme")] == [case.id]


async def test_a_changed_question_that_is_escalated_again_keeps_its_case_open(
    database: Database, store: CaseStore, asked: str
) -> None:
    inbox = InboxStore(database)
    case = await store.open("acme", asked, ["conflict"], NOW)
    await inbox.edit("acme", "T1", "C1", "1.0", "Another one?", at=after(1))
    item = await claimed(inbox, after(2))
    await store.open("acme", asked, ["conflict"], after(2), revision=2)
    assert await inbox.finish(asked, item.lease, 2, outcome="answered", at=after(2))
    known = await store.get("acme", case.id)
    assert known is not None
    assert known.closed is None


async def test_an_answer_on_its_way_outlives_the_deletion_of_its_question(
    database: Database, store: CaseStore, asked: str
) -> None:
    inbox = InboxStore(database)
    item = await claimed(inbox)
    assert await inbox.finish(asked, item.lease, 1, outcome="answered", at=NOW)
    case = await store.open("acme", asked, ["conflict"], NOW)
    reply, _ = await inbox.add("acme", question("2.0"), at=NOW)
    assert (await store.answer(case.id, by="U9", text="Yes.", at=after(1), reply_id=reply.id)).done
    await inbox.cancel("acme", "T1", "C1", "1.0", at=after(2))
    held = await claimed(inbox, after(3))
    assert await inbox.finish(reply.id, held.lease, 1, outcome="answered", at=after(3))
    await store.settle("acme", after(4))
    known = await store.get("acme", case.id)
    assert known is not None
    assert (known.answered_by, known.delivered_at) == ("U9", after(4))


async def test_cases_are_counted_by_when_they_were_opened(database: Database) -> None:
    inbox, store = InboxStore(database), CaseStore(database)
    for number in range(3):
        item, _ = await inbox.add("acme", question(str(number)), at=NOW)
        await store.open("acme", item.id, ["unsupported"], after(number))
    assert await store.opened_between("acme", NOW, after(2)) == 2
    assert await store.opened_between("acme", after(1), after(9)) == 2
    assert await store.opened_between("globex", NOW, after(9)) == 0
