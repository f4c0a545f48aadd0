"""Reads what was missed, each time there may be something; one reading at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math

from bot.access.facts import SlackFacts
from bot.intake.gaps import Gaps
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.fault_place import place

log = logging.getLogger(__name__)

_LEAST_GAP_S = 3.0
"""What a shorter one lost, Slack delivers again."""
_TRIES_AGAIN_S = 30.0
_MOST_PAUSE_S = 600.0
_MISSED_S = 5.0
"""From an event that could not be kept to the reading; a storage that fails, fails several."""
_EDGE_S = 60.0
"""Before the moment at which a gap is noticed: how much longer it may have been there."""
_NOTES_EVERY_S = 60.0
_LIMITED_S = 60.0
"""Slack says once in each minute that it holds events back; what it held back it never sends."""


class GapLoop:
    """Reads history at the start, after each connection that was lost for a while, and after an
    event that could not be kept or was held back.

    From a gap's opening until it is read, live messages say nothing of what lies below them. While
    there is no gap, up to where nothing is missing is noted from time to time: it follows the
    messages received by one interval, in which a gap would have been noticed.
    """

    def __init__(
        self, gaps: Gaps, facts: SlackFacts, clock: Clock, *, every_s: float = _NOTES_EVERY_S
    ) -> None:
        self._gaps = gaps
        self._facts = facts
        self._clock = clock
        self._every_s = every_s
        self._due = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._opened, self._read = 0, 0
        """Gaps that opened, and how many of these had when the last reading began that ended."""
        self._edge = math.inf
        self._unread: frozenset[str] = frozenset()
        self._received: dict[str, str] | None = None
        self._pause_s = _TRIES_AGAIN_S

    def start(self) -> None:
        """Begins with what was missed while nobody ran."""
        self._open()
        self._due.set()
        self._running = asyncio.create_task(self._run(), name="deskhand-gaps")

    async def on_connected(self, gap_s: float) -> None:
        """A connection stands again; what changed meanwhile was told to nobody."""
        if gap_s >= _LEAST_GAP_S:
            self._facts.forget_all()
            self._open(gap_s)
            self._due.set()

    def on_limited(self) -> None:
        """Slack held events back: they are read once it has stopped doing so."""
        self._open()
        self._put_off()
        self._read_in(_LIMITED_S)

    def on_missed(self) -> None:
        """An event could not be kept: it is read, should Slack give up delivering it."""
        self._open()
        if self._later is None:
            self._read_in(_MISSED_S)

    async def aclose(self) -> None:
        """Stops. Idempotent."""
        self._put_off()
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def _open(self, before_s: float = 0.0) -> None:
        self._opened += 1
        self._edge = min(self._edge, self._clock().timestamp() - before_s - _EDGE_S)
        self._received = None

    def _read_in(self, wait_s: float) -> None:
        self._later = asyncio.get_running_loop().call_later(wait_s, self._read_now)

    def _read_now(self) -> None:
        self._later = None
        self._due.set()

    def _put_off(self) -> None:
        if self._later is not None:
            self._later.cancel()
        self._later = None

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._due.wait()
            due = self._due.is_set()
            self._due.clear()
            try:
                await (self._read_gap() if due else self._note())
                continue
            except DeskhandError as error:
                log.warning("the history was not read, it is tried again: %s", error)
            except Exception as error:  # the loop outlives it
                log.error("the history was not read: %s at %s", type(error).__name__, place(error))
            if due:
                self._again()

    def _again(self) -> None:
        if self._later is None:
            self._read_in(self._pause_s)
            self._pause_s = min(2 * self._pause_s, _MOST_PAUSE_S)

    async def _read_gap(self) -> None:
        opened, edge = self._opened, self._edge
        only = self._unread if self._read == opened else frozenset[str]()
        self._unread = await self._gaps.read(only, since=edge)
        self._read = opened
        if self._unread:
            self._again()
            return
        self._pause_s = _TRIES_AGAIN_S
        if self._opened == opened:
            self._edge = math.inf

    async def _note(self) -> None:
        """Nothing is missing below what was received an interval ago in a channel that is read."""
        if self._read != self._opened:
            return
        before, opened = self._received, self._opened
        received = await self._gaps.marks()
        if self._opened != opened:
            return
        self._received = received
        if before:
            through = {c: ts for c, ts in before.items() if c not in self._unread}
            await self._gaps.is_read(through)
