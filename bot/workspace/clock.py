"""The workspace's time: the machine's, or one that a test moves."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class Clock(Protocol):
    """What tells the time to everything in the workspace that expires or waits."""

    def now(self) -> float:
        """Seconds since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Returns once `now()` is that much later."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Waits in real time."""
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """Time that stands still until `advance`."""

    def __init__(self, start: float | None = None) -> None:
        self._now = time.time() if start is None else start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Seconds since 1970, as last set."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Waits until `advance` has moved past it."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), done))
        await done

    async def advance(self, seconds: float) -> None:
        """Moves the time, waking sleepers in their order and letting each act before the next."""
        until = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, done = heapq.heappop(self._sleepers)
            self._now = max(self._now, due)
            if not done.done():
                done.set_result(None)
            for _ in range(5):  # the sleeper, and what it starts, run before later ones wake
                await asyncio.sleep(0)
        self._now = until
        await asyncio.sleep(0)
