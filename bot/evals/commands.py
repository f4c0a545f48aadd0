"""`/deskhand eval ...`: for admins of the workspace, and kept before Slack has its ack."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.admins import Admins
from bot.evals.clockwork import WATCH
from bot.evals.cron import next_due
from bot.evals.posts import ROOT
from bot.evals.starting import Starting
from bot.evals.words import USAGE, parse_run, parse_schedule, split_words
from bot.names import COMMAND
from bot.rendering.neutral import escape, one_line
from bot.slack_api import SlackApi, SlackFault
from engine.errors import WrongUse
from engine.storage.announcements import AnnouncementStore
from engine.storage.evaluation_run import AlreadyRunning, Run, RunState, Schedule
from engine.storage.evaluation_schedules import EvaluationSchedules
from evals.record_json import parse_record
from evals.reports.headline import figure_rows, headline_rows
from evals.reports.wording import interval_text, value_text
from evals.running.progress import shown_duration
from evals.running.request import RunRequest

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
NOT_ADMIN = "Only admins of this workspace can evaluate answers."
NOT_SAID = "Slack does not say now whether you are an admin; please try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalCommands:
    """Does what an admin types; what is returned is shown to them alone."""

    api: SlackApi
    admins: Admins
    starting: Starting
    schedules: EvaluationSchedules
    announcements: AnnouncementStore

    async def command(self, body: Json) -> str:
        """The answer to a command.  body: as Slack sends it; its `text` begins with `eval`.

        Raises: StorageUnavailable; SlackFault where the place for a report cannot be found out.
        """
        user = str(body.get("user_id") or "")
        try:
            if not await self.admins.include(user):
                return NOT_ADMIN
        except SlackFault as fault:
            log.info("whether somebody is an admin was not read: %s", fault)
            return NOT_SAID
        try:
            words = split_words(str(body.get("text") or ""))[1:]
            done: Callable[[list[str], str, str], Awaitable[str]] | None = {
                "run": self._run,
                "status": self._status,
                "cancel": self._cancel,
                "last": self._last,
                "compare": self._compare,
                "schedule": self._schedule,
            }.get(words[0].lower() if words else "")
            if done is None:
                return USAGE
            return await done(words[1:], user, str(body.get("channel_id") or ""))
        except WrongUse as wrong:
            said = self.starting.discreet(str(wrong))
            return said if said.endswith(USAGE) else f"{escape(one_line(said))}."

    async def _run(self, words: list[str], user: str, channel: str) -> str:
        asked = parse_run(words)
        store, evals = self.starting.runs, self.starting.settings.evals
        target = await self.starting.target(asked.target)
        request = RunRequest(
            target=target, suites=asked.suites, judge=asked.judge, fresh=asked.fresh
        )
        more: dict[str, Any] = {}
        if asked.compare is not None:
            more["compare"] = await self.starting.run_named(asked.compare)
        if asked.max_cost_usd is not None:
            more["max_cost_usd"] = min(asked.max_cost_usd, evals.max_cost_usd)
        found = await self.starting.start(
            target,
            {**request.options(), **more},
            requested_by=user,
            channel=await self._place(channel, user),
            asked_by=user,
            owner=None,
        )
        shown = escape(one_line(self.starting.shown(target)))
        if isinstance(found, AlreadyRunning):
            run = await store.get(found.run.tenant, found.run.id) or found.run
            return (
                f"{shown} is being evaluated already: {self._line(run)}. "
                f"`{COMMAND} eval cancel {run.id[:8]}` ends it."
            )
        return f"Run {found.id[:8]} of {shown} begins; its report comes as a message."

    async def _place(self, channel: str, user: str) -> str:
        """Where a report goes: here, or to the person where the bot is not in this channel."""
        if await self._is_in(channel):
            return channel
        opened = await self.api.call("conversations.open", users=user)
        return str((opened.get("channel") or {}).get("id") or "")

    async def _is_in(self, channel: str) -> bool:
        try:
            told = await self.api.call("conversations.info", channel=channel)
        except SlackFault:
            return False
        info = told.get("channel") or {}
        return bool(info.get("is_member")) and not info.get("is_archived")

    async def _status(self, words: list[str], user: str, channel: str) -> str:
        runs = await self._running()
        if not runs:
            return f"Nothing is being evaluated. `{COMMAND} eval run sample` begins."
        return "\n".join(f"• {self._line(run)}" for run in runs)

    async def _cancel(self, words: list[str], user: str, channel: str) -> str:
        running = await self._running()
        chosen = [run for run in running if not words or run.id.startswith(words[0])]
        if not chosen:
            return "No such run is under way." if words else "Nothing is being evaluated."
        if len(chosen) > 1:
            lines = "\n".join(f"• {self._line(run)}" for run in chosen)
            return f"Say which: `{COMMAND} eval cancel RUN`.\n{lines}"
        store = self.starting.runs
        found = await store.cancel(chosen[0].tenant, chosen[0].id, at=self.starting.clock())
        if found is None or (found.state is not RunState.RUNNING and not found.done):
            return f"Run {chosen[0].id[:8]} is cancelled."
        return f"Run {found.id[:8]} ends after {found.done:,} of {found.total:,} cases."

    async def _last(self, words: list[str], user: str, channel: str) -> str:
        target = await self.starting.target(words[0]) if words else None
        store, tenant = self.starting.runs, self.starting.settings.tenant
        run = await store.last(tenant, target)
        if run is None:
            return "No run has come to its end yet."
        told = await self.announcements.get(tenant, run.id)
        report = told.report if told is not None else None
        when = run.finished_at or run.started_at
        title = f"Run {run.id[:8]} of {self.starting.shown(run.target)}, {when:%Y-%m-%d %H:%M} UTC"
        if report is not None:
            lines = [
                f"{row['label']}: {row['value']}"
                + (f" (before {row['before']})" if row["before"] not in ("", "–") else "")
                for row in report["rows"]
            ]
            title = f"{title}: {report['title']}"
        else:
            lines = await asyncio.to_thread(_figures, await store.record(tenant, run.id) or {})
        link = ""
        if told is not None and (ts := told.posts.get(ROOT, {}).get("ts")):
            link = await self._permalink(told.channel, ts)
        shown = "\n".join(f"• {escape(one_line(line))}" for line in lines)
        return f"{escape(one_line(title))}\n{shown}{link}"

    async def _permalink(self, channel: str, ts: str) -> str:
        try:
            told = await self.api.call("chat.getPermalink", channel=channel, message_ts=ts)
        except SlackFault:
            return ""
        return f"\n<{told.get('permalink')}|Its report>"

    async def _compare(self, words: list[str], user: str, channel: str) -> str:
        if len(words) != 2:
            raise WrongUse(f"name two runs or baselines: `{COMMAND} eval compare A B`")
        place = await self._place(channel, user)
        await self.starting.compare(words[0], words[1], channel=place, asked_by=user)
        return "The comparison comes as a message."

    async def _schedule(self, words: list[str], user: str, channel: str) -> str:
        step, tenant = words[0].lower() if words else "list", self.starting.settings.tenant
        if step == "list":
            found = await self.schedules.all(tenant)
            if not found:
                return f"Nothing is scheduled. {USAGE}"
            return "\n".join(f"• {self._scheduled(schedule)}" for schedule in found)
        if step == "remove" and len(words) == 2:
            if words[1] != WATCH and await self.schedules.remove(tenant, words[1]):
                return f"{escape(one_line(words[1]))} is removed."
            raise WrongUse(f"there is no schedule {words[1][:60]!r} that can be removed")
        if step != "add":
            return USAGE
        return await self._add_schedule(words[1:], channel)

    async def _add_schedule(self, words: list[str], here: str) -> str:
        asked = parse_schedule(words)
        evals, clock = self.starting.settings.evals, self.starting.clock
        if asked.name == WATCH:
            raise WrongUse(f"the name {WATCH} is taken by DESKHAND_EVALS__WATCH_HOUR")
        target = await self.starting.target(asked.target)
        channel = asked.channel or (None if evals.report_channel else here)
        if channel is not None and not await self._is_in(channel):
            raise WrongUse("I am not in the channel of the report; invite me there first")
        schedule = Schedule(
            name=asked.name,
            target=target,
            options=RunRequest(target=target).options(),
            cron=asked.cron,
            timezone=asked.timezone,
            channel=channel,
            owner=asked.owner,
            next_due_at=next_due(asked.cron, asked.timezone, clock()),
        )
        await self.schedules.put(self.starting.settings.tenant, schedule)
        return f"Scheduled: {self._scheduled(schedule)}"

    async def _running(self) -> tuple[Run, ...]:
        tenant = self.starting.settings.tenant
        return await self.starting.runs.list(tenant, states=(RunState.RUNNING,))

    def _line(self, run: Run) -> str:
        at = self.starting.clock()
        took = shown_duration(max(0.0, (at - run.started_at).total_seconds()))
        target = escape(one_line(self.starting.shown(run.target)))
        waits = "" if run.has_process(at) and run.lease_owner else ", waiting for a process"
        ending = ", ending" if run.cancelling else ""
        return (
            f"{run.id[:8]} {target}: {run.done:,} of {run.total:,} cases, {took}, "
            f"${run.cost_usd:.4f}{waits}{ending}"
        )

    def _scheduled(self, schedule: Schedule) -> str:
        evals = self.starting.settings.evals
        channel = schedule.channel or evals.report_channel
        where = f", report in <#{channel}>" if channel else ", reported nowhere"
        owner = schedule.owner or evals.report_owner
        who = f", calls <@{owner}>" if owner else ""
        return (
            f"{escape(one_line(schedule.name))}: "
            f"{escape(one_line(self.starting.shown(schedule.target)))} at `{schedule.cron}` "
            f"{schedule.timezone}, next {schedule.next_due_at:%Y-%m-%d %H:%M} UTC{where}{who}"
        )


def _figures(body: Mapping[str, Any]) -> list[str]:
    if not body:
        return []
    rows = headline_rows(figure_rows(parse_record(body), None))
    return [
        f"{row.label}: {value_text(row.figure.value, row.metric)} "
        f"({interval_text(row.figure.low, row.figure.high, row.metric) or 'no interval'})"
        for row in rows
    ]
