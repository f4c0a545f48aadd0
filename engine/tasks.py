"""Running several things at once, and failing as one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

from engine.errors import DeskhandError

T = TypeVar("T")


@asynccontextmanager
async def as_one() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that raises the first fault of its tasks itself, ours first, not a group."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as faults:
        first: BaseException = faults
        while isinstance(first, BaseExceptionGroup):
            first = min(first.exceptions, key=lambda e: not isinstance(e, DeskhandError))
        raise first from None


async def in_thread(items: Iterator[T], *, ahead: int) -> AsyncIterator[T]:
    """Iterates a blocking iterator in a thread of its own, at most `ahead` items before the reader.

    Raises whatever the iterator raises. A reader that stops early stops the thread at its next
    item.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[T] | BaseException | None] = asyncio.Queue(ahead)
    stop = threading.Event()

    def work() -> None:
        last: BaseException | None = None
        try:
            for item in items:
                if stop.is_set():
                    return
                asyncio.run_coroutine_threadsafe(queue.put((item,)), loop).result()
        except BaseException as error:  # handed to the reader
            last = error
        with contextlib.suppress(RuntimeError):
            asyncio.run_coroutine_threadsafe(queue.put(last), loop)

    threading.Thread(target=work, name="deskhand-list", daemon=True).start()
    try:
        while True:
            item = await queue.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                return
            yield item[0]
    finally:
        stop.set()
        while not queue.empty():
            queue.get_nowait()
