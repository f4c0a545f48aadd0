from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection

from engine.errors import StorageUnavailable
from engine.storage import intake
from engine.storage.conversations import ConversationStore
from engine.storage.database import Database
from engine.storage.group_commit import GroupCommit
from engine.storage.inbox import InboxStore
from engine.storage.intake import IntakeStore
from tests.engine.storage.questions import NOW, question


async def test_a_question_its_thread_and_the_mark_are_kept_in_one_transaction(
    database: Database,
) -> None:
    transactions = []
    transact = database.transact

    async def counted(change: Any) -> Any:
        transactions.append(change)
        return await transact(change)

    database.transact = counted  # type: ignore[method-assign]
    store, conversations = IntakeStore(GroupCommit(database)), ConversationStore(database)
    asked = question("5.0", thread_ts="1.0")
    item, new = await store.keep("acme", asked, engages=True, seen={"C1": "5.0"}, at=NOW)
    assert new
    assert len(transactions) == 1
    again, new = await store.keep("acme", asked, engages=True, seen={"C1": "5.0"}, at=NOW)
    assert (again, new) == (item, False)
    engaged = await conversations.is_engaged("acme", "T1", "C1", "1.0")
    assert engaged is not None
    assert (engaged.user, engaged.muted, engaged.active_at) == ("U1", False, NOW)
    assert await conversations.marks("acme", "T1") == {"C1": "5.0"}
    assert await InboxStore(database).get("acme", item.id) == item


async def test_a_word_that_does_not_engage_leaves_its_thread_alone(database: Database) -> None:
    store = IntakeStore(GroupCommit(database))
    await store.keep("acme", question("5.0"), engages=False, at=NOW)
    conversations = ConversationStore(database)
    assert await conversations.is_engaged("acme", "T1", "C1", "5.0") is None
    assert await conversations.marks("acme", "T1") == {}


async def test_where_one_of_them_cannot_be_kept_none_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(db: Connection, marks: Sequence[object]) -> Sequence[None]:
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(intake, "store_marks", refuse)
    store = IntakeStore(GroupCommit(database))
    with pytest.raises(StorageUnavailable):
        await store.keep("acme", question(), engages=True, seen={"C1": "1.0"}, at=NOW)
    assert await InboxStore(database).find("acme", "T1", "C1", "1.0") is None
    assert await ConversationStore(database).is_engaged("acme", "T1", "C1", "1.0") is None


async def test_many_at_once_in_many_places_are_each_kept_once_and_told_apart(
    database: Database,
) -> None:
    """More than one transaction holds, each message twice, as its two kinds of event come."""
    store = IntakeStore(GroupCommit(database))
    asked = [
        question(f"{n}.0", user=f"U{n % 9}", channel=f"C{n % 5}", thread_ts=f"{n % 11}.0")
        for n in range(300)
    ]
    kept = await asyncio.gather(
        *(
            store.keep("acme", one, engages=True, seen={one.channel: one.ts}, at=NOW)
            for one in asked
            for _ in range(2)
        )
    )
    for one, (first, new), (twin, new_too) in zip(asked, kept[::2], kept[1::2], strict=True):
        assert (first.channel, first.ts, new, new_too) == (one.channel, one.ts, True, False)
        assert twin == first
    marks = await ConversationStore(database).marks("acme", "T1")
    assert set(marks) == {f"C{n}" for n in range(5)}
