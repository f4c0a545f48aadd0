from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from engine.errors import StorageUnavailable
from engine.storage.conversations import ConversationStore
from engine.storage.database import Database
from engine.storage.group_commit import GroupCommit
from engine.storage.inbox import InboxStore
from engine.storage.schema import inbox
from tests.engine.storage.questions import NOW, question


async def stored(database: Database) -> int:
    async with database.read() as db:
        return int((await db.execute(select(func.count()).select_from(inbox))).scalar_one())


async def test_those_that_wait_at_a_moment_share_one_transaction(database: Database) -> None:
    transactions = []
    commits = GroupCommit(database)
    questions, seen = InboxStore(database, commits), ConversationStore(database, commits)
    transact = database.transact

    async def counted(change: Any) -> Any:
        transactions.append(change)
        return await transact(change)

    database.transact = counted  # type: ignore[method-assign]
    added = await asyncio.gather(
        *(questions.add("acme", question(f"{n}.0"), at=NOW) for n in range(100)),
        *(seen.mark("acme", "T1", {"C1": f"{n}.0"}) for n in range(10)),
    )
    # The first may go alone, before the others have come.
    assert len(transactions) <= 2
    assert await stored(database) == 100
    sequences = [item[0].sequence for item in added[:100] if item is not None]
    assert sequences == sorted(sequences)
    await commits.aclose()


async def test_a_commit_that_fails_is_told_to_every_caller_and_the_next_one_works(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = GroupCommit(database)
    store = InboxStore(database, commits)
    engine = database._plain if database.is_sqlite else database.engine.sync_engine
    assert engine is not None

    def refuse(*arguments: Any) -> None:
        statement = arguments[2]
        if "INSERT INTO inbox" in statement:
            raise OSError("no space left on device")

    event.listen(engine, "after_cursor_execute", refuse)
    failed = await asyncio.gather(
        *(store.add("acme", question(f"{n}.0"), at=NOW) for n in range(20)),
        return_exceptions=True,
    )
    event.remove(engine, "after_cursor_execute", refuse)
    assert all(isinstance(error, StorageUnavailable) for error in failed)
    assert len({id(error) for error in failed}) == 20
    assert await stored(database) == 0
    _, new = await store.add("acme", question("1.0"), at=NOW)
    assert new


async def test_a_caller_that_is_cancelled_takes_nothing_from_the_others(
    database: Database,
) -> None:
    store = InboxStore(database)
    callers = [
        asyncio.create_task(store.add("acme", question(f"{n}.0"), at=NOW)) for n in range(30)
    ]
    await asyncio.sleep(0)
    for caller in callers[::3]:
        caller.cancel()
    results = await asyncio.gather(*callers, return_exceptions=True)
    for n, result in enumerate(results):
        if n % 3 == 0:
            assert isinstance(result, asyncio.CancelledError)
        else:
            assert not isinstance(result, BaseException)
            assert await store.get("acme", result[0].id) == result[0]


async def test_more_than_one_transaction_holds_is_stored_in_order(database: Database) -> None:
    store = InboxStore(database)
    added = await asyncio.gather(
        *(store.add("acme", question(f"{n}.0", user=f"U{n % 7}"), at=NOW) for n in range(600))
    )
    sequences = [item.sequence for item, new in added if new]
    assert len(sequences) == 600
    assert sequences == sorted(sequences)


async def test_an_item_that_comes_after_closing_is_refused_and_those_before_are_stored(
    database: Database,
) -> None:
    commits = GroupCommit(database)
    store = InboxStore(database, commits)
    waiting = [asyncio.create_task(store.add("acme", question(f"{n}"), at=NOW)) for n in range(9)]
    await asyncio.sleep(0)
    await commits.aclose()
    await commits.aclose()
    assert all(new for _, new in await asyncio.gather(*waiting))
    with pytest.raises(StorageUnavailable, match="stopping"):
        await store.add("acme", question("10"), at=NOW)


async def test_the_end_of_the_program_fails_those_that_wait(database: Database) -> None:
    commits = GroupCommit(database)
    begun, hold = asyncio.Event(), asyncio.Event()

    async def stuck(change: Any) -> Any:
        begun.set()
        await hold.wait()

    database.transact = stuck  # type: ignore[method-assign]

    def nothing(db: Connection, items: Sequence[datetime]) -> Sequence[None]:
        return [None] * len(items)

    callers = [asyncio.create_task(commits.write(nothing, NOW)) for _ in range(3)]
    await begun.wait()
    callers.append(asyncio.create_task(commits.write(nothing, NOW)))
    await asyncio.sleep(0)
    assert commits._task is not None
    commits._task.cancel()
    for result in await asyncio.gather(*callers, return_exceptions=True):
        assert isinstance(result, StorageUnavailable)
