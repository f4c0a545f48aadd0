"""Modes of channels, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.access.admins import Admins
from bot.announcing import Announcing
from bot.aside import Aside
from bot.modes.commands import ModeCommands
from bot.modes.comparing import Comparing
from bot.modes.judging import DailyJudging
from bot.modes.record import Record
from bot.modes.setting import ModeSetting
from bot.modes.standing import Standings
from bot.modes.thresholds import Thresholds
from bot.modes.witnesses import Witnesses
from bot.review.policy import Policy
from bot.review.timekeeper import Handler
from bot.slack_api import SlackApi
from bot.slack_app import Identity
from engine.compose import Engine
from engine.storage.channel_modes import ChannelModeStore, Setting
from engine.storage.timers import TimerStore
from engine.storage.verdicts import VerdictStore
from evals.judging.local import LocalJudge


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """All of it."""

    standings: Standings
    record: Record
    witnesses: Witnesses
    setting: ModeSetting
    commands: ModeCommands
    comparing: Comparing
    judging: DailyJudging
    policy: Policy

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {**self.comparing.handlers, **self.judging.handlers}

    async def start(self) -> None:
        """Sets what the policy file says, and the daily look.  Raises: StorageUnavailable."""
        said = {
            channel: Setting(
                mode=each.mode, target_precision=each.target_precision, routing=each.routing
            )
            for channel, each in self.policy.channels.items()
        }
        await self.setting.settle_file(said)
        await self.judging.start()


def modes_of(
    engine: Engine,
    api: SlackApi,
    admins: Admins,
    identity: Identity,
    aside: Aside,
    policy: Policy,
) -> Modes:
    """What channels' modes need."""
    settings, clock, database = engine.settings, engine.pipeline.clock, engine.database
    tenant, review = settings.tenant, settings.review
    modes, verdicts, timers = (
        ChannelModeStore(database),
        VerdictStore(database),
        TimerStore(database),
    )
    announcing = Announcing(tenant=tenant, announcements=engine.announcements, clock=clock)
    witnesses = Witnesses(tenant=tenant, verdicts=verdicts, traces=engine.traces)
    thresholds = Thresholds(
        tenant=tenant,
        verdicts=verdicts,
        target=review.target_precision,
        hear_reviewers=witnesses.hear_reviewers,
        aside=aside,
        clock=clock,
    )
    setting = ModeSetting(
        tenant=tenant,
        team=identity.team,
        modes=modes,
        thresholds=thresholds,
        announcing=announcing,
        policy=policy,
        admin_channel=review.admin_channel,
        escalation_channel=settings.slack.escalation_channel or None,
        clock=clock,
    )
    return Modes(
        standings=Standings(tenant=tenant, modes=modes, cut=thresholds.least_confidence),
        record=Record(
            tenant=tenant,
            verdicts=verdicts,
            timers=timers,
            compare_after=timedelta(seconds=review.compare_after_s),
        ),
        witnesses=witnesses,
        setting=setting,
        commands=ModeCommands(
            api=api,
            admins=admins,
            setting=setting,
            verdicts=verdicts,
            announcements=engine.announcements,
        ),
        comparing=Comparing(
            tenant=tenant,
            bot_user=identity.bot_user,
            api=api,
            inbox=engine.inbox,
            traces=engine.traces,
            verdicts=verdicts,
            judge=LocalJudge(),
            clock=clock,
        ),
        judging=DailyJudging(
            setting=setting,
            witnesses=witnesses,
            verdicts=verdicts,
            inbox=engine.inbox,
            announcing=announcing,
            timers=timers,
            api=api,
            clock=clock,
            timezone=review.timezone,
        ),
        policy=policy,
    )
