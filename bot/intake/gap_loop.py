"""Reads what was missed, each time there may be something; one reading at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable

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
_UNREACHED_EVERY_S = 300.0
"""Between readings because of events that came late: they may come late as the bot is slow, too."""
_SWEEP_PAUSE_S = 3.0
"""Before each call of a sweep: 20 a minute, of the 50 that Slack allows of each kind."""
_LIMITED_S = 60.0
"""Slack says once in each minute that it holds events back; what it held back it never sends."""


class GapLoop:
    """Reads history at the start, after each connection that was lost for a while, after an event
    that could not be kept, was held back, or reached the bot only when Slack tried again, and every
    `sweep_every_s` after the last reading: a bot that nobody can reach is told of nothing. sweeps:
    whether this process does the latter now; one of all replicas is enough.

    Where a reading begins only readings move on: that live messages come says nothing of what lies
    below them.
    """

    def __init__(
        self,
        gaps: Gaps,
        facts: SlackFacts,
        clock: Clock,
        *,
        sweep_every_s: float,
        sweeps: Callable[[], bool] = lambda: True,
    ) -> None:
        self._gaps = gaps
        self._facts = facts
        self._clock = clock
        self._sweep_every_s = sweep_every_s
        self._sweeps = sweeps
        self._due = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._opened, self._read = 0, 0
        """Gaps that opened, and how many of these had when the last reading began that ended."""
        self._edge = math.inf
        self._began_at = -math.inf
        """When the last reading began, in seconds since 1970; what it cannot read is read again."""
        self._unreached_at = -math.inf
        """When history was last read, or is to be, because of an event that came late."""
        self._unread: frozenset[str] = frozenset()
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

    def on_unreached(self, sent_at: float) -> None:
        """An event that was sent then, in whole seconds since 1970, came only when Slack tried
        again: of earlier ones Slack may have given up."""
        if sent_at + 1 <= self._began_at:
            return  # the last reading began after that
        self._open()
        if self._later is None and not self._due.is_set():
            now_s = self._clock().timestamp()
            wait_s = max(_MISSED_S, self._unreached_at + _UNREACHED_EVERY_S - now_s)
            self._unreached_at = now_s + wait_s
            self._read_in(wait_s)

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
                async with asyncio.timeout(self._sweep_every_s):
                    await self._due.wait()
            due = self._due.is_set()
            self._due.clear()
            if not (due or self._sweeps()):
                continue
            try:
                await (self._read_gap() if due else self._sweep())
                continue
            except DeskhandError as error:
                log.warning("the history was not read, it is tried again: %s", error)
            except Exception as error:  # the loop outlives it
                log.error("the history was not read: %s at %s", type(error).__name__, place(error))
            if due:
                self._again()

    async def _sweep(self) -> None:
        """Ends early for a gap, of which the reading is quicker and finds the same."""
        pause_s = min(_SWEEP_PAUSE_S, self._sweep_every_s / 100)
        sweeping = asyncio.create_task(self._gaps.sweep(pause_s=pause_s))
        due = asyncio.create_task(self._due.wait())
        try:
            await asyncio.wait({sweeping, due}, return_when=asyncio.FIRST_COMPLETED)
            if sweeping.done():
                sweeping.result()
        finally:
            sweeping.cancel()
            due.cancel()
            await asyncio.gather(sweeping, due, return_exceptions=True)

    def _again(self) -> None:
        if self._later is None:
            self._read_in(self._pause_s)
            self._pause_s = min(2 * self._pause_s, _MOST_PAUSE_S)

    async def _read_gap(self) -> None:
        opened, edge = self._opened, self._edge
        self._began_at = self._clock().timestamp()
        only = self._unread if self._read == opened else frozenset[str]()
        self._unread = await self._gaps.read(only, since=edge)
        self._read = opened
        if self._unread:
            self._again()
            return
        self._pause_s = _TRIES_AGAIN_S
        if self._opened == opened:
            self._edge = math.inf
