from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.storage.database import Database
from engine.storage.entries import EntryStore
from engine.storage.entry import Entry, EntrySource, EntryState, NewEntry
from engine.storage.entry_messages import EntryMessageStore
from engine.storage.entry_watch import EntryWatch
from engine.storage.gaps import GapStore
from tests.engine.storage.questions import NOW, after
from tests.engine.storage.test_gaps import ONE as GAP

NEW = NewEntry(
    question="Where is the badge?",
    answer="At the desk.",
    author="Rita",
    owner="U1",
    audience=("everyone",),
    permalink="https://acme.slack.com/archives/C1/p1",
    case_id="00000000-0000-0000-0000-000000000001",
    sources=(EntrySource(document="/docs/a.md", content_hash="abc", text="A desk."),),
    expires_at=NOW + timedelta(days=180),
)
NEXT = replace(NEW, answer="On floor 5.")
TENANT, ID = "acme", "11111111-1111-1111-1111-111111111111"


async def test_versions_supersede_each_other_and_are_never_rewritten(database: Database) -> None:
    store = EntryStore(database)
    first = await store.publish(TENANT, NEW, at=NOW, by="U1", entry_id=ID)
    assert first.done
    second = await store.publish(TENANT, NEXT, at=after(1), by="U2", entry_id=ID, after=1)
    assert second.done
    newest, oldest = await store.versions(TENANT, ID)
    assert (newest.version, newest.state, newest.answer) == (2, EntryState.LIVE, "On floor 5.")
    assert (oldest.version, oldest.state) == (1, EntryState.SUPERSEDED)
    assert (oldest.answer, oldest.ended_by, oldest.sources) == (NEW.answer, "U2", NEW.sources)
    assert await store.get("globex", ID) is None
    assert [e.version for e in await store.of_case(TENANT, NEW.case_id or "")] == [2, 1]


async def test_of_two_who_publish_at_once_one_wins(database: Database) -> None:
    store = EntryStore(database)
    await store.publish(TENANT, NEW, at=NOW, by="U1", entry_id=ID)
    both = await asyncio.gather(
        *(
            store.publish(TENANT, replace(NEW, answer=f"{n}"), at=NOW, by="U", entry_id=ID, after=1)
            for n in range(4)
        ),
        *(store.publish(TENANT, NEW, at=NOW, by="U", entry_id=ID) for _ in range(2)),
    )
    assert sum(changed.done for changed in both) == 1
    assert len(await store.all(TENANT)) == 1


async def test_a_new_entry_of_one_id_is_made_once(database: Database) -> None:
    store = EntryStore(database)
    both = await asyncio.gather(
        *(store.publish(TENANT, NEW, at=NOW, by="U1", entry_id=ID) for _ in range(3))
    )
    assert sorted(changed.done for changed in both) == [False, False, True]


async def test_rolling_back_brings_the_version_before(database: Database) -> None:
    store = EntryStore(database)
    await store.publish(TENANT, NEW, at=NOW, by="U1", entry_id=ID)
    await store.publish(TENANT, NEXT, at=after(1), by="U1", entry_id=ID, after=1)
    back = await store.roll_back(TENANT, ID, 2, at=after(2), by="U3", why="undone")
    assert back.done
    assert back.entry is not None
    assert (back.entry.version, back.entry.state, back.entry.ended_at) == (1, EntryState.LIVE, None)
    again = await store.roll_back(TENANT, ID, 2, at=after(3), by="U3", why="undone")
    assert not again.done
    gone = await store.roll_back(TENANT, ID, 1, at=after(4), by="U3", why="undone")
    assert gone.done
    assert not await store.all(TENANT)
    third = await store.publish(TENANT, NEXT, at=after(5), by="U1", entry_id=ID)
    assert third.done
    assert third.entry is not None
    assert third.entry.version == 3


async def test_a_version_that_expired_meanwhile_does_not_come_back(database: Database) -> None:
    store = EntryStore(database)
    soon = replace(NEW, expires_at=after(10))
    await store.publish(TENANT, soon, at=NOW, by="U1", entry_id=ID)
    await store.publish(TENANT, NEXT, at=after(1), by="U1", entry_id=ID, after=1)
    await store.roll_back(TENANT, ID, 2, at=after(20), by="U1", why="undone")
    assert not await store.all(TENANT)


async def test_only_what_a_version_itself_superseded_comes_back(database: Database) -> None:
    store = EntryStore(database)
    await store.publish(TENANT, NEW, at=NOW, by="U1", entry_id=ID)
    await store.publish(TENANT, NEXT, at=after(1), by="U1", entry_id=ID, after=1)
    await store.end(
        TENANT, ID, 2, state=EntryState.ROLLED_BACK, at=after(2), by="U1", why="withdrawn"
    )
    third = await store.publish(TENANT, NEXT, at=after(3), by="U1", entry_id=ID)
    assert third.entry is not None
    undone = await store.roll_back(TENANT, ID, 3, at=after(4), by="U1", why="undone")
    assert undone.done
    assert not await store.all(TENANT)


