"""A run's row while it is under way: its lease, how far it is, and the answers made so far."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from engine.clock import Clock
from engine.errors import DeskhandError, StorageUnavailable
from engine.storage.evaluation_answers import EvaluationAnswers
from engine.storage.evaluation_run import CachedAnswer, Order, Run, RunState
from engine.storage.evaluations import LEASE_S, EvaluationStore

BEAT_S = 1.0
"""Between signs of life, so that one who cancels waits no longer, and a kill loses no more."""
_PATIENCE_S = LEASE_S / 2
"""How long the database may fail before the run gives up: before its lease lapses."""


class RunCancelled(DeskhandError):
    """Somebody asked for the run's end."""


class RunLost(DeskhandError):
    """Another process has the run now, or it was ended elsewhere."""


def process_name() -> str:
    """Who holds a lease: a name that no other process has, nor this one under the same id."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


class Keeper:
    """The row of one run that this process has."""

    def __init__(
        self, run: Run, owner: str, store: EvaluationStore, answers: EvaluationAnswers, clock: Clock
    ) -> None:
        self.run = run
        self.store = store
        self.answers = answers
        self.clock = clock
        self.done = run.done
        self.total = run.total
        self.asked = run.asked
        self.cost_usd = run.cost_usd
        self.fingerprint = run.fingerprint
        self._owner = owner
        self._unsaved: list[CachedAnswer] = []
        self._over = False

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Gives signs of life until it is left; a run that has not ended then is let go.

        Raises: RunCancelled, RunLost, StorageUnavailable in the middle of what is inside.
        """
        inside = asyncio.current_task()
        assert inside is not None
        stopped: list[DeskhandError] = []

        async def beat() -> None:
            try:
                await self._beat_on()
            except DeskhandError as error:
                stopped.append(error)
                inside.cancel()

        beating = asyncio.create_task(beat())
        try:
            yield
        except asyncio.CancelledError:
            # A second cancellation, of the command itself, must not be swallowed.
            if not stopped or inside.uncancel() > 0:
                raise
            raise stopped[0] from None
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating
            await asyncio.shield(asyncio.create_task(self._let_go(stopped)))

    def save(self, answer: CachedAnswer) -> None:
        """Stores an answer with the next sign of life."""
        self._unsaved.append(answer)

    async def flush(self) -> None:
        """Stores what is not stored yet."""
        unsaved, self._unsaved = self._unsaved, []
        try:
            await self.answers.keep(self.run.tenant, unsaved, at=self.clock())
        except BaseException:
            self._unsaved = unsaved + self._unsaved
            raise

    async def finish(
        self, state: RunState, record: Mapping[str, Any] | None, *, problem: str = ""
    ) -> None:
        """Ends the run.  Raises: RunLost where this process has it no more."""
        await self.flush()
        await self._beat()
        self._over = True
        ended = await self.store.finish(
            *(self.run.tenant, self.run.id, state),
            owner=self._owner,
            at=self.clock(),
            record=record,
            problem=problem,
        )
        if not ended:
            raise self._lost()

    async def _beat_on(self) -> None:
        failing_since: float | None = None
        loop = asyncio.get_running_loop()
        while not self._over:
            try:
                await self.flush()
                order = await self._beat()
            except StorageUnavailable:
                failing_since = failing_since if failing_since is not None else loop.time()
                if loop.time() - failing_since > _PATIENCE_S:
                    raise
            else:
                failing_since = None
                if order is Order.CANCEL:
                    raise RunCancelled(f"the run {self.run.id} was cancelled")
                if order is Order.LOST and not self._over:
                    raise self._lost()
            await asyncio.sleep(BEAT_S)

    async def _beat(self) -> Order:
        return await self.store.beat(
            self.run.tenant,
            self.run.id,
            owner=self._owner,
            at=self.clock(),
            done=self.done,
            total=self.total,
            asked=self.asked,
            cost_usd=self.cost_usd,
            fingerprint=self.fingerprint,
        )

    async def _let_go(self, stopped: list[DeskhandError]) -> None:
        """Stores what can be stored, so that a run that was broken off goes on from there."""
        if self._over or any(not isinstance(error, RunCancelled) for error in stopped):
            return
        with contextlib.suppress(StorageUnavailable):
            await self.flush()
            await self._beat()
            if not stopped:
                await self.store.release(
                    self.run.tenant, self.run.id, owner=self._owner, at=self.clock()
                )

    def _lost(self) -> RunLost:
        return RunLost(
            f"the run {self.run.id} went on without this process; see `deskhand eval show "
            f"{self.run.id[:8]}`"
        )
