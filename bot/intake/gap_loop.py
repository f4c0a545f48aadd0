"""Reads what was missed, each time there may be something; one reading at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from bot.access.facts import SlackFacts
from bot.intake.gaps import Gaps
from engine.errors import DeskhandError
from engine.fault_place import place

log = logging.getLogger(__name__)

_LEAST_GAP_S = 3.0
"""What a shorter one lost, Slack delivers again."""
_TRIES_AGAIN_S = 30.0
_LIMITED_S = 60.0
"""Slack says once in each minute that it holds events back; what it held back it never sends."""


class GapLoop:
    """Runs `gaps.read` at the start and after each connection that was lost for a while."""

    def __init__(self, gaps: Gaps, facts: SlackFacts) -> None:
        self._gaps = gaps
        self._facts = facts
        self._due = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begins with what was missed while nobody ran."""
        self._due.set()
        self._running = asyncio.create_task(self._run(), name="deskhand-gaps")

    async def on_connected(self, gap_s: float) -> None:
        """A connection stands again; what changed meanwhile was told to nobody."""
        if gap_s >= _LEAST_GAP_S:
            self._facts.forget_all()
            self._due.set()

    def on_limited(self) -> None:
        """Slack held events back: they are read once it has stopped doing so."""
        self._put_off()
        self._later = asyncio.get_running_loop().call_later(_LIMITED_S, self._due.set)

    async def aclose(self) -> None:
        """Stops. Idempotent."""
        self._put_off()
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def _put_off(self) -> None:
        if self._later is not None:
            self._later.cancel()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._gaps.read()
                continue
            except DeskhandError as error:
                log.warning("the history was not read, it is tried again: %s", error)
            except Exception as error:  # the loop outlives it
                log.error("the history was not read: %s at %s", type(error).__name__, place(error))
            await asyncio.sleep(_TRIES_AGAIN_S)
            self._due.set()
