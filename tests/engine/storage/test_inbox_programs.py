"""Several programs at one inbox, some of which are killed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from engine.storage.database import Database
from engine.storage.inbox import InboxStore, State
from tests.engine.storage.questions import NOW, address_of, after, go, question, start

pytestmark = pytest.mark.slow

CLAIM_ALL = """
mine = []
while (item := await store.claim("acme", "w", at=NOW, lease_s=600)) is not None:
    mine.append((item.id, item.sequence, item.root))
    if not await store.finish(item.id, item.lease, 1, outcome="answered", at=NOW):
        raise SystemExit("lost")
import json
print(json.dumps(mine))
"""
HOLD = """
item = await store.claim("acme", "w", at=NOW, lease_s=60)
print(item.id, item.lease, flush=True)
await asyncio.sleep(600)
"""
ADD = """
item, new = await store.add("acme", NewQuestion(team="T1", channel="C1", ts="1.0", user="U1",
    surface=Surface.DM, text="q", asked_at=NOW), at=NOW)
print(item.id, flush=True)
await asyncio.sleep(600)
"""
ADD_ALL = """
added = await asyncio.gather(*(store.add("acme", NewQuestion(team="T1", channel=f"C{n % 5}",
    ts=f"{n}.0", user=f"U{n % 3}", surface=Surface.DM, text="q", asked_at=NOW), at=NOW)
    for n in (range(200) if ORDER else reversed(range(200)))))
print(sum(new for _, new in added))
"""


async def test_two_programs_never_get_the_same_question(database: Database) -> None:
    store = InboxStore(database)
    asked = 120
    for n in range(asked):
        thread = f"{n % 10}.0" if n % 2 else None
        await store.add("acme", question(f"{n}.0", user=f"U{n % 7}", thread_ts=thread), at=NOW)
    children = [start(address_of(database.engine.url), CLAIM_ALL) for _ in range(3)]
    for child in children:
        go(child)
    got = [json.loads(child.communicate(timeout=120)[0]) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    ids = [row[0] for rows in got for row in rows]
    assert len(set(ids)) == len(ids)
    # One that held the head of a conversation while the others ran dry finished it alone.
    left = [item for item in [await store.claim("acme", "w", at=NOW, lease_s=60)] if item]
    assert len(ids) == asked
    assert left == []
    for rows in got:
        for root in {row[2] for row in rows}:
            mine = [row[1] for row in rows if row[2] == root]
            assert mine == sorted(mine)


async def test_what_a_killed_program_held_is_taken_over_when_its_lease_ends(
    database: Database,
) -> None:
    store = InboxStore(database)
    await store.add("acme", question(), at=NOW)
    child = start(address_of(database.engine.url), HOLD)
    go(child)
    assert child.stdout is not None
    question_id, lease = child.stdout.readline().split()
    child.kill()
    child.communicate(timeout=60)
    assert await store.claim("acme", "me", at=after(60), lease_s=60) is None
    item = await store.claim("acme", "me", at=after(60) + timedelta(microseconds=1), lease_s=60)
    assert item is not None
    assert (item.id, item.attempts) == (question_id, 2)
    assert not await store.renew(question_id, lease, lease_until=after(999))
    assert await store.finish(item.id, item.lease, 1, outcome="answered", at=after(70))


async def test_a_question_is_there_after_a_kill_right_after_it_was_added(
    database: Database,
) -> None:
    child = start(address_of(database.engine.url), ADD)
    go(child)
    assert child.stdout is not None
    question_id = child.stdout.readline().strip()
    child.kill()
    child.communicate(timeout=60)
    item = await InboxStore(database).get("acme", question_id)
    assert item is not None
    assert item.state is State.DUE


async def test_programs_that_read_one_history_at_once_store_each_question_once(
    database: Database,
) -> None:
    address = address_of(database.engine.url)
    children = [start(address, ADD_ALL.replace("ORDER", str(n % 2))) for n in range(3)]
    for child in children:
        go(child)
    added = [int(child.communicate(timeout=120)[0]) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert sum(added) == 200
