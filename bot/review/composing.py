"""The clock of people's part, put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.access.reviewers import Reviewers
from bot.review.business_time import business_time_of
from bot.review.case_clock import CaseClock
from bot.review.case_mirror import CaseMirror
from bot.review.lost_cards import LostCards
from bot.review.overdue import Overdue
from bot.review.policy import Policy
from bot.review.reminders import Reminders
from bot.review.timekeeper import Handler, Timekeeper
from bot.review.timer_posts import TimerPosts
from bot.review.webhook_notices import WebhookNotices
from bot.review.webhooks import ON_CALL, Webhooks, targets_of
from bot.slack_api import SlackApi
from engine.compose import Engine
from engine.errors import DeskhandError
from engine.review_settings import ReviewSettings
from engine.storage.case import Case
from engine.storage.channel_modes import ChannelModeStore
from engine.storage.timers import TimerStore
from engine.storage.webhook_calls import WebhookCallStore

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class CaseTiming:
    """By when cases are due, and who hears of them elsewhere."""

    case_clock: CaseClock
    mirror: CaseMirror
    webhooks: Webhooks
    overdue: Overdue
    posts: TimerPosts
    _arming: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to call servers, sets the daily list, and what the settings or the policy now
        say of cases that wait. Needs a running event loop.

        Raises: StorageUnavailable.
        """
        self.webhooks.start()
        await self.overdue.start()
        if self._pages_nobody():
            log.warning(
                "the policy sends cases to on-call, but nobody is paged: set "
                "DESKHAND_REVIEW__ON_CALL_URL"
            )
        self._arming = asyncio.create_task(self._arm_all(), name="deskhand-arm")

    async def aclose(self) -> None:
        """Stops; idempotent."""
        arming, self._arming = self._arming, None
        if arming is not None:
            arming.cancel()
            await asyncio.gather(arming, return_exceptions=True)
        await self.webhooks.aclose()

    async def arm(self, case: Case) -> Case:
        """To be called before each new version of a case is brought; the case as it then is.

        Raises: StorageUnavailable, RateLimited.
        """
        armed = await self.case_clock.arm(case)
        await self.mirror.tell(armed)
        return armed

    async def _arm_all(self) -> None:
        try:
            for case in await self.case_clock.cases.waiting(self.case_clock.tenant):
                await self.case_clock.arm(case)
        except DeskhandError as error:  # each is armed with its next change as well
            log.warning("the times of some cases are as before: %s", error)

    def _pages_nobody(self) -> bool:
        policy = self.case_clock.policy
        wanted = (
            any(level.on_call for level in policy.levels)
            or any(route.on_call for route in policy.routes)
            or any(channel.on_call for channel in policy.channels.values())
        )
        return wanted and ON_CALL not in self.webhooks.targets


def refuse_wrong_times(review: ReviewSettings) -> None:
    """Raises: SettingsInvalid for hours, days, a zone or a webhook that cannot be."""
    business_time_of(review)
    targets_of(review)


def case_timing_of(engine: Engine, api: SlackApi, policy: Policy, *, team: str) -> CaseTiming:
    """What cases need before their cards are brought.

    Raises: SettingsInvalid.
    """
    settings, clock, database = engine.settings, engine.pipeline.clock, engine.database
    review, tenant = settings.review, settings.tenant
    timers = TimerStore(database)
    posts = TimerPosts(api=api, timers=timers, clock=clock)
    business = business_time_of(review)
    webhooks = Webhooks(
        tenant=tenant,
        targets=targets_of(review),
        calls=WebhookCallStore(database),
        timers=timers,
        clock=clock,
    )
    return CaseTiming(
        case_clock=CaseClock(
            tenant=tenant,
            cases=engine.cases,
            timers=timers,
            policy=policy,
            business=business,
            expire_after=timedelta(days=review.expire_days),
            clock=clock,
        ),
        mirror=CaseMirror(
            tenant=tenant,
            team=team,
            api=api,
            cases=engine.cases,
            inbox=engine.inbox,
            modes=ChannelModeStore(database),
            policy=policy,
            webhooks=webhooks,
        ),
        webhooks=webhooks,
        overdue=Overdue(
            tenant=tenant,
            channels=[c for c in (review.admin_channel, policy.channel) if c is not None],
            api=api,
            cases=engine.cases,
            timers=timers,
            posts=posts,
            business=business,
            clock=clock,
        ),
        posts=posts,
    )


def case_handlers_of(
    engine: Engine,
    timing: CaseTiming,
    lost: LostCards,
    reviewers: Reviewers,
    wake: Callable[[], None],
) -> Mapping[str, Handler]:
    """Who does what timers of cases and webhooks are for. wake: a case has changed."""
    reminders = Reminders(
        tenant=engine.settings.tenant,
        cases=engine.cases,
        inbox=engine.inbox,
        case_clock=timing.case_clock,
        posts=timing.posts,
        clock=engine.pipeline.clock,
        lost=lost,
        reviewers=reviewers,
        pages=ON_CALL in timing.webhooks.targets,
        wake=wake,
    )
    notices = WebhookNotices(
        tenant=engine.settings.tenant,
        channel=timing.case_clock.policy.channel,
        targets=timing.webhooks.targets,
        calls=timing.webhooks.calls,
        posts=timing.posts,
    )
    return {**reminders.handlers(), **timing.overdue.handlers(), **notices.handlers()}


def timekeeper_of(engine: Engine, *handlers: Mapping[str, Handler]) -> Timekeeper:
    """Who does what is due, of each of these kinds."""
    return Timekeeper(
        tenant=engine.settings.tenant,
        timers=TimerStore(engine.database),
        handlers={kind: handler for each in handlers for kind, handler in each.items()},
        clock=engine.pipeline.clock,
        lease_s=engine.settings.slack.lease_s,
    )
