from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.dialects import sqlite

from engine.storage import claims
from engine.storage.arrivals import present_turn
from engine.storage.database import Database
from engine.storage.inbox import InboxItem, InboxStore
from tests.engine.storage.questions import NOW, after, claimed, question


@pytest.fixture
def store(database: Database) -> InboxStore:
    return InboxStore(database)


async def finish(store: InboxStore, item: InboxItem) -> None:
    assert await store.finish(item.id, item.lease, item.revision, outcome="answered", at=NOW)


async def test_a_conversation_is_answered_in_order_and_others_do_not_wait(
    store: InboxStore,
) -> None:
    await store.add("acme", question("1.0", user="U1"), at=NOW)
    await store.add("acme", question("2.0", user="U2", thread_ts="1.0"), at=NOW)
    await store.add("acme", question("3.0", user="U3"), at=NOW)
    await store.add("acme", question("4.0", user="U4", thread_ts="1.0", channel="C2"), at=NOW)
    held = [await claimed(store) for _ in range(3)]
    assert [item.ts for item in held] == ["1.0", "3.0", "4.0"]
    assert await store.claim("acme", "w1", at=NOW, lease_s=60) is None
    await finish(store, held[0])
    assert (await claimed(store)).ts == "2.0"


async def test_an_earlier_question_that_waits_for_its_time_holds_up_its_conversation(
    store: InboxStore,
) -> None:
    await store.add("acme", question("1.0"), at=NOW)
    await store.add("acme", question("2.0", thread_ts="1.0"), at=NOW)
    first = await claimed(store)
    await store.requeue(first.id, first.lease, due_at=after(30), count_attempt=False)
    assert await store.claim("acme", "w1", at=after(29), lease_s=60) is None
    assert (await claimed(store, at=after(30))).ts == "1.0"


async def test_a_deleted_question_does_not_hold_up_its_conversation(store: InboxStore) -> None:
    await store.add("acme", question("1.0"), at=NOW)
    await store.add("acme", question("2.0", thread_ts="1.0"), at=NOW)
    await store.cancel("acme", "T1", "C1", "1.0", at=NOW)
    assert (await claimed(store)).ts == "2.0"


async def test_a_lapsed_claim_waits_for_an_earlier_question_that_was_edited(
    store: InboxStore,
) -> None:
    await store.add("acme", question("1.0"), at=NOW)
    await store.add("acme", question("2.0", thread_ts="1.0"), at=NOW)
    await finish(store, await claimed(store))
    assert (await claimed(store)).ts == "2.0"
    await store.edit("acme", "T1", "C1", "1.0", "new", at=NOW)
    assert (await claimed(store, at=after(61))).ts == "1.0"
    assert await store.claim("acme", "w1", at=after(61), lease_s=60) is None


async def test_one_question_does_not_wait_behind_a_hundred_of_another_user(
    store: InboxStore,
) -> None:
    await asyncio.gather(
        *(store.add("acme", question(f"{n}.0", user="U1"), at=NOW) for n in range(100))
    )
    for _ in range(10):
        await finish(store, await claimed(store))
    await store.add("acme", question("999.0", user="U2"), at=NOW)
    following = []
    for _ in range(2):
        item = await claimed(store)
        following.append(item.user)
        await finish(store, item)
    assert "U2" in following


async def test_users_with_fewer_questions_under_way_come_first(store: InboxStore) -> None:
    for n in range(6):
        await store.add("acme", question(f"{n}.0", user="U1"), at=NOW)
    held = [await claimed(store) for _ in range(2)]
    assert [item.user for item in held] == ["U1", "U1"]
    for n in range(3):
        await store.add("acme", question(f"2{n}.0", user="U2"), at=NOW)
    await store.add("acme", question("30.0", user="U3"), at=NOW)
    following = [(await claimed(store)).user for _ in range(6)]
    # U2 and U3 have none, then U2 has one less than U1, then both have two.
    assert following[:3] == ["U2", "U3", "U2"]
    assert sorted(following[3:5]) == ["U1", "U2"]
    assert following[5] == "U1"


