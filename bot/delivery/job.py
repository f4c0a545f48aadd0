"""One claimed question on its way to its visible outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.delivery.answerer import NotYet, Prepared
from bot.delivery.lease import MOST_WAIT_S, Lease
from bot.delivery.poster import Dropped, Place
from bot.delivery.recovery import InDoubt
from bot.delivery.refusals import Meaning, meaning_of
from bot.delivery.streamed import Streamed
from bot.delivery.streaming import LiveAnswer
from bot.delivery.tools import Tools
from bot.slack_api import RateLimited, Refused, Unsure
from bot.telemetry.logs import about
from engine.errors import StorageUnavailable
from engine.fault_place import place as place_of
from engine.storage.inbox import InboxItem, Surface
from engine.storage.replies import Kind, PartState
from engine.telemetry.catalogue import RESPONSE_TIME
from engine.telemetry.instruments import record
from engine.telemetry.spans import attempt, question_is_over, span, trace_of
from engine.trace import Outcome, ReasonCode

log = logging.getLogger(__name__)

STOPPED = "stopped"
"""Outcome of a question whose answer its asker stopped."""
UNDELIVERABLE = "undeliverable"
"""Outcome of a question whose answer Slack takes nowhere any more."""

_MORE_ATTEMPTS = 3
"""What posting, once there is an answer or an apology, is tried beyond `slack.attempts`."""


class CaseFailed(Exception):
    """Opening the case failed, which says nothing of the asker's own conversation."""


