"""What messages about an entry say in the end, whoever was slow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.learning.telling import LINE, EntryTelling
from engine.storage.database import Database
from engine.storage.entries import EntryStore
from engine.storage.entry import Entry, EntryState, NewEntry
from engine.storage.entry_messages import EntryMessageStore
from tests.engine.storage.questions import NOW, after

TENANT, ID = "acme", "11111111-1111-1111-1111-111111111111"
NEW = NewEntry(
    question="Where is the badge?",
    answer="At the desk.",
    author="Rita",
    owner="U1",
    audience=("everyone",),
    permalink=None,
    case_id=None,
    sources=(),
    expires_at=None,
)


class _Slack:
    """One message. held: what happens between a change's start and its taking effect."""

    timeout_s = 30.0

    def __init__(self) -> None:
        self.text = ""
        self.held: Callable[[], Awaitable[None]] | None = None

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        assert method == "chat.update"
        held, self.held = self.held, None
        if held is not None:
            await held()
        self.text = arguments["text"]
        return {"ok": True, "ts": "7.0"}


def _telling(database: Database, slack: _Slack) -> EntryTelling:
    nothing = cast(Any, None)
    return EntryTelling(
        tenant=TENANT,
        team="T1",
        api=cast(Any, slack),
        facts=nothing,
        entries=EntryStore(database),
        messages=EntryMessageStore(database),
        cases=nothing,
        documents=nothing,
        passages=nothing,
        channel="C1",
        clock=lambda: NOW,
    )


async def _edited(database: Database) -> Entry:
    """An entry's second version, whose line is out and says nothing of it yet."""
    store = EntryStore(database)
    await store.publish(TENANT, NEW, at=NOW, by="U1", entry_id=ID)
    newer = replace(NEW, answer="On floor 5.")
    made = await store.publish(TENANT, newer, at=after(1), by="U1", entry_id=ID, after=1)
    assert made.entry is not None
    posts = {LINE: {"ts": "7.0", "shown": None}}
    line = {"id": "a", "channel": "C1", "thread": "1.0", "posts": posts}
    assert await EntryMessageStore(database).save(made.entry, line=line)
    return (await store.versions(TENANT, ID))[0]


async def _undo(telling: EntryTelling, entry: Entry) -> None:
    back = await telling.entries.roll_back(TENANT, ID, 2, at=after(2), by="U2", why="undone")
    assert back.entry is not None
    await telling.hand_over(entry, back.entry)
    for version in await telling.entries.versions(TENANT, ID):
        await telling.bring(version)


@pytest.mark.parametrize("another", [False, True], ids=["the same bot", "another bot"])
async def test_an_undo_while_a_line_is_changed_is_what_the_line_says(
    database: Database, another: bool
) -> None:
    slack = _Slack()
    telling = _telling(database, slack)
    undoing = _telling(database, slack) if another else telling
    entry = await _edited(database)
    undone: list[asyncio.Task[None]] = []

    async def undo() -> None:
        undone.append(asyncio.create_task(_undo(undoing, entry)))
        if another:
            await undone[0]

    slack.held = undo
    await telling.bring(entry)
    await asyncio.gather(*undone)
    assert slack.text.startswith("Kept for the same question, for")
    newer, older = await telling.entries.versions(TENANT, ID)
    assert (newer.place.get(LINE), older.place[LINE]["id"]) == (None, "a")


async def test_who_read_first_does_not_write_last(database: Database) -> None:
    slack = _Slack()
    telling = _telling(database, slack)
    entry = await _edited(database)
    ended: list[asyncio.Task[None]] = []

    async def end() -> None:
        await telling.entries.end(
            TENANT, ID, 2, state=EntryState.EXPIRED, at=after(2), by=None, why="old"
        )
        await telling.bring(entry)

    async def hold() -> None:
        ended.append(asyncio.create_task(end()))
        await asyncio.wait(ended, timeout=0.3)

    slack.held = hold
    await telling.bring(entry)
    await asyncio.gather(*ended)
    assert slack.text.startswith("This answer is not used any more")
