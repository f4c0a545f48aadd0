"""Claims questions and has each of them brought to its outcome."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable
from datetime import timedelta

from bot.delivery.answerer import Answerer, Prepared, Wording
from bot.delivery.job import Job
from bot.delivery.poster import Poster
from bot.delivery.recovery import InDoubt
from bot.delivery.stream_bucket import StreamBucket
from bot.delivery.streaming import Sleep
from bot.delivery.tools import OnCase, OnDone, Stand, Tools
from bot.delivery.turns import Turns
from bot.slack_api import RateLimited, SlackApi, SlackFault, Unsure
from engine.clock import Clock, now
from engine.errors import StorageUnavailable
from engine.fault_place import place as place_of
from engine.slack_settings import SlackSettings
from engine.storage.inbox import InboxItem, InboxStore, State
from engine.storage.replies import Kind, ReplyStore

log = logging.getLogger(__name__)

_POLL_S = 1.0
"""How often due times and other workers' expired leases are looked for."""
_TIDY_TRIES = 10
_LOOKS_BACK = timedelta(days=1)
"""For messages that a crash kept from being removed with their question."""


async def _no_case(_: InboxItem, __: Prepared) -> None:
    return


async def _not_told(_: InboxItem, __: str) -> None:
    return


async def _as_it_is(item: InboxItem) -> InboxItem:
    return item


