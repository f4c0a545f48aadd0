"""Once a day every channel is looked at: what its verdicts speak for is suggested, and a channel
whose shown answers are right too rarely goes back to draft.

A suggestion is made once for each doubling of the evidence, and nothing but a person's press of its
button follows it. A fall is automatic: of the answers shown and judged since the channel is in
`auto`, in the order of their verdicts, fewer are right than the target, by a test that may be
looked at as often as one likes and is wrong in at most one of a hundred channels that are at
target, ever (`evals.precision.sequential`). Where too few of the shown answers are judged to speak
for all (`bot.modes.falls`), the admins are told instead, and nothing is set.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.announcing import Announcing
from bot.modes.commands import suggestion_key
from bot.modes.evidence import evidence_of
from bot.modes.falls import LEAST_JUDGED, fall_of, speaks_for_all
from bot.modes.setting import ModeSetting
from bot.modes.witnesses import Witnesses
from bot.rendering.modes import demotion_message, few_judged_message, suggestion_message
from bot.review.timekeeper import Handler
from bot.slack_api import RateLimited, SlackApi, SlackFault
from engine.clock import Clock
from engine.storage.channel_modes import ChannelMode, Mode, Setting
from engine.storage.inbox import InboxStore
from engine.storage.timers import Timer, TimerStore
from engine.storage.verdicts import JudgedAnswer, Verdict, VerdictStore
from engine.trace import Outcome
from evals.precision.bounds import share_of
from evals.precision.sequential import FALSE_ALARM_RATE

log = logging.getLogger(__name__)

KIND: Final = "modes:judge"
_SUBJECT = "daily"
_HOUR = 6
_MOST_EXAMPLES = 3
_TOLD_WITHIN = timedelta(days=7)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyJudging:
    """Of one workspace's channels. timezone: whose mornings count."""

    setting: ModeSetting
    witnesses: Witnesses
    verdicts: VerdictStore
    inbox: InboxStore
    announcing: Announcing
    timers: TimerStore
    api: SlackApi
    clock: Clock
    timezone: str

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the timekeeper."""
        return {KIND: self.due}

    async def start(self) -> None:
        """Sets the timer where it is not set.  Raises: StorageUnavailable."""
        tenant = self.setting.tenant
        if await self.timers.armed(tenant, KIND, _SUBJECT) is None:
            await self.timers.set(tenant, KIND, _SUBJECT, self._next(self.clock()))

    async def due(self, timer: Timer) -> datetime:
        """Looks at every channel; again after a crash, nothing is done or said twice.

        Raises: RateLimited, StorageUnavailable.
        """
        await self.judge()
        return self._next(self.clock())

    async def judge(self) -> None:
        """Looks at every channel now.  Raises: RateLimited, StorageUnavailable."""
        await self.witnesses.hear_reviewers()
        for row in await self._rows():
            await self._tell_last(row)
            if row.mode is Mode.AUTO:
                await self._demote(row)
            elif row.mode in (Mode.SHADOW, Mode.DRAFT):
                await self._suggest(row)

    async def _rows(self) -> list[ChannelMode]:
        """Every channel that was set, and those that are `auto` as nobody set them."""
        tenant, team = self.setting.tenant, self.setting.team
        rows = [row for row in await self.setting.modes.all(tenant) if row.team == team]
        known = {row.channel for row in rows}
        judged = await self.verdicts.of_tenant(tenant, judged=True)
        others = {each.channel for each in judged if each.team == team} - known
        return rows + [
            ChannelMode(
                mode=Mode.AUTO,
                team=team,
                channel=channel,
                set_by=None,
                set_at=_LONG_AGO,
                by_file=False,
            )
            for channel in sorted(others)
            if not channel.startswith("D")
        ]

    async def _suggest(self, row: ChannelMode) -> None:
        found = await evidence_of(
            row,
            tenant=self.setting.tenant,
            verdicts=self.verdicts,
            thresholds=self.setting.thresholds,
        )
        after, admin_channel = found.suggested, self.setting.admin_channel
        if after is None or admin_channel is None:
            return
        share = found.share if after is Mode.AUTO else found.every
        since = row.set_at.isoformat()
        key = suggestion_key(row.team, row.channel, row.mode.value, after.value, since, found.level)
        value = {
            "channel": row.channel,
            "before": row.mode.value,
            "after": after.value,
            "since": since,
            "level": found.level,
        }
        message = suggestion_message(
            row.channel,
            row.mode,
            after,
            asked=found.asked,
            share=share,
            target=found.target,
            value=value,
        )
        if await self.announcing.say(key, admin_channel, message):
            await self.setting.modes.noted(
                self.setting.tenant,
                row.team,
                row.channel,
                row.mode,
                at=self.clock(),
                evidence={"suggested": after.value, **found.as_json},
            )

    async def _demote(self, row: ChannelMode) -> None:
        if not self.setting.escalation_channel:
            return  # nobody would see the drafts
        answers = await self.verdicts.of_channel(
            self.setting.tenant,
            row.team,
            row.channel,
            mode=Mode.AUTO,
            since=row.set_at,
            judged=True,
        )
        judged = sorted(
            (each for each in answers if each.outcome == Outcome.ANSWERED.value),
            key=lambda each: (each.judged_at or _LONG_AGO, each.question_id),
        )
        target = self.setting.thresholds.target_of(row)
        fall = await asyncio.to_thread(fall_of, judged, target)
        if fall is None:
            return
        shown = await self._shown_since(row, fall.since)
        share = share_of(fall.right, fall.judged)
        evidence = {
            "demoted_after": fall.after,
            "answers": share.answers,
            "right": share.right,
            "low": round(share.low, 4),
            "high": round(share.high, 4),
            "target": target,
            "false_alarm_rate": FALSE_ALARM_RATE,
            "recently_shown": len(shown),
            "recently_judged": sum(each.verdict is not None for each in shown),
        }
        links = await self._links([each for each in judged if each.verdict is Verdict.WRONG])
        if not speaks_for_all(shown, target):
            await self._tell_doubt(row, evidence, links)
            return
        wanted = Setting(
            mode=Mode.DRAFT, target_precision=row.target_precision, routing=row.routing
        )
        log.warning("channel %s goes back to draft: %s", row.channel, evidence)
        await self.setting.put(
            row.channel,
            wanted,
            by=None,
            evidence={**evidence, "examples": links},
            expected=row,
        )
        now = await self.setting.row(row.channel)
        if now is not None:
            await self._tell_last(now)

    async def _shown_since(self, row: ChannelMode, since: datetime) -> list[JudgedAnswer]:
        answers = await self.verdicts.of_channel(
            self.setting.tenant,
            row.team,
            row.channel,
            mode=Mode.AUTO,
            since=max(since, row.set_at),
        )
        return [each for each in answers if each.outcome == Outcome.ANSWERED.value]

    async def _tell_doubt(
        self, row: ChannelMode, evidence: Mapping[str, Any], links: Sequence[str]
    ) -> None:
        """Once for each doubling of the verdicts: too few are judged to set anything."""
        if self.setting.admin_channel is None:
            return
        level = int(math.log2(evidence["answers"] / LEAST_JUDGED))
        key = f"mode:doubtful:{row.team}:{row.channel}:{row.set_at.isoformat()}:{level}"
        message = few_judged_message(
            row.channel,
            share=share_of(evidence["right"], evidence["answers"]),
            shown=evidence["recently_shown"],
            judged=evidence["recently_judged"],
            target=evidence["target"],
            links=links,
        )
        await self.announcing.say(key, self.setting.admin_channel, message)

    async def _tell_last(self, row: ChannelMode) -> None:
        """Has the admins told of a channel's last change, where a crash came before that."""
        at, admin_channel = row.set_at, self.setting.admin_channel
        if admin_channel is None or self.clock() - at > _TOLD_WITHIN:
            return
        lines = await self.setting.modes.changes(self.setting.tenant, row.team, row.channel)
        last = next((line for line in lines if line.at == at), None)
        if last is None:
            return
        told = last.evidence
        if "demoted_after" not in told:
            await self.setting.tell_change(
                row.channel, last.before, row, by=last.by, at=at.isoformat()
            )
            return
        message = demotion_message(
            row.channel,
            share=share_of(told["right"], told["answers"]),
            target=told["target"],
            links=told["examples"],
            rate=told["false_alarm_rate"],
            shown=told.get("recently_shown"),
            judged=told.get("recently_judged"),
        )
        key = f"mode:changed:{row.team}:{row.channel}:{at.isoformat()}"
        await self.announcing.say(key, admin_channel, message)

    async def _links(self, wrong: Sequence[JudgedAnswer]) -> list[str]:
        """To the latest wrong answers; who may not read them there sees nothing of them."""
        links = []
        for each in reversed(wrong[-_MOST_EXAMPLES:]):
            item = await self.inbox.get(self.setting.tenant, each.question_id)
            if item is None:
                continue
            try:
                told = await self.api.call(
                    "chat.getPermalink",
                    channel=item.channel,
                    message_ts=str(item.extra.get("message_ts") or item.ts),
                )
            except RateLimited:
                raise
            except SlackFault:
                continue
            links.append(str(told.get("permalink") or ""))
        return [link for link in links if link]

    def _next(self, after: datetime) -> datetime:
        local = after.astimezone(ZoneInfo(self.timezone))
        due = local.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
        return due if due > local else due + timedelta(days=1)
