"""Does what is due: timers are rows, and each kind has somebody who does it.

APScheduler only wakes it up, so that neither a restart nor a second bot does anything twice. Who
does it may be called again for the same timer after a crash, and so what it posts goes out under
a key that is the same then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.delivery.recovery import InDoubt
from bot.slack_api import RateLimited
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.fault_place import place as place_of
from engine.storage.timers import Timer, TimerStore

log = logging.getLogger(__name__)

Handler = Callable[[Timer], Awaitable[datetime | None]]
"""Does what a timer is for; gives when it is due again, None where it is over.

Raises: NotBefore; RateLimited, InDoubt or another DeskhandError where it is to be tried again.
"""


class NotBefore(Exception):  # not a fault: the timer is right, and has to wait
    """What a timer is for is not to be done before `due_at`; it is asked again until then."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__()
        self.due_at = due_at


_LOOK_S = 1.0
_LEAST_WAIT_S = 1.0
_MOST_WAIT_S = 3_600.0
_MOST_AT_ONCE = 8
_LOUD = ("apscheduler", "tzlocal")


@dataclass(slots=True, kw_only=True)
class Timekeeper:
    """The timers of one tenant.

    handlers: by kind; timers of other kinds are left to whoever knows them. lease_s: after this
    long another bot does what this one, which was ended, had begun.
    """

    tenant: str
    timers: TimerStore
    handlers: Mapping[str, Handler]
    clock: Clock
    lease_s: float
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _scheduler: AsyncIOScheduler | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _looking: asyncio.Task[None] | None = None
    _failing: bool = False

    async def start(self) -> None:
        """Begins to look. Needs a running event loop."""
        for name in _LOUD:
            logging.getLogger(name).setLevel(logging.WARNING)
        # It logs as an error, with its stack, that stopping cancelled a wake-up.
        logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            self._wake, "interval", seconds=_LOOK_S, coalesce=True, max_instances=1, id="timers"
        )
        self._scheduler.start()
        self._looking = asyncio.create_task(self._look_on(), name="deskhand-timers")

    async def aclose(self) -> None:
        """Stops; what is under way is given back, to be done anew. Idempotent."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        looking, self._looking = self._looking, None
        tasks = [*self._tasks, *([] if looking is None else [looking])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something may be due at once."""
        self._news.set()

    async def _wake(self) -> None:
        self._news.set()

    async def _look_on(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self.look()

    async def look(self) -> None:
        """Begins all that is due, as far as it has hands for it."""
        try:
            while len(self._tasks) < _MOST_AT_ONCE and (held := await self._claim()) is not None:
                task = asyncio.create_task(self._keep(held, self.clock()))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            self._failing = False
        except DeskhandError as error:
            if not self._failing:
                log.warning("timers were not looked after: %s", error)
            self._failing = True
        except Exception as error:  # the next look may go well
            log.error("timers: %s at %s", type(error).__name__, place_of(error))

    async def _claim(self) -> Timer | None:
        return await self.timers.claim(
            self.tenant, at=self.clock(), lease_s=self.lease_s, kinds=list(self.handlers)
        )

    async def _keep(self, held: Timer, since: datetime) -> None:
        """Does one while its claim is renewed; what fails is tried again later."""
        working = asyncio.create_task(self._work(held))
        renewing = asyncio.create_task(self._renew(held, since))
        try:
            await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = working.done()
            working.cancel()
            renewing.cancel()
            await asyncio.gather(working, renewing, return_exceptions=True)
            if not ended:
                await asyncio.shield(asyncio.create_task(self._let_go(held)))

    async def _work(self, held: Timer) -> None:
        try:
            next_due_at = await self.handlers[held.kind](held)
            await self.timers.done(held, at=self.clock(), next_due_at=next_due_at)
        except RateLimited as limit:
            await self._again(held, limit.retry_after_s, counted=False)
        except (InDoubt, NotBefore) as later:
            wait_s = (later.due_at - self.clock()).total_seconds()
            await self._again(held, wait_s, counted=False)
        except DeskhandError as error:
            log.warning("%s is tried again: %s", held.kind, error)
            await self._again(held, 2.0 ** min(held.attempts, 12))
        except Exception as error:  # one of them, not the others
            log.error("%s: %s at %s", held.kind, type(error).__name__, place_of(error))
            await self._again(held, 2.0 ** min(held.attempts, 12))
        finally:
            self._news.set()  # a hand is free

    async def _again(self, held: Timer, wait_s: float, *, counted: bool = True) -> None:
        wait_s = min(max(wait_s, _LEAST_WAIT_S), _MOST_WAIT_S)
        try:
            await self.timers.put_back(
                held, due_at=self.clock() + timedelta(seconds=wait_s), counted=counted
            )
        except DeskhandError as error:
            log.info("%s is tried again when its lease has lapsed: %s", held.kind, error)

    async def _renew(self, held: Timer, since: datetime) -> None:
        """Until the claim is lost."""
        lease = timedelta(seconds=self.lease_s)
        until = since + lease
        while True:
            await self.sleep(self.lease_s / 3)
            now = self.clock()
            try:
                if not await self.timers.renew(held, until=now + lease):
                    return
                until = now + lease
            except DeskhandError:
                if now >= until:
                    return

    async def _let_go(self, held: Timer) -> None:
        try:
            await self.timers.put_back(held, due_at=self.clock(), counted=False)
        except DeskhandError as error:
            log.info("%s is done anew when its lease has lapsed: %s", held.kind, error)