class Worker:
    """Works on up to `settings.workers` questions at a time; any number of replicas may run.

    answerer, stand: see there. on_case: opens the escalation of a question whose outcome is
    posted; must be idempotent, as it is called again where it raised or the program died. on_done:
    told once a question is done. turns: of all workspaces that the program serves. bot_user: the
    app's own user id. sleep: waits as `clock` goes.
    """

    def __init__(
        self,
        *,
        tenant: str,
        inbox: InboxStore,
        replies: ReplyStore,
        api: SlackApi,
        bot_user: str,
        answerer: Answerer,
        wording: Wording,
        settings: SlackSettings,
        turns: Turns | None = None,
        stand: Stand = _as_it_is,
        on_case: OnCase = _no_case,
        on_done: OnDone = _not_told,
        poster: Poster | None = None,
        bucket: StreamBucket | None = None,
        clock: Clock = now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.poster = poster or Poster(
            tenant=tenant, api=api, replies=replies, bot_user=bot_user, clock=clock
        )
        self._tools = Tools(
            tenant=tenant,
            inbox=inbox,
            replies=replies,
            api=api,
            poster=self.poster,
            answerer=answerer,
            wording=wording,
            bucket=bucket or StreamBucket(clock=clock),
            settings=settings,
            stand=stand,
            on_case=on_case,
            on_done=on_done,
            clock=clock,
            sleep=sleep,
        )
        self._turns = turns
        self._owner = f"worker-{uuid.uuid4()}"
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopped = asyncio.Event()
        self._dispatching: asyncio.Task[None] | None = None

    @property
    def busy(self) -> int:
        """Questions being worked on now."""
        return len(self._jobs)

    def start(self) -> None:
        """Begins to claim, and ends what a crash left open. Needs a running event loop."""
        self._begin(self._recover())
        self._dispatching = asyncio.create_task(self._dispatch(), name="deskhand-worker")

    def wake(self) -> None:
        """Something is due: claims at once."""
        self._wake.set()

    def edited(self, question_id: str) -> None:
        """The inbox has another text: the old one's answer is not made any more."""
        self._drop(question_id)
        self.wake()

    def cancelled(self, question_id: str) -> None:
        """The inbox has it cancelled: its answer is not made, and what was begun is removed."""
        if not self._drop(question_id):  # another worker's, or of one that died
            self._begin(self._tidy(question_id))

    def stopped(self, channel: str, thread_ts: str, user: str) -> bool:
        """Somebody pressed stop; whether an answer was under way here in that conversation.

        What was shown stays. Another replica's stream learns of it by Slack's refusal.
        """
        found = [
            job
            for job in self._jobs.values()
            if (job.place.channel, job.place.thread_ts) == (channel, thread_ts)
        ]
        for job in found:
            log.info("%s stopped question %s", user, job.item.id)
            job.stop()
        return bool(found)

    async def stop(self) -> None:
        """Claims no more, finishes what it can within `drain_s`, gives back the rest. Idempotent.

        Raises nothing: what cannot be given back is free once its lease runs out.
        """
        self._stopped.set()
        self.wake()
        if self._dispatching is not None:
            await self._dispatching
        if self._tasks:
            waiting = asyncio.ensure_future(self._tools.sleep(self._tools.settings.drain_s))
            drained = asyncio.ensure_future(asyncio.wait(set(self._tasks)))
            await asyncio.wait({waiting, drained}, return_when=asyncio.FIRST_COMPLETED)
            for task in (waiting, drained, *self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._tools.inbox.release(self._tools.tenant, self._owner, at=self._tools.clock())
        except StorageUnavailable as error:
            log.warning("questions were not given back: %s", error)

    async def _dispatch(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            item = await self._claim_in_turn()
            if item is None:
                await self._idle()
                continue
            self._jobs[item.id] = job = Job(item, self._tools)
            self._begin(self._work(job))

    async def _claim_in_turn(self) -> InboxItem | None:
        if self.busy >= self._tools.settings.workers:
            return None
        if self._turns is None:
            return await self._claim()
        if not await self._turns.take(self._stopped):
            return None
        item = await self._claim()
        if item is None:
            self._turns.give_back()
        return item

    async def _claim(self) -> InboxItem | None:
        tools = self._tools
        try:
            return await tools.inbox.claim(
                tools.tenant,
                self._owner,
                at=tools.clock(),
                lease_s=tools.settings.lease_s,
                most_unawaited=max(1, tools.settings.workers // 2),
            )
        except StorageUnavailable as error:
            log.error("no question can be claimed: %s", error)
        except Exception as error:  # the worker outlives it
            log.error("claiming failed: %s at %s", type(error).__name__, place_of(error))
        return None

    async def _idle(self) -> None:
        sleeping = asyncio.ensure_future(self._tools.sleep(_POLL_S))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()

    async def _work(self, job: Job) -> None:
        try:
            await job.run()
        finally:
            if self._jobs.get(job.item.id) is job:
                del self._jobs[job.item.id]
            if self._turns is not None:
                self._turns.give_back()
            self.wake()
        if job.dropped:
            await self._tidy(job.item.id)

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _drop(self, question_id: str) -> bool:
        job = self._jobs.get(question_id)
        if job is not None:
            job.drop()
        return job is not None

    async def _recover(self) -> None:
        """Ends streams that wait for another attempt, and removes what a cancelled question has."""
        try:
            tools = self._tools
            left = await tools.replies.unfinished(tools.tenant, Kind.ANSWER)
            deleted = await tools.replies.left_of_cancelled(
                tools.tenant, since=tools.clock() - _LOOKS_BACK
            )
        except StorageUnavailable as error:
            log.warning("open messages were not looked for: %s", error)
            return
        for question_id in dict.fromkeys((*deleted, *(part.question_id for part in left))):
            if self._stopped.is_set():
                return
            await self._tidy(question_id)

    async def _tidy(self, question_id: str) -> None:
        """After a job left its question, or never had it: nothing of a cancelled question stays.

        An edited one keeps its messages, which the next revision's answer replaces.
        """
        tools = self._tools
        for _ in range(_TIDY_TRIES):
            try:
                item = await tools.inbox.get(tools.tenant, question_id)
                if item is None or item.state is State.CANCELLED:
                    await self.poster.withdraw(question_id, Kind.ANSWER)
                elif item.state is State.DUE:
                    await self.poster.end_streams(question_id, Kind.ANSWER)
                return
            except RateLimited as limit:
                await tools.sleep(limit.retry_after_s)
            except InDoubt as doubt:
                await tools.sleep((doubt.due_at - tools.clock()).total_seconds())
            except Unsure:
                await tools.sleep(_POLL_S)
            except (SlackFault, StorageUnavailable) as fault:
                log.warning("the messages about a changed question stay: %s", fault)
                return
        log.warning("the messages about a changed question stay for now")
