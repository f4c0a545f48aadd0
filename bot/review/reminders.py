"""What happens to a case when its time has come: reminders, the next level, its rest's end, its
own end. Each line is posted once, and only while it is true."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.access.reviewers import Reviewers
from bot.delivery.refusals import Meaning, meaning_of
from bot.evals.posts import Lost
from bot.rendering import reminders as say
from bot.rendering.message import Message
from bot.review.case_clock import (
    EXPIRE,
    LATE,
    LEVEL,
    REMIND,
    SNOOZED,
    SOON,
    CaseClock,
    Moments,
    stage_of,
)
from bot.review.lost_cards import LostCards
from bot.review.timekeeper import Handler, NotBefore
from bot.review.timer_posts import TimerPosts
from bot.slack_api import Refused
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.storage.case import Case, CaseState
from engine.storage.cases import CaseStore
from engine.storage.inbox import InboxStore, State
from engine.storage.timers import Timer

log = logging.getLogger(__name__)


class NoCard(DeskhandError):
    """A case has no card yet under which something could be said."""

    retryable = True

    def __init__(self) -> None:
        super().__init__("a case has no card yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """What timers of cases do. reviewers: who may have a case. pages: whether there is a pager.
    wake: a case has changed."""

    tenant: str
    cases: CaseStore
    inbox: InboxStore
    case_clock: CaseClock
    posts: TimerPosts
    clock: Clock
    lost: LostCards
    reviewers: Reviewers
    pages: bool
    wake: Callable[[], None]

    def handlers(self) -> Mapping[str, Handler]:
        """By kind of timer."""
        return {
            REMIND: _quietly(self.remind),
            SNOOZED: _quietly(self.come_back),
            EXPIRE: _quietly(self.expire),
        }

    async def remind(self, timer: Timer) -> None:
        """Reminds the owner, or calls the next level."""
        case_id, stage = stage_of(timer.subject)
        case = await self.cases.get(self.tenant, case_id)
        if case is None or not case.is_waiting:
            return
        if case.snoozed_until is not None and case.snoozed_until > self.clock():
            raise NotBefore(case.snoozed_until)  # or sooner, if its rest is ended
        moments = await self.case_clock.moments(case)
        if stage.startswith(LEVEL):
            number = int(stage.removeprefix(LEVEL))
            if number > len(moments.levels) or moments.levels[number - 1] > self.clock():
                return  # opened anew meanwhile, and set anew
            await self._call_level(timer, case, number, moments)
            return
        due_at = moments.resolve_by if stage == LATE else moments.soon
        if case.owner is None or due_at > self.clock():
            return
        if moments.rest is not None and due_at <= moments.rest.until:
            return  # said with the end of the rest
        if await self._is_left_behind(timer, case):
            return
        left = self.case_clock.business.minutes_between(self.clock(), moments.resolve_by)
        if stage == SOON and left > 0:
            await self._say(timer, case, say.soon_late(case.owner, say.lasting(left)))
        elif stage == LATE:
            await self._say(timer, case, say.now_late(case.owner))

    async def come_back(self, timer: Timer) -> None:
        """Ends a case's rest. Told of first, as afterwards nothing says that it rested; with it
        whatever came due meanwhile, and not at all where a level that is called says it."""
        case = await self.cases.get(self.tenant, timer.subject)
        if case is None or not case.is_waiting or case.snoozed_until is None:
            return
        if case.snoozed_until > self.clock():
            return  # put off once more, and set anew
        if await self._is_left_behind(timer, case):
            return
        moments = await self.case_clock.moments(case)
        called = case.owner is None and self.case_clock.policy.levels and moments.calls_in_rest
        if not called:
            await self._say(timer, case, self._back(case, moments), broadcast=True)
        await self.cases.wake_up(case.id, at=self.clock())
        self.wake()

    async def expire(self, timer: Timer) -> None:
        """Closes a case that nobody answered, and tells the asker."""
        case = await self.cases.get(self.tenant, timer.subject)
        if case is None:
            return
        if case.is_waiting:
            if (await self.case_clock.moments(case)).expires > self.clock():
                return  # opened anew meanwhile, and set anew
            case = (await self.cases.expire(case.id, at=self.clock())).case
            self.wake()
        item = await self.inbox.get(self.tenant, case.question_id)
        if case.state is not CaseState.EXPIRED or item is None or item.state is State.CANCELLED:
            return
        days = self.case_clock.expire_after.days
        await self.posts.post(timer, say.expired(days), channel=item.channel, thread_ts=item.root)

    def _back(self, case: Case, moments: Moments) -> Message:
        until = case.snoozed_until or self.clock()
        if case.owner is None:
            return say.back_again(None, late=moments.levels[0] <= until)
        left = ""
        if moments.soon <= until < moments.resolve_by:
            minutes = self.case_clock.business.minutes_between(until, moments.resolve_by)
            left = say.lasting(minutes)
        return say.back_again(case.owner, late=moments.resolve_by <= until, left=left)

    async def _is_left_behind(self, timer: Timer, case: Case) -> bool:
        """Whether its owner may review no more: it is anybody's then, and the levels are called."""
        gone = await self.reviewers.gone(case.owner, case.channel or case.card_home)
        if gone is None:
            return False
        await self._say(timer, case, say.left_behind(), broadcast=True)
        await self.cases.leave(case.id, owner=gone, at=self.clock())
        self.wake()
        return True

    async def _call_level(self, timer: Timer, case: Case, number: int, moments: Moments) -> None:
        levels, rest = self.case_clock.policy.levels, moments.rest
        if case.owner is not None:
            return
        rested = rest is not None and rest.since < moments.levels[number - 1] <= rest.until
        if not levels:
            if rested:
                return  # said with the end of the rest
            await self._say(timer, case, say.nobody_took_it())
            return
        # Raised first: the pager is told by that, card or no card.
        case = (await self.cases.raise_level(case.id, level=number, at=self.clock())).case
        self.wake()
        if case.state is not CaseState.OPEN or case.level < number:
            return
        level = levels[number - 1]
        if level.user is not None:
            message = say.calls_user(level.user)
        elif level.group is not None:
            message = say.calls_group(level.group)
        else:
            message = say.calls_on_call(paged=self.pages)
        await self._say(timer, case, message, broadcast=rested)

    async def _say(
        self, timer: Timer, case: Case, message: Message, *, broadcast: bool = False
    ) -> None:
        if case.channel is None or case.ts is None:
            raise NoCard
        try:
            await self.posts.post(
                timer, message, channel=case.channel, thread_ts=case.ts, broadcast=broadcast
            )
        except Refused as refused:
            meaning = meaning_of(refused)
            if meaning not in (Meaning.NOWHERE, Meaning.THREAD_GONE):
                raise
            await self.lost.take(case, tells=meaning is Meaning.NOWHERE)
            self.wake()
            raise NoCard from None  # said under the next card


def _quietly(do: Callable[[Timer], Awaitable[None]]) -> Handler:
    """Once, and given up where nothing can be posted any more."""

    async def handle(timer: Timer) -> datetime | None:
        try:
            await do(timer)
        except Lost:
            log.info("%s is done by another", timer.kind)
        except Refused as refused:
            if meaning_of(refused) not in (Meaning.NOWHERE, Meaning.THREAD_GONE):
                raise
            log.warning("%s cannot be told of: %s", timer.kind, refused)
        return None

    return handle