async def test_those_are_watched_that_ended_or_were_said_before_all(database: Database) -> None:
    store, watch = EntryStore(database), EntryWatch(database)
    ids = [f"1111111{n}-1111-1111-1111-111111111111" for n in range(4)]
    made = (
        replace(NEW, channels=("C1",), expires_at=after(10)),
        replace(NEW, channels=("C1", "C2"), expires_at=None),
        replace(NEW, channels=("C1",), audience=("channel:C1",)),
        replace(NEW, channels=("C3",)),
    )
    for entry_id, new in zip(ids, made, strict=True):
        await store.publish(TENANT, new, at=NOW, by="U1", entry_id=entry_id)
    await store.roll_back(TENANT, ids[3], 1, at=after(1), by="U1", why="undone")
    assert await watch.expired(TENANT, after(9)) == ()
    assert await watch.expired(TENANT, after(10)) == (ids[0],)
    assert await watch.expired("globex", after(10)) == ()
    said = await watch.said_in(TENANT)
    assert {channel: set(found) for channel, found in said.items()} == {
        "C1": {ids[0], ids[1]},
        "C2": {ids[1]},
    }


async def test_what_expired_is_not_used_before_anybody_says_so(database: Database) -> None:
    store = EntryStore(database)
    await store.publish(TENANT, replace(NEW, expires_at=after(10)), at=NOW, by="U", entry_id=ID)
    assert len(await store.used(TENANT, after(9))) == 1
    assert not await store.used(TENANT, after(10))
    assert len(await store.all(TENANT)) == 1


async def test_a_proposal_is_accepted_or_declined_once(database: Database) -> None:
    store = EntryStore(database)
    found = replace(NEW, case_id=None)
    assert (await store.propose(TENANT, found, at=NOW, entry_id=ID)).done
    assert not (await store.propose(TENANT, found, at=NOW, entry_id=ID)).done
    assert not await store.used(TENANT, NOW)
    article = replace(found, question="What does an article say?", owner="U9")
    await store.publish(TENANT, article, at=NOW, by="U9", entry_id="2" + ID[1:])
    assert await store.proposed_since(TENANT, after(-5)) == 1
    assert (await store.accept(TENANT, ID, at=after(1), by="U2", expires_at=None)).done
    declined = await store.decline(TENANT, ID, at=after(2), by="U3", why="declined")
    assert not declined.done
    assert declined.entry is not None
    assert declined.entry.state is EntryState.LIVE


async def test_a_published_article_takes_no_proposals_place(database: Database) -> None:
    store, kept_gaps = EntryStore(database), GapStore(database)
    article = replace(NEW, case_id=None)
    await kept_gaps.save(GAP)
    assert await kept_gaps.close(GAP, at=NOW, place={})
    assert (await store.publish(TENANT, article, at=NOW, by="U1", entry_id=ID)).done
    await kept_gaps.published(TENANT, GAP.id, ID)
    assert await store.proposed_since(TENANT, after(-5)) == 0
    await store.propose(TENANT, article, at=NOW, entry_id=GAP.id)
    assert await store.proposed_since(TENANT, after(-5)) == 1


async def test_an_owner_is_asked_once_and_confirms(database: Database) -> None:
    store = EntryStore(database)
    await store.publish(TENANT, NEW, at=NOW, by="U1", entry_id=ID)
    assert (await store.ask_owner(TENANT, ID, 1, at=after(1))).done
    assert not (await store.ask_owner(TENANT, ID, 1, at=after(2))).done
    until = NOW + timedelta(days=400)
    kept = await store.confirm(TENANT, ID, 1, at=after(3), expires_at=until, sources=())
    assert kept.entry is not None
    assert (kept.entry.expires_at, kept.entry.asked_owner_at) == (until, None)
    ended = await store.end(
        TENANT, ID, 1, state=EntryState.EXPIRED, at=after(4), by=None, why="old"
    )
    assert ended.done
    assert not (await store.confirm(TENANT, ID, 1, at=after(5), expires_at=until, sources=())).done


async def test_messages_about_a_version_are_kept_side_by_side(database: Database) -> None:
    store = EntryStore(database)
    made = (await store.publish(TENANT, NEW, at=NOW, by="U1", entry_id=ID)).entry
    assert made is not None
    messages = EntryMessageStore(database)
    await asyncio.gather(
        messages.save(made, line={"ts": "1"}), messages.save(made, asking={"ts": "2"})
    )
    now = await store.get(TENANT, ID)
    assert now is not None
    assert now.place == {"line": {"ts": "1"}, "asking": {"ts": "2"}}


async def test_what_is_said_of_one_version_is_then_said_of_the_next(database: Database) -> None:
    store, messages = EntryStore(database), EntryMessageStore(database)
    await store.publish(TENANT, NEW, at=NOW, by="U1", entry_id=ID)
    await store.publish(TENANT, NEXT, at=after(1), by="U1", entry_id=ID, after=1)
    first, second = await _both(store)
    assert await messages.save(first, line={"ts": "1"}, asking={"ts": "2"})
    assert await messages.save(second, asking={"ts": "3"})
    first, second = await _both(store)
    await messages.hand_over(first, second)
    now_first, now_second = await _both(store)
    assert now_first.place == {"asking": {"ts": "2"}}
    assert now_second.place == {"line": {"ts": "1"}, "asking": {"ts": "3"}}
    # Whoever read before the hand-over stores nothing of it, and knows.
    assert not await messages.save(first, line={"ts": "1", "shown": "old"})
    assert await _both(store) == (now_first, now_second)


async def _both(store: EntryStore) -> tuple[Entry, Entry]:
    second, first = await store.versions(TENANT, ID)
    return first, second


async def test_an_entry_for_nobody_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="nobody"):
        await EntryStore(database).publish(TENANT, replace(NEW, audience=()), at=NOW, by="U1")