async def test_many_users_take_turns(store: InboxStore) -> None:
    for user, number in (("U1", 5), ("U2", 3), ("U3", 1)):
        for n in range(number):
            await store.add("acme", question(f"{user[1]}{n}.0", user=user), at=NOW)
    order = []
    for _ in range(9):
        item = await claimed(store)
        order.append(item.user)
        await finish(store, item)
    assert order == ["U1", "U2", "U3", "U1", "U2", "U1", "U2", "U1", "U1"]


async def test_who_deleted_a_hundred_questions_does_not_wait_for_their_turns(
    store: InboxStore,
) -> None:
    for n in range(30):
        await store.add("acme", question(f"{n}.0", user="U1"), at=NOW)
    for n in range(30):
        await store.cancel("acme", "T1", "C1", f"{n}.0", at=NOW)
    await store.add("acme", question("40.0", user="U1"), at=NOW)
    for n in range(5):
        await store.add("acme", question(f"5{n}.0", user="U2"), at=NOW)
    assert (await claimed(store)).user == "U1"


async def test_an_edited_old_question_does_not_overtake_who_waits(store: InboxStore) -> None:
    await store.add("acme", question("1.0", user="U1"), at=NOW)
    await finish(store, await claimed(store))
    for n in (2, 3):
        await store.add("acme", question(f"{n}.0", user=f"U{n}"), at=NOW)
    await finish(store, await claimed(store))
    await store.edit("acme", "T1", "C1", "1.0", "new", at=NOW)
    assert [(await claimed(store)).user for _ in range(2)] == ["U3", "U1"]


async def test_what_waits_before_a_question_is_counted_by_turns(store: InboxStore) -> None:
    for n in range(5):
        await store.add("acme", question(f"{n}.0", user="U1"), at=NOW)
    await store.add("acme", question("9.0", user="U1", thread_ts="0.0"), at=NOW)
    mine, _ = await store.add("acme", question("10.0", user="U2"), at=NOW)
    last = await store.find("acme", "T1", "C1", "4.0")
    followup = await store.find("acme", "T1", "C1", "9.0")
    assert last is not None
    assert followup is not None
    assert await store.waiting_before("acme", mine.id) == 1
    assert await store.waiting_before("acme", last.id) == 5
    assert await store.waiting_before("acme", last.id, most=3) == 3
    assert await store.waiting_before("acme", followup.id) == 5
    held = [await claimed(store), await claimed(store)]
    assert {item.id for item in held} > {mine.id}
    third = await store.find("acme", "T1", "C1", "1.0")
    assert third is not None
    assert await store.waiting_before("acme", third.id) == 2
    assert await store.waiting_before("globex", third.id) == 0


async def test_claims_at_once_never_get_the_same_question(store: InboxStore) -> None:
    for n in range(20):
        await store.add("acme", question(f"{n}.0", user=f"U{n % 3}"), at=NOW)
    got = await asyncio.gather(
        *(store.claim("acme", f"w{n}", at=NOW, lease_s=60) for n in range(25))
    )
    ids = [item.id for item in got if item is not None]
    assert len(ids) == len(set(ids)) == 20


@pytest.mark.parametrize("state", ["due", "claimed"])
async def test_claiming_on_sqlite_reads_the_queue_in_order(database: Database, state: str) -> None:
    """SQLite guesses without statistics; a wrong guess would read and sort all that is done."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL plans by its statistics")
    row = claims._next
    statement = claims.candidate("t", row.c.state == state, row.c.user.not_in(["U1", "U2"])).element
    turn = present_turn("t").compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )

    def steps(db: Connection, statement: str) -> list[str]:
        return [str(row[3]) for row in db.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]

    compiled = str(
        statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    )
    plan = await database.look_up(lambda db: steps(db, compiled))
    assert any("INDEX ix_inbox_queue (tenant=? AND state=?)" in step for step in plan)
    assert any(
        "ix_inbox_conversation (tenant=? AND team=? AND channel=? AND root=? AND state=?" in step
        for step in plan
    )
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN next") for step in plan)
    turns = await database.look_up(lambda db: steps(db, f"SELECT {turn}"))
    assert sum("ix_inbox_queue (tenant=? AND state=? AND turn<?)" in step for step in turns) >= 2
    assert not any("TEMP B-TREE" in step for step in turns)
