"""The daily list of cases that are late: one message at the start of business, if any is."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.refusals import Meaning, meaning_of
from bot.evals.posts import Lost
from bot.people_names import name_of
from bot.rendering.message import Message
from bot.rendering.reminders import Late, overdue_list
from bot.review.business_time import BusinessTime
from bot.review.permalinks import permalink_of
from bot.review.timekeeper import Handler
from bot.review.timer_posts import TimerPosts
from bot.slack_api import Refused, SlackApi
from engine.clock import Clock
from engine.storage.case import Case
from engine.storage.cases import CaseStore
from engine.storage.timers import KEPT, Timer, TimerStore

log = logging.getLogger(__name__)

OVERDUE_LIST = "case:overdue_list"
_DAILY = "daily"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """Tells of late cases. channels: the first that takes the list gets it; none: nobody does."""

    tenant: str
    channels: Sequence[str]
    api: SlackApi
    cases: CaseStore
    timers: TimerStore
    posts: TimerPosts
    business: BusinessTime
    clock: Clock

    def handlers(self) -> Mapping[str, Handler]:
        """By kind of timer."""
        return {OVERDUE_LIST: self.tell}

    async def start(self) -> None:
        """Sets the next start of business; a list that a bot which was down missed comes now.

        Raises: StorageUnavailable.
        """
        if not self.channels:
            await self.timers.cancel(self.tenant, OVERDUE_LIST, _DAILY)
            return
        armed = await self.timers.armed(self.tenant, OVERDUE_LIST, _DAILY)
        if armed is None or armed > self.clock():
            opening = self.business.next_opening(self.clock())
            await self.timers.set(self.tenant, OVERDUE_LIST, _DAILY, opening)

    async def tell(self, timer: Timer) -> datetime | None:
        """Posts the list, as it is now; where it was posted already, the next one is due.

        Raises: as `TimerPosts.post`, but for what is over.
        """
        now = self.clock()
        posted_at = self.posts.out_since(timer)
        if posted_at is None:
            await self.timers.forget(self.tenant, before=now - KEPT)
            late = [case for case in await self.cases.waiting(self.tenant) if self._due(case) < now]
            late.sort(key=self._due)
            posted_at = now
            if late:
                message = overdue_list([await self._as_said(case, now) for case in late])
                try:
                    posted_at = await self._post(timer, message) or now
                except Lost:
                    return None
        # One that a bot which ended had posted, days ago, leaves out what is late since then.
        return max(self.business.next_opening(max(posted_at, timer.due_at)), now)

    async def _post(self, timer: Timer, message: Message) -> datetime | None:
        for channel in self.channels:
            try:
                return await self.posts.post(timer, message, channel=channel)
            except Refused as refused:
                if meaning_of(refused) is not Meaning.NOWHERE:
                    raise
                log.error("the list of overdue cases cannot be posted to %s: %s", channel, refused)
        return None

    def _due(self, case: Case) -> datetime:
        """When somebody should have had it, or its asker the answer; a case that rests is not due
        before that is over."""
        due_at = case.respond_by if case.owner is None else case.resolve_by
        if due_at is None:  # its targets are not set yet
            return self.clock()
        return max(due_at, case.snoozed_until or due_at)

    async def _as_said(self, case: Case, now: datetime) -> Late:
        link = None
        if case.channel is not None and case.ts is not None:
            link = await permalink_of(self.api, case.channel, case.ts)
        return Late(
            permalink=link,
            owner=await name_of(self.api, case.owner) if case.owner else "",
            minutes=self.business.minutes_between(self._due(case), now),
        )
