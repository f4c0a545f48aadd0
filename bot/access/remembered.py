"""A bounded memory of facts that are read elsewhere and change there."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
MonotonicS = Callable[[], float]
"""Seconds of a clock that never goes back."""


class Remembered(Generic[K, V]):
    """Values by key, each for `ttl_s` from the moment its reading began.

    Readers of one key share one reading. What is forgotten while it is being read is not
    remembered, and who asks from then on has it read anew. Failures are not remembered.

    most: sum of `weight` over all values, past which those used longest ago go.
    """

    def __init__(
        self,
        *,
        ttl_s: float,
        most: int,
        clock: MonotonicS,
        weight: Callable[[V], int] = lambda _: 1,
    ) -> None:
        self._ttl_s = ttl_s
        self._most = most
        self._clock = clock
        self._weigh = weight
        self._weight = 0
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._reading: dict[K, asyncio.Task[V]] = {}
        self._tasks: set[asyncio.Task[V]] = set()
        self._many: list[_Many[K]] = []

    def __len__(self) -> int:
        return len(self._kept)

    def peek(self, key: K) -> V | None:
        """What is remembered and fresh; None where nothing is."""
        found = self._kept.get(key)
        if found is None:
            return None
        if self._clock() - found[0] >= self._ttl_s:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return found[1]

    async def get(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        """What is remembered, else what `read` gives. Raises what `read` raises."""
        known = self.peek(key)
        if known is not None:
            return known
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(self._read(key, self._clock(), read))
            self._reading[key] = task
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return await asyncio.shield(task)  # one who gives up takes nothing from the others

    @contextmanager
    def reading_many(self) -> Iterator[Callable[[K, V], None]]:
        """Something to call with each key and value that one reading of many finds."""
        began, many = self._clock(), _Many[K]()
        self._many.append(many)

        def keep(key: K, value: V) -> None:
            if not many.all_forgotten and key not in many.forgotten:
                self._keep(key, began, value)

        try:
            yield keep
        finally:
            self._many = [other for other in self._many if other is not many]

    def forget(self, key: K) -> None:
        """Has the key read anew by whoever asks next."""
        self._drop(key)
        self._reading.pop(key, None)
        for many in self._many:
            many.forgotten.add(key)

    def forget_all(self) -> None:
        """Has everything read anew."""
        for many in self._many:
            many.all_forgotten = True
        self._kept.clear()
        self._reading.clear()
        self._weight = 0

    async def aclose(self) -> None:
        """Ends the readings under way."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, key: K, began: float, read: Callable[[], Awaitable[V]]) -> V:
        me = asyncio.current_task()
        try:
            value = await read()
            if self._reading.get(key) is me:  # else it was forgotten meanwhile
                self._keep(key, began, value)
            return value
        finally:
            if self._reading.get(key) is me:
                del self._reading[key]

    def _keep(self, key: K, began: float, value: V) -> None:
        self._drop(key)
        self._kept[key] = (began, value)
        self._weight += self._weigh(value)
        while self._weight > self._most and self._kept:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: K) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._weight -= self._weigh(gone[1])

    def _done(self, task: asyncio.Task[V]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen where everybody who asked has given up


class _Many(Generic[K]):
    """A reading of many at once, and what was forgotten since it began."""

    def __init__(self) -> None:
        self.forgotten: set[K] = set()
        self.all_forgotten = False
