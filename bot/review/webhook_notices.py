"""Tells people of calls that were given up: one line for all of the same few minutes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.refusals import Meaning, meaning_of
from bot.evals.posts import Lost
from bot.rendering.reminders import not_told
from bot.review.timekeeper import Handler
from bot.review.timer_posts import TimerPosts
from bot.review.webhook_request import Target
from bot.review.webhooks import GIVEN_UP, ON_CALL, TICKETS, TOLD_EVERY
from bot.slack_api import Refused
from engine.storage.timers import Timer
from engine.storage.webhook_calls import WebhookCallStore

log = logging.getLogger(__name__)

_NAMES = {TICKETS: "The ticket tracker", ON_CALL: "The pager of on-call"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookNotices:
    """Says it in the channel of the cards. channel: None where there is none."""

    tenant: str
    channel: str | None
    targets: Mapping[str, Target]
    calls: WebhookCallStore
    posts: TimerPosts

    def handlers(self) -> Mapping[str, Handler]:
        """By kind of timer."""
        return {GIVEN_UP: self.tell}

    async def tell(self, timer: Timer) -> datetime | None:
        """Posts the line of one timer.

        Raises: as `TimerPosts.post`, but for what is over.
        """
        name = timer.subject.partition(":")[0]
        gone = await self.calls.given_up(
            self.tenant, name, after=timer.due_at - TOLD_EVERY, until=timer.due_at
        )
        if gone.count == 0 or self.channel is None:
            return None
        target = self.targets.get(name)
        message = not_told(
            _NAMES.get(name, name),
            target.host if target is not None else "no longer set up",
            gone.count,
            str(gone.last.get("why", "")),
        )
        try:
            await self.posts.post(timer, message, channel=self.channel)
        except Lost:
            pass
        except Refused as refused:
            if meaning_of(refused) is not Meaning.NOWHERE:
                raise
            log.error("nobody can be told of webhooks that failed: %s", refused)
        return None
