from __future__ import annotations

from engine.storage.conversations import ConversationStore
from engine.storage.database import Database
from engine.storage.inbox import NOWHERE, InboxStore, State, Surface
from engine.storage.placed_questions import PlacedQuestions
from tests.engine.storage.questions import NOW, claimed, question

TYPED = question("command:1", channel=NOWHERE, surface=Surface.COMMAND)


async def test_a_placed_question_is_its_message_and_what_asked_it_stays_known(
    database: Database,
) -> None:
    inbox, places = InboxStore(database), PlacedQuestions(database)
    kept, _ = await inbox.add("acme", TYPED, at=NOW)
    assert not kept.has_place
    item = await claimed(inbox)
    placed = await places.place(item, channel="D1", ts="7.0", at=NOW)
    assert placed is not None
    assert (placed.id, placed.channel, placed.ts, placed.root) == (kept.id, "D1", "7.0", "7.0")
    assert placed.state is State.CLAIMED
    assert await inbox.find("acme", "T1", "D1", "7.0") == placed
    engaged = await ConversationStore(database).is_engaged("acme", "T1", "D1", "7.0")
    assert engaged is not None
    assert engaged.user == "U1"

    again, new = await inbox.add("acme", TYPED, at=NOW)
    assert (new, again.state) == (False, State.CANCELLED)
    assert await inbox.claim("acme", "w1", at=NOW, lease_s=60) is None
    assert await inbox.finish(item.id, item.lease, 1, outcome="answered", at=NOW)
    assert [q.ts for q in await inbox.last_of_user("acme", "U1", 10)] == ["7.0"]


async def test_a_question_is_placed_once_and_by_its_lease_alone(database: Database) -> None:
    inbox, places = InboxStore(database), PlacedQuestions(database)
    await inbox.add("acme", TYPED, at=NOW)
    item = await claimed(inbox)
    await inbox.requeue(item.id, item.lease, due_at=NOW, count_attempt=False)
    now = await claimed(inbox)
    assert await places.place(item, channel="D1", ts="6.0", at=NOW) is None
    assert await places.place(now, channel="D1", ts="7.0", at=NOW) is not None
    assert await places.place(now, channel="D1", ts="8.0", at=NOW) is None
    assert await inbox.find("acme", "T1", "D1", "6.0") is None
    assert await inbox.find("acme", "T1", "D1", "8.0") is None
