"""The one thread on which every call to Qdrant Edge runs."""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from engine.errors import IndexUnavailable

T = TypeVar("T")
_Job = tuple[int, int, Callable[[], None] | None]

_URGENT, _ORDINARY = 0, 1


class EdgeThread:
    """Runs calls one after another, in the order given, but urgent ones before waiting others.

    Edge holds the interpreter for the whole of a call; the thread keeps the order and lets a
    question overtake the batches of an ingestion. It is a daemon, so a program that ends without
    `stop` is not held up (the write-ahead log keeps what was acknowledged).
    """

    def __init__(self) -> None:
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._turn = itertools.count()
        self._lock = threading.Lock()
        self._last: Future[None] | None = None
        self._thread = threading.Thread(target=self._work, name="deskhand-index", daemon=True)
        self._thread.start()

    async def run(self, call: Callable[[], T], *, urgent: bool = False) -> T:
        """The call's result; cancelling drops a call that has not begun, and lets others end.

        Raises: what the call raises; IndexUnavailable after `stop`.
        """
        return await asyncio.wrap_future(self._submit(call, _URGENT if urgent else _ORDINARY))

    async def stop(self, last_call: Callable[[], None]) -> None:
        """Runs one last call after every waiting one, then ends the thread; idempotent."""
        with self._lock:
            if self._last is None:
                self._last = self._enqueue(last_call, _ORDINARY)
                self._jobs.put((_ORDINARY, next(self._turn), None))
        # Shielded: a last call dropped by a cancellation would leave the shard open.
        await asyncio.shield(asyncio.wrap_future(self._last))

    def _submit(self, call: Callable[[], T], priority: int) -> Future[T]:
        with self._lock:
            if self._last is not None:
                raise IndexUnavailable("The search index was closed.", retryable=False)
            return self._enqueue(call, priority)

    def _enqueue(self, call: Callable[[], T], priority: int) -> Future[T]:
        future: Future[T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = call()
            except BaseException as exc:
                future.set_exception(exc)
            else:
                future.set_result(result)

        self._jobs.put((priority, next(self._turn), job))
        return future

    def _work(self) -> None:
        while True:
            _, _, job = self._jobs.get()
            if job is None:
                return
            job()
            # The next get() may wait long; without this it would keep the call's vectors alive.
            del job
