from __future__ import annotations

from engine.storage.database import Database
from engine.storage.feedback import FeedbackStore, Opinion
from engine.storage.inbox import InboxStore
from tests.engine.storage.questions import NOW, after, question


async def test_a_persons_last_opinion_of_a_question_counts(database: Database) -> None:
    inbox, store = InboxStore(database), FeedbackStore(database)
    one, two = [(await inbox.add("acme", question(ts), at=NOW))[0].id for ts in ("1", "2")]
    await store.put("acme", one, "U1", Opinion.POSITIVE, after(1))
    await store.put("acme", one, "U2", Opinion.POSITIVE, after(1))
    await store.put("acme", two, "U1", Opinion.POSITIVE, after(2))
    await store.put("acme", one, "U1", Opinion.NEGATIVE, after(3))
    await store.put("acme", one, "U1", Opinion.POSITIVE, after(2))
    assert await store.counts("acme", NOW) == {Opinion.POSITIVE: 2, Opinion.NEGATIVE: 1}
    assert await store.counts("acme", after(2)) == {Opinion.POSITIVE: 1, Opinion.NEGATIVE: 1}
    until = await store.counts("acme", NOW, after(2))
    assert until == {Opinion.POSITIVE: 1, Opinion.NEGATIVE: 0}
    assert await store.counts("globex", NOW) == {Opinion.POSITIVE: 0, Opinion.NEGATIVE: 0}
