"""What changed, in order, each thing once: how a page follows without gaps however long it was off.

The log holds names of things, not what happened to them. A page that asks for everything after a
place gets each thing that changed since as it is now, so that the log is never longer than the
workspace is large, and a page that is slow or was away gets no more than one that was not.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict

from bot.workspace.changes import Change

Key = Change | str
"""A thing of the workspace, or `bot`, `faults`, `model`, `workspace`: what stands beside it."""


class Feed:
    """The log of one start of the server."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(4)
        self._last = 0
        self._keys: OrderedDict[Key, int] = OrderedDict()
        self._waiting: set[asyncio.Event] = set()

    @property
    def place(self) -> str:
        """The end of the log as a page names it."""
        return self.name(self._last)

    @property
    def followers(self) -> int:
        """How many wait for a change now."""
        return len(self._waiting)

    def name(self, number: int) -> str:
        """A place of the log as a page names it."""
        return f"{self.epoch}-{number}"

    def touch(self, key: Key) -> None:
        """Notes that a thing changed, and wakes who waits."""
        self._last += 1
        self._keys[key] = self._last
        self._keys.move_to_end(key)
        for waiting in self._waiting:
            waiting.set()

    def number_of(self, place: str) -> int | None:
        """The number of a place; None where it is of another start, or none at all."""
        epoch, _, number = place.rpartition("-")
        if epoch != self.epoch or not (number.isascii() and number.isdigit()):
            return None
        return int(number) if int(number) <= self._last else None

    def knows(self, key: Key) -> bool:
        """Whether a thing changed before."""
        return key in self._keys

    def since(self, number: int, *, most: int = 200) -> tuple[list[Key], int]:
        """The first things that changed after a place, in order, and the place this reaches."""
        changed: list[Key] = []
        for key in reversed(self._keys):
            if self._keys[key] <= number:
                break
            changed.append(key)
        changed.reverse()
        if len(changed) <= most:
            return changed, self._last
        return changed[:most], self._keys[changed[most - 1]]

    async def beyond(self, number: int) -> None:
        """Returns once something changed after a place."""
        if self._last > number:
            return
        woken = asyncio.Event()
        self._waiting.add(woken)
        try:
            while self._last <= number:
                woken.clear()
                await woken.wait()
        finally:
            self._waiting.discard(woken)
