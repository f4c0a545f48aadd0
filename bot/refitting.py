"""Learns how much the documents answer, again when they have changed.

A look every few seconds costs two rows. Only what full members may read counts: a file of a
question or of a channel is nothing that a fit reads. What the last fit was made from, and who
makes the next, is a row, so that neither a restart nor a second bot does anything twice; an
ingestion that fits at its end leaves nothing to do here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.answerability.fit import Fit
from engine.answerability.own_model import NAME, OwnAnswerability
from engine.audience import FULL_MEMBER
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.fault_place import place
from engine.storage.documents import DocumentStore
from engine.storage.fits import FitStore

log = logging.getLogger(__name__)

_LOOK_S = 10.0
_QUIET = timedelta(seconds=60)
"""So long nothing may have changed: an ingestion changes the documents group by group."""
_REST = 3.0
"""A fit pauses so many times as long as it works: a quarter of a processor."""
_MOST_S = 900.0
"""How long a fit may take, and how long the claim of a bot that died holds up the others."""
_MOST_WAIT = timedelta(hours=6)
_MOST_PAUSE_S = 300.0
_MOST_FAILURES = 10
"""More make no wait longer."""


@dataclass(slots=True, kw_only=True)
class Refitting:
    """Looks after one tenant's answerability model.

    every_s: least time between two fits, and longest that a change waits for quiet; 0: none is
    made.
    """

    tenant: str
    own: OwnAnswerability
    documents: DocumentStore
    fits: FitStore
    clock: Clock
    every_s: float
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _revision: int | None = None
    _state: str = ""
    _changed_at: datetime | None = None
    _waits_since: datetime | None = None
    _failures: int = 0
    _running: asyncio.Task[None] | None = field(default=None)

    def start(self) -> None:
        """Begins to look; nothing where the settings want no fits."""
        if self.every_s:
            self._running = asyncio.create_task(self._run(), name="deskhand-refit")

    async def aclose(self) -> None:
        """Stops; a fit under way is given up, and made at the next start. Idempotent."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    async def _run(self) -> None:
        while True:
            await self.sleep(min(_LOOK_S * 2.0**self._failures, _MOST_PAUSE_S))
            try:
                await self.look()
                self._failures = 0
                continue
            except DeskhandError as error:
                log.warning("whether documents changed was not seen, it is tried again: %s", error)
            except Exception as error:  # the loop outlives it
                log.error(
                    "looking for changed documents failed: %s at %s",
                    type(error).__name__,
                    place(error),
                )
            self._failures = min(self._failures + 1, _MOST_FAILURES)

    async def look(self) -> None:
        """Fits where documents changed and have been quiet since.

        Raises: StorageUnavailable.
        """
        at = self.clock()
        revision = await self.documents.revision(self.tenant)
        if revision != self._revision:
            state = await self.own.state(self.tenant, FULL_MEMBER)
            if self._changed_at is None or state != self._state:
                self._changed_at = at
            self._revision, self._state = revision, state
        if await self.fits.state(self.tenant, NAME) == self._state:
            self._waits_since = None
            return
        self._waits_since = self._waits_since or at
        quiet = self._changed_at is not None and at - self._changed_at >= _QUIET
        if quiet or at - self._waits_since >= max(_QUIET, timedelta(seconds=self.every_s)):
            await self._fit_unless_another_does(at)

    async def _fit_unless_another_does(self, at: datetime) -> None:
        claim = await self.fits.claim(self.tenant, NAME, self._state, at=at, lease_s=_MOST_S)
        if claim is None:
            return
        due_at, failed = None, False
        try:
            failed = not await self._fit()
            due_at = at + self._wait(claim.failures + 1 if failed else 0)
        finally:
            await asyncio.shield(
                self.fits.give_back(self.tenant, NAME, claim, due_at=due_at, failed=failed)
            )

    async def _fit(self) -> bool:
        """Whether it could be made; that there is too little to learn from is no failure."""
        try:
            async with asyncio.timeout(_MOST_S):
                made = await self.own.refit(self.tenant, FULL_MEMBER, rest=_REST)
        except TimeoutError:
            log.warning("learning what the documents answer took over %.0f minutes", _MOST_S / 60)
            return False
        except DeskhandError as error:
            log.warning("what the documents answer was not learnt, it is tried later: %s", error)
            return False
        except Exception as error:  # answers go on with what was learnt before
            log.error(
                "learning what the documents answer failed: %s at %s",
                type(error).__name__,
                place(error),
            )
            return False
        log.info("documents changed; what they answer: %s", _shown(made))
        return True

    def _wait(self, failures: int) -> timedelta:
        """From one fit's start to the next; longer after each failure."""
        wait = timedelta(seconds=self.every_s)
        return max(wait, min(wait * 2.0 ** min(failures, _MOST_FAILURES), _MOST_WAIT))


def _shown(made: Fit | None) -> str:
    if made is None:
        return "too few passages to learn from, so the shipped model serves"
    if not made.learnt:
        return f"the shipped model serves, AUROC {made.auroc:.2f}"
    return f"learnt from {made.examples:,} questions, AUROC {made.auroc:.2f}"
