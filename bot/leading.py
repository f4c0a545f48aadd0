"""Which process does the jobs: one of all that share a database, by a lease there.

The lease is on top of the rows that each job claims, by which nothing happens twice anyway: it
keeps a dozen processes from all looking for the same work, and ingesting beside each other. It is
renewed long before it lapses, and whoever cannot renew it stops while it is still its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import socket
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from engine.errors import DeskhandError
from engine.fault_place import place
from engine.storage.leases import LeaseStore
from engine.telemetry.catalogue import LEADER
from engine.telemetry.instruments import set_to

log = logging.getLogger(__name__)

JOBS: Final = "jobs"
LEASE_S = 8.0
_LOOKS = 4
"""So often within a lease it is renewed, or looked for."""
_SURE = 0.75
"""The part of a lease after which it counts as lost here: the rest is for stopping."""


class Led(Protocol):
    """What only the leader does."""

    async def start(self) -> None:
        """Begins."""

    async def aclose(self) -> None:
        """Stops, also what was only begun in part. Idempotent."""


@dataclass(slots=True, kw_only=True)
class Leadership:
    """One process's part in it.

    monotonic: seconds by a clock that nobody sets.
    """

    tenant: str
    leases: LeaseStore
    lease_s: float = LEASE_S
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    holder: str = field(
        default_factory=lambda: f"{socket.gethostname()[:64]}:{os.getpid()}:{uuid.uuid4()}"
    )
    _until: float = -math.inf
    _heard_at: float = -math.inf
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _led: Led | None = None

    @property
    def leads(self) -> bool:
        """Whether the lease is this process's beyond doubt."""
        return self.monotonic() < self._until

    def why_not(self) -> str:
        """Why this process can take no lease; empty where it could, should it be free."""
        heard = self.monotonic() - self._heard_at <= 2 * self.lease_s
        return "" if heard else "the database cannot be reached"

    async def start(self, led: Led) -> None:
        """Looks once whether it leads, and if so begins at once; goes on looking from then on.

        Raises: StorageUnavailable, and what beginning raises.
        """
        leads, self._led = await self._look(), led
        if leads:
            await self._begin(led)
        self._tasks = [
            asyncio.create_task(self._hold(), name="deskhand-lease-of-jobs"),
            asyncio.create_task(self._lead_on(led, begun=leads), name="deskhand-jobs"),
        ]

    async def aclose(self) -> None:
        """Stops what it leads, and hands the lease over. Idempotent."""
        tasks, self._tasks = self._tasks, []
        for task in reversed(tasks):  # the lease is held until the jobs have stopped
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        led, self._led = self._led, None
        if led is not None:  # also where a task was ended before its first step
            await led.aclose()
        held, self._until = self.leads, -math.inf
        self._show()
        if held:
            await self._hand_over()

    async def _begin(self, led: Led) -> None:
        try:
            await led.start()
        except BaseException:
            await led.aclose()
            await self._hand_over()
            raise

    async def _look(self) -> bool:
        """Takes or renews the lease.  Raises: StorageUnavailable."""
        asked_at = self.monotonic()
        mine = await self.leases.take(self.tenant, JOBS, self.holder, lease_s=self.lease_s)
        self._heard_at = self.monotonic()
        self._until = asked_at + self.lease_s * _SURE if mine else -math.inf
        self._show()
        return mine

    async def _hold(self) -> None:
        failing = False
        while True:
            await self.sleep(self.lease_s / _LOOKS)
            try:
                async with asyncio.timeout(self.lease_s / _LOOKS):
                    await self._look()
                failing = False
            except (DeskhandError, TimeoutError) as error:
                if not failing:
                    log.warning("who does the jobs is not known: %s", str(error) or "no answer")
                failing = True
            except Exception as error:  # the next look may go well
                log.error("the lease: %s at %s", type(error).__name__, place(error))
            self._show()
            self._news.set()

    def _show(self) -> None:
        set_to(LEADER, float(self.leads), workspace=self.tenant)

    async def _lead_on(self, led: Led, *, begun: bool) -> None:
        while True:
            while not (begun or self.leads):
                self._news.clear()
                await self._news.wait()
            log.info("this process does the jobs now")
            try:
                await self._lead(led, begun=begun)
                log.warning("this process does the jobs no more: its lease was not renewed")
            except DeskhandError as error:
                log.warning("the jobs were not begun, it is tried again: %s", error)
                await self.sleep(self.lease_s)
            except Exception as error:  # the next try may go well
                log.error("the jobs: %s at %s", type(error).__name__, place(error))
                await self.sleep(self.lease_s)
            begun = False

    async def _lead(self, led: Led, *, begun: bool) -> None:
        """Until the lease is lost; the jobs have stopped then."""
        lost = asyncio.create_task(self._lost())
        starting = asyncio.create_task(_nothing() if begun else led.start())
        try:
            await asyncio.wait({lost, starting}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await lost
        finally:
            for task in (lost, starting):
                task.cancel()
            await asyncio.gather(lost, starting, return_exceptions=True)
            await led.aclose()

    async def _lost(self) -> None:
        while self.leads:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._until - self.monotonic()):
                    await self._news.wait()

    async def _hand_over(self) -> None:
        try:
            async with asyncio.timeout(self.lease_s / _LOOKS):
                await self.leases.give_back(self.tenant, JOBS, self.holder)
        except (DeskhandError, TimeoutError) as error:
            log.info("the lease lapses by itself: %s", str(error) or "no answer")


async def _nothing() -> None:
    return
