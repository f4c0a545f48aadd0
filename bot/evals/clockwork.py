"""What happens by itself: due schedules are started, and open announcements attended.

APScheduler only wakes it up. What is due, and who does it, are rows, so that neither a restart nor
a second bot does anything twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.delivery.recovery import InDoubt
from bot.delivery.refusals import Meaning, meaning_of
from bot.evals.attending import Attending
from bot.evals.cron import next_due
from bot.evals.posts import Lost, Posts
from bot.evals.starting import BY_CLOCK, Starting
from bot.evals.telling import Telling
from bot.slack_api import RateLimited, Refused, SlackApi
from engine.clock import Clock
from engine.errors import DeskhandError, WrongUse
from engine.fault_place import place as place_of
from engine.settings import Settings
from engine.storage.announcements import Announcement, AnnouncementKind, AnnouncementStore
from engine.storage.evaluation_run import AlreadyRunning, RunState, Schedule
from engine.storage.evaluation_schedules import EvaluationSchedules

log = logging.getLogger(__name__)

WATCH = "watch"
"""Name and target of the schedule that the settings make."""
_LOOK_S = 2.0
_LEAST_WAIT_S = 1.0
_MOST_WAIT_S = 300.0
_MOST_ATTEMPTS = 12
_FILES_OF_PROCESS = 4
_LOUD = ("apscheduler", "tzlocal")


@dataclass(slots=True, kw_only=True)
class Clockwork:
    """Looks every few seconds, and when there is news: a row that a command of this bot made."""

    settings: Settings
    api: SlackApi
    schedules: EvaluationSchedules
    announcements: AnnouncementStore
    starting: Starting
    attending: Attending
    telling: Telling
    clock: Clock
    news: asyncio.Event
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _scheduler: AsyncIOScheduler | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _looking: asyncio.Task[None] | None = None
    _failing: bool = False

    @property
    def _lease_s(self) -> float:
        return self.settings.slack.lease_s

    async def start(self) -> None:
        """Begins to look. Needs a running event loop.

        Raises: StorageUnavailable; WrongUse where the watch's time zone is none.
        """
        await self._settle_watch()
        for name in _LOUD:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            self._wake, "interval", seconds=_LOOK_S, coalesce=True, max_instances=1, id="evals"
        )
        self._scheduler.start()
        self._looking = asyncio.create_task(self._look_on(), name="deskhand-evals")

    async def aclose(self) -> None:
        """Stops; runs go on, and whoever starts next tells of them. Idempotent."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        looking, self._looking = self._looking, None
        tasks = [*self._tasks, *([] if looking is None else [looking])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wake(self) -> None:
        self.news.set()

    async def _look_on(self) -> None:
        while True:
            await self.news.wait()
            self.news.clear()
            await self.look()

    async def look(self) -> None:
        """Starts what is due, and attends what nobody does."""
        try:
            await self._start_due()
            await self._announce_left()
            while held := await self.announcements.claim(
                self.settings.tenant, at=self.clock(), lease_s=self._lease_s
            ):
                task = asyncio.create_task(self._keep(held))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            self._failing = False
        except DeskhandError as error:
            if not self._failing:
                log.warning("evaluations were not looked after: %s", error)
            self._failing = True
        except Exception as error:  # the next look may go well
            log.error("evaluations: %s at %s", type(error).__name__, place_of(error))

    async def _start_due(self) -> None:
        """Starts each schedule that is due; of several missed times, one."""
        tenant, at = self.settings.tenant, self.clock()
        if not any(s.next_due_at <= at for s in await self.schedules.all(tenant)):
            return
        await self._forget_old()
        while due := await self.schedules.claim_due(tenant, at=at):
            run_id = await self._start_one(due)
            assert due.lease is not None
            try:
                again = next_due(due.cron, due.timezone, self.clock())
            except WrongUse as error:  # a zone that the machine knows no more
                log.error("the schedule %s cannot go on: %s", due.name, error)
                again = self.clock() + timedelta(days=1)
            await self.schedules.moved(
                tenant, due.name, due.lease, next_due_at=again, run_id=run_id
            )

    async def _forget_old(self) -> None:
        from evals.reports.files import prune_reports

        keep = self.settings.evals.keep_reports
        try:
            await self.attending.children.forget_old(keep * _FILES_OF_PROCESS)
            await prune_reports(self.settings.home / "evals" / "watch", keep)
        except OSError as error:
            log.warning("old reports could not be removed: %s", error.strerror)

    async def _start_one(self, due: Schedule) -> str | None:
        evals = self.settings.evals
        channel = due.channel or evals.report_channel or ""
        owner = due.owner or evals.report_owner
        if due.target == WATCH:
            await self.telling.open_watch(channel=channel, owner=owner, due_at=due.next_due_at)
            return None
        if not channel:
            log.warning("nobody is told of %s: set DESKHAND_EVALS__REPORT_CHANNEL", due.name)
        found = await self.starting.start(
            due.target,
            due.options,
            requested_by=f"{BY_CLOCK}{due.name}",
            channel=channel,
            asked_by=None,
            owner=owner,
        )
        if isinstance(found, AlreadyRunning):
            if found.run.requested_by != f"{BY_CLOCK}{due.name}":
                log.info("the schedule %s found its target being evaluated", due.name)
                return None
            return found.run.id  # started by a bot that ended before it could say so
        return found.id

    async def _announce_left(self) -> None:
        """Runs whose announcement a bot that ended did not come to open."""
        store = self.starting.runs
        for run in await store.list(self.settings.tenant, states=(RunState.RUNNING,)):
            known = await self.announcements.get(run.tenant, run.id) if run.message else True
            if known is None:
                await self.starting.announce(run)

    async def _keep(self, held: Announcement) -> None:
        """Attends one while its lease is renewed; what fails is tried again later."""
        working = asyncio.create_task(self._work(held))
        renewing = asyncio.create_task(self._renew(held))
        try:
            await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = working.done()
            working.cancel()
            renewing.cancel()
            await asyncio.gather(working, renewing, return_exceptions=True)
            self.attending.children.let_go(held.id)
            if not ended:
                await asyncio.shield(asyncio.create_task(self._let_go(held)))

    async def _work(self, held: Announcement) -> None:
        posts = Posts(self.api, self.announcements, self.clock, held)
        try:
            if held.kind is AnnouncementKind.RUN:
                await self.attending.attend(posts)
            else:
                await self.telling.tell(posts)
        except Lost:
            return
        except Refused as refused:
            if meaning_of(refused) in (Meaning.NOWHERE, Meaning.THREAD_GONE):
                log.error("nobody can be told of an evaluation: %s", refused)
                await self.announcements.close(held, at=self.clock())
            else:
                await self._again(held, refused)
        except RateLimited as limit:
            await self._again(held, limit, wait_s=limit.retry_after_s)
        except InDoubt as doubt:
            wait_s = (doubt.due_at - self.clock()).total_seconds()
            await self._again(held, doubt, wait_s=max(wait_s, 0.0))
        except DeskhandError as error:
            await self._again(held, error)
        except Exception as error:  # one of them, not the others
            log.error("an evaluation: %s at %s", type(error).__name__, place_of(error))
            await self._again(held, error)
        else:
            await self.announcements.close(held, at=self.clock())

    async def _again(self, held: Announcement, error: Exception, *, wait_s: float = -1.0) -> None:
        """Puts it back, for as long as Slack asks, or longer with each failure."""
        at = self.clock()
        if wait_s < 0:
            attempts = held.attempts + 1
            if attempts >= _MOST_ATTEMPTS:
                log.error("an evaluation is told of no more: %s", error)
                await self.announcements.close(held, at=at)
                return
            log.warning("an evaluation was not told of yet: %s", error)
            await self.announcements.count_failure(held, attempts)
            wait_s = min(2.0**attempts, _MOST_WAIT_S)
        due_at = at + timedelta(seconds=max(wait_s, _LEAST_WAIT_S))
        await self.announcements.put_back(held, due_at=due_at)

    async def _renew(self, held: Announcement) -> None:
        """Until the lease is lost."""
        lease = timedelta(seconds=self._lease_s)
        until = self.clock() + lease
        while True:
            await self.sleep(self._lease_s / 3)
            now = self.clock()
            try:
                if not await self.announcements.renew(held, until=now + lease):
                    return
                until = now + lease
            except DeskhandError:
                if now >= until:
                    return

    async def _let_go(self, held: Announcement) -> None:
        try:
            await self.announcements.put_back(held, due_at=self.clock())
        except DeskhandError as error:
            log.info("an evaluation is told of when its lease has lapsed: %s", error)

    async def _settle_watch(self) -> None:
        """Makes the watch's schedule be as the settings say."""
        evals, tenant = self.settings.evals, self.settings.tenant
        known = {schedule.name: schedule for schedule in await self.schedules.all(tenant)}
        if evals.watch_hour is None:
            if WATCH in known:
                await self.schedules.remove(tenant, WATCH)
            return
        cron = f"0 {evals.watch_hour} * * *"
        there = known.get(WATCH)
        if there is not None and (there.cron, there.timezone) == (cron, evals.watch_timezone):
            return
        await self.schedules.put(
            tenant,
            Schedule(
                name=WATCH,
                target=WATCH,
                options={},
                cron=cron,
                timezone=evals.watch_timezone,
                channel=None,
                owner=None,
                next_due_at=next_due(cron, evals.watch_timezone, self.clock()),
            ),
        )
