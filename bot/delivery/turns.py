"""Workspaces that one program serves take turns, so that a busy one keeps no other waiting."""

from __future__ import annotations

import asyncio


class Turns:
    """A bound on the questions that are answered at a time, whoever asks them.

    Each workspace waits for one turn at a time and they are given in the order of waiting; so a
    workspace with a single question waits for one that is answered, not for a queue.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def take(self, unless: asyncio.Event) -> bool:
        """Waits for a turn; false where `unless` is set before it comes."""
        if not self._free.locked() and not unless.is_set():
            await self._free.acquire()
            return True
        taking = asyncio.ensure_future(self._free.acquire())
        leaving = asyncio.ensure_future(unless.wait())
        taken = False
        try:
            await asyncio.wait({taking, leaving}, return_when=asyncio.FIRST_COMPLETED)
            taken = taking.done() and not unless.is_set()
        finally:
            leaving.cancel()
            if not taken and not taking.cancel():
                self._free.release()
        return taken

    def give_back(self) -> None:
        """A turn is over."""
        self._free.release()