class Job:
    """Answers one question and delivers the answer, or gives the question back."""

    def __init__(self, item: InboxItem, tools: Tools) -> None:
        self.item = item
        self.place = Place(channel=item.channel, thread_ts=item.root)
        self._tools = tools
        self._lease = Lease(item, tools)
        self._interrupt = asyncio.Event()
        self._dropped = False
        self._visible = False
        self._stopped = False  # with something shown

    @property
    def dropped(self) -> bool:
        """Whether somebody else changed the question, so that this job left it."""
        return self._dropped

    def drop(self) -> None:
        """The question was edited, cancelled or taken over: stops at once."""
        self._dropped = True
        self._interrupt.set()

    def stop(self) -> None:
        """The asker wants no more; without effect once the answer is there."""
        self._interrupt.set()

    async def run(self) -> None:
        """Ends once the question is done, given back, or lost. Raises nothing."""
        item = self.item
        ids = {"question": item.id, "workspace": item.tenant}
        shown = {f"deskhand.{name}": value for name, value in ids.items()}
        shown["deskhand.surface"] = item.surface.value
        with about(trace=trace_of(item.id), **ids), attempt(item.id, **shown):
            await self._run()

    async def _run(self) -> None:
        renewal = asyncio.create_task(self._lease.hold(self.drop), name="deskhand-lease")
        try:
            if await self._is_spent() or not await self._try(self._answer):
                await self._try(self._apologise, last=True)
        except Dropped:
            self._dropped = True
        except Exception as error:  # the lease runs out, and the question is taken up again
            log.error("a question was left: %s at %s", type(error).__name__, place_of(error))
        finally:
            renewal.cancel()

    async def _is_spent(self) -> bool:
        """Whether earlier attempts, which all ended in a crash, were the last."""
        item, limit = self.item, self._tools.settings.attempts
        if item.attempts <= limit + (_MORE_ATTEMPTS if item.trace_id else 0):
            return False
        parts = await self._tools.replies.of(item.tenant, item.id, Kind.ANSWER)
        return not (item.trace_id and parts and all(p.state is PartState.POSTED for p in parts))

    async def _try(self, step: Callable[[], Awaitable[None]], *, last: bool = False) -> bool:
        """Takes a step; false where it failed and is not worth another attempt.

        What Slack or the database do for a while costs no attempt: an outage ends no question.

        Raises: Dropped, StorageUnavailable.
        """
        try:
            await step()
        except Dropped:
            raise
        except (RateLimited, NotYet) as limit:
            await self._lease.give_back(timedelta(seconds=limit.retry_after_s))
        except InDoubt as doubt:
            # Slack is there and yet takes this message never: an outage alone costs no attempt
            patience = self._lease.patience
            costs = doubt.repeated and patience >= timedelta(seconds=MOST_WAIT_S)
            wait = patience if doubt.repeated else timedelta()
            await self._lease.give_back(wait, no_sooner=doubt.due_at, count_attempt=costs)
        except Unsure as unsure:
            log.warning("a question waits: %s", unsure)
            await self._lease.give_back(self._lease.patience)
        except Refused as refused:
            return await self._refused(refused, last)
        except StorageUnavailable as error:
            log.error("a question waits: %s", error)
            await self._lease.give_back(self._lease.patience)
        except Exception as error:
            log.error(
                "question %s failed: %s at %s", self.item.id, type(error).__name__, place_of(error)
            )
            return await self._failed(last)
        return True

    async def _refused(self, refused: Refused, last: bool) -> bool:
        meaning = meaning_of(refused)
        log.warning("question %s: %s", self.item.id, refused)
        if meaning is Meaning.NOWHERE:
            await self._finish(UNDELIVERABLE)
        elif meaning is Meaning.THREAD_GONE:
            item = self.item
            await self._tools.inbox.cancel(
                item.tenant, item.team, item.channel, item.ts, at=self._tools.clock()
            )
        elif meaning is Meaning.APP:
            await self._lease.give_back(timedelta(seconds=MOST_WAIT_S))
        else:
            return await self._failed(last)
        return True

    async def _failed(self, last: bool) -> bool:
        """Gives the question back; false where an apology is due."""
        attempts, limit = self.item.attempts, self._tools.settings.attempts
        if attempts >= limit and not last and not self._visible:
            return False
        if attempts > limit + _MORE_ATTEMPTS and not self._visible:
            await self._finish(UNDELIVERABLE)
            return True
        wait = timedelta(seconds=min(MOST_WAIT_S, 2.0**attempts))
        await self._lease.give_back(wait, count_attempt=True)
        return True

    async def _stand(self) -> None:
        """From here on the question is a message, under which it is answered."""
        if not self.item.has_place:
            self.item = await self._tools.stand(self.item)
            self.place = Place(channel=self.item.channel, thread_ts=self.item.root)

    async def _answer(self) -> None:
        await self._stand()
        prepared = await self._recall()
        streamed: Mapping[str, Streamed] = {}
        if prepared is None:
            prepared, streamed = await self._prepare()
        try:
            await self._deliver(prepared, streamed)
        except (RateLimited, Unsure, InDoubt):
            if not self._stopped:
                raise
            await self._finish(STOPPED)  # what was shown is its outcome; nobody wants it anew

    async def _recall(self) -> Prepared | None:
        if self.item.trace_id is None:
            return None
        return await self._tools.answerer.recall(self.item)

    async def _prepare(self) -> tuple[Prepared, Mapping[str, Streamed]]:
        tools, item = self._tools, self.item
        known = await tools.replies.of(item.tenant, item.id, Kind.ANSWER)
        live = LiveAnswer(
            tenant=item.tenant,
            item=item,
            place=self.place,
            api=tools.api,
            replies=tools.replies,
            wording=tools.wording,
            bucket=tools.bucket,
            stream_after_s=tools.settings.stream_after_s,
            streams=not any(part.ts or part.attempted_at for part in known),
            clock=tools.clock,
            sleep=tools.sleep,
        )
        live.start()
        answering = asyncio.ensure_future(tools.answerer.prepare(item, live))
        limit = asyncio.ensure_future(tools.sleep(tools.settings.answer_within_s))
        interrupts = [
            asyncio.ensure_future(self._interrupt.wait()),
            asyncio.ensure_future(live.stopped_by_user.wait()),
        ]
        try:
            await asyncio.wait({answering, limit, *interrupts}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            done = answering.done()
            too_long = limit.done() and not done
            for waiting in (answering, limit, *interrupts):
                waiting.cancel()
            streamed = await live.close()
        await asyncio.gather(answering, return_exceptions=True)
        if self._dropped:
            raise Dropped
        if too_long:
            raise TimeoutError  # a failed attempt like any other
        if not done:
            self._stopped = bool(live.shown)
            return self._as_stopped(live.shown), {}
        prepared = answering.result()
        if not await tools.inbox.answered(item.id, item.lease, item.revision, prepared.trace_id):
            raise Dropped
        return prepared, streamed

    def _as_stopped(self, shown: str) -> Prepared:
        body = self._tools.wording.stopped(self.item, shown)
        return Prepared(trace_id="", outcome=STOPPED, messages=(body,))

    async def _apologise(self) -> None:
        if self.item.surface is Surface.CASE_REPLY:
            await self._give_up_reply()
            return
        if self.item.surface is Surface.SHADOW:  # nobody waits for it
            await self._finish(Outcome.FAILED.value)
            return
        await self._stand()
        apology = Prepared(
            trace_id="",
            outcome=Outcome.FAILED.value,
            messages=(self._tools.wording.apology(self.item),),
            opens_case=True,
            reasons=(ReasonCode.INTERNAL_ERROR.value,),
        )
        await self._deliver(apology, {})

    async def _give_up_reply(self) -> None:
        """A person's reply that cannot be brought: the asker, who has a case, reads none of it.

        What an earlier revision of it has put there stays.
        """
        if self.item.revision == 1:
            await self._tools.poster.withdraw(self.item.id, Kind.ANSWER)
        await self._finish(Outcome.FAILED.value)

    async def _deliver(self, prepared: Prepared, streamed: Mapping[str, Streamed]) -> None:
        tools, item = self._tools, self.item
        with span("deliver"):
            await tools.poster.deliver(
                item.id,
                item.revision,
                Kind.ANSWER,
                self.place,
                prepared.messages,
                lease=item.lease,
                streamed=streamed,
            )
        self._visible = True
        if prepared.opens_case:
            await self._open_case(prepared)
        await self._finish(prepared.outcome)

    async def _open_case(self, prepared: Prepared) -> None:
        """Hands it to a person; what fails for good must not take back the answer that is posted.

        Raises: RateLimited, Unsure, InDoubt, StorageUnavailable, and others while attempts last.
        """
        try:
            await self._tools.on_case(self.item, prepared)
        except (RateLimited, Unsure, InDoubt, StorageUnavailable):
            raise
        except Exception as error:
            if self.item.attempts < self._tools.settings.attempts:
                raise CaseFailed from error
            log.error(
                "no case for question %s: %s at %s",
                self.item.id,
                type(error).__name__,
                place_of(error),
            )

    async def _finish(self, outcome: str) -> None:
        """Raises: Dropped."""
        tools, item = self._tools, self.item
        at = tools.clock()
        if not await tools.inbox.finish(item.id, item.lease, item.revision, outcome=outcome, at=at):
            raise Dropped
        waited_s = max(0.0, (at - item.received_at).total_seconds())
        record(RESPONSE_TIME, waited_s, workspace=item.tenant)
        facts = {"workspace": item.tenant, "question": item.id, "outcome": outcome}
        question_is_over(
            item.id,
            item.received_at.timestamp(),
            **{f"deskhand.{name}": value for name, value in facts.items()},
            **{"deskhand.attempts": item.attempts},
        )
        try:
            await tools.on_done(item, outcome)
        except Exception as error:  # the question has its outcome
            log.error("after an answer: %s at %s", type(error).__name__, place_of(error))
