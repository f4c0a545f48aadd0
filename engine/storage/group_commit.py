"""Many small writes in one transaction, each reported only when it is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection

from engine.errors import StorageUnavailable
from engine.storage.database import Database

T = TypeVar("T")
R = TypeVar("R")

Writer = Callable[[Connection, Sequence[T]], Sequence[R]]
"""Writes items of one kind in an open transaction; gives a result for each, in order."""

Write = tuple[Writer[Any, Any], Any]
"""A writer, and one item for it."""

_MOST = 256
"""Callers of one transaction, so that a long queue holds the database only for milliseconds."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    writes: Sequence[Write]
    done: asyncio.Future[list[Any]]


class GroupCommit:
    """One transaction, and so one fsync, for all callers that wait at a moment.

    While a transaction is under way further items queue up for the next. A caller that is
    cancelled takes nothing away from the others; its own item may be stored or not.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, writer: Writer[T, R], item: T) -> R:
        """Result of `writer` for this item, after its commit.

        Raises: StorageUnavailable when the transaction failed: nothing of it is kept, and every
        caller that shared it is told.
        """
        (result,) = await self.write_together((writer, item))
        return cast(R, result)

    async def write_together(self, *writes: Write) -> list[Any]:
        """Results of several writers, each for its item, in order: all of them kept, or none.

        Raises: StorageUnavailable, as `write` does.
        """
        if self._closed:
            raise StorageUnavailable("the program is stopping; try again when it is back")
        done: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(writes, done))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return await done

    async def aclose(self) -> None:
        """Takes no further item and waits for those that wait; idempotent."""
        self._closed = True
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _drain(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue[:_MOST], self._queue[_MOST:]
                await self._commit(batch)
        finally:
            self._task = None
            left, self._queue = self._queue, []
            _fail(left, StorageUnavailable("the program is stopping; try again when it is back"))

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        by_writer: dict[Writer[Any, Any], list[tuple[_Waiting, int]]] = {}
        for waiting in batch:
            for place, (writer, _) in enumerate(waiting.writes):
                by_writer.setdefault(writer, []).append((waiting, place))

        def write(db: Connection) -> dict[_Waiting, dict[int, Any]]:
            results: dict[_Waiting, dict[int, Any]] = {waiting: {} for waiting in batch}
            # Always in one order: two programs that lock rows in two would wait for each other.
            for writer, group in sorted(by_writer.items(), key=_name):
                items = [waiting.writes[place][1] for waiting, place in group]
                for (waiting, place), result in zip(group, writer(db, items), strict=True):
                    results[waiting][place] = result
            return results

        try:
            results = await self._database.transact(write)
        except Exception as error:
            _fail(batch, error)
            return
        except BaseException:
            _fail(batch, StorageUnavailable("the program is stopping; try again when it is back"))
            raise
        for waiting, written in results.items():
            if not waiting.done.done():
                waiting.done.set_result([result for _, result in sorted(written.items())])


def _name(pair: tuple[Writer[Any, Any], object]) -> str:
    return str(getattr(pair[0], "__qualname__", ""))


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    """Each caller gets an exception of its own: one that is shared would mix their tracebacks."""
    for waiting in batch:
        if not waiting.done.done():
            if isinstance(error, StorageUnavailable):
                own = StorageUnavailable(str(error), retryable=error.retryable)
                waiting.done.set_exception(own)
            else:
                waiting.done.set_exception(error)
