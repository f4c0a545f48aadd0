from __future__ import annotations

import asyncio
import random

import pytest

from engine.storage.conversations import ConversationStore, Engagement
from engine.storage.database import Database
from tests.engine.storage.questions import NOW, after


@pytest.fixture
def store(database: Database) -> ConversationStore:
    return ConversationStore(database)


async def test_a_thread_is_engaged_replied_to_muted_and_engaged_again(
    store: ConversationStore,
) -> None:
    thread = ("acme", "T1", "C1", "1.0")
    assert await store.is_engaged(*thread) is None
    assert not await store.mute(*thread)
    await store.engage(*thread, user="U1", at=NOW)
    await store.replied(*thread, ts="3.0", at=after(3))
    await store.replied(*thread, ts="2.0", at=after(4))
    assert await store.is_engaged(*thread) == Engagement(
        team="T1",
        channel="C1",
        thread_ts="1.0",
        user="U1",
        since=NOW,
        active_at=after(3),
        last_reply_ts="3.0",
        muted=False,
    )
    assert await store.is_engaged("globex", "T1", "C1", "1.0") is None
    assert await store.mute(*thread)
    muted = await store.is_engaged(*thread)
    assert muted is not None
    assert muted.muted
    await store.engage(*thread, user="U2", at=after(9))
    again = await store.is_engaged(*thread)
    assert again is not None
    assert (again.user, again.muted, again.last_reply_ts) == ("U2", False, "3.0")


async def test_recent_threads_are_the_active_ones_newest_first(store: ConversationStore) -> None:
    for n in range(4):
        await store.engage("acme", "T1", "C1", f"{n}.0", user="U1", at=after(n))
    await store.engage("globex", "T1", "C1", "9.0", user="U1", at=after(9))
    await store.mute("acme", "T1", "C1", "2.0")
    found = await store.recent("acme", after(1))
    assert [thread.thread_ts for thread in found] == ["3.0", "1.0"]


async def test_marks_only_grow_whatever_the_order_they_come_in(store: ConversationStore) -> None:
    moments = [f"17000000{n:02d}.000100" for n in range(30)]
    shuffled = random.Random(7).sample(moments, 30)
    await asyncio.gather(
        *(
            store.mark("acme", "T1", {"C1": ts, f"C{n % 3 + 2}": ts})
            for n, ts in enumerate(shuffled)
        )
    )
    await store.mark("acme", "T1", {"C1": moments[3]})
    await store.mark("acme", "T2", {"C1": "1"})
    await store.mark("acme", "T1", {})
    marks = await store.marks("acme", "T1")
    assert marks["C1"] == moments[-1]
    for place in range(3):
        assert marks[f"C{place + 2}"] == max(shuffled[place::3])
    assert await store.marks("globex", "T1") == {}
