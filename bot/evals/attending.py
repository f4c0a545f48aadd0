"""One run from its row to its report: its process, how far it is, and what it found."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.delivery.refusals import Meaning, meaning_of
from bot.evals.children import MOST_FAILURES, WRONG_USE, Child, Children
from bot.evals.pictures import are_there, bring_pictures
from bot.evals.posts import ROOT, Posts
from bot.evals.starting import BY_CLOCK, Starting
from bot.rendering.evaluation import (
    ended_message,
    page_message,
    progress_message,
    report_message,
    root_message,
)
from bot.slack_api import RateLimited, Refused, SlackFault
from engine.errors import DeskhandError
from engine.storage.announcements import AnnouncementStore
from engine.storage.evaluation_run import Run, RunState
from engine.storage.evaluations import EvaluationStore
from evals.running.progress import shown_duration

log = logging.getLogger(__name__)

POLL_S = 0.5
_BETWEEN_UPDATES = timedelta(seconds=3)
"""Of the line that tells how far it is; Slack allows about fifty updates a minute."""
_UNREPORTED = "Its report could not be made; the log of the bot says why."
_TITLES = {
    RunState.DONE: "done",
    RunState.CANCELLED: "cancelled",
    RunState.OVER_BUDGET: "stopped at its spend limit",
    RunState.FAILED: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attending:
    """Attends runs.  name: of this process, in leases."""

    runs: EvaluationStore
    announcements: AnnouncementStore
    children: Children
    starting: Starting
    name: str
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def attend(self, posts: Posts) -> None:
        """Sees a run to its end and tells of it; goes on where an earlier call was interrupted.

        Raises: Lost, InDoubt, RateLimited, Refused, Unsure, DeskhandError, StorageUnavailable.
        """
        held = posts.held
        run = await self.runs.get(held.tenant, held.id)
        if run is None:  # pruned meanwhile
            return
        if run.state is RunState.RUNNING:
            await self._bring_root(posts, run, "running")
            run = await self._see_to_end(posts, run)
        self.children.let_go(run.id)
        if held.channel:
            await self._tell(posts, run)

    async def _see_to_end(self, posts: Posts, run: Run) -> Run:
        failures, next_update = posts.held.attempts, None
        while run.state is RunState.RUNNING:
            child = self.children.of_run(run.id)
            if child is not None and (code := child.poll()) is not None:
                failures = await self._ended(posts, run.id, child, code, failures)
            elif child is None and not self._is_worked_on(run) and self.children.has_room:
                await self.children.start_run(run.id, run.target)
            next_update = await self._show_progress(posts, run, next_update)
            await self.sleep(POLL_S)
            found = await self.runs.get(run.tenant, run.id)
            if found is None:
                return run
            run = found
        return run

    def _is_worked_on(self, run: Run) -> bool:
        return run.lease_owner is not None and run.has_process(self.starting.clock())

    async def _ended(
        self, posts: Posts, run_id: str, child: Child, code: int, failures: int
    ) -> int:
        """A process is over: the run is too, or another process goes on with it."""
        held, at = posts.held, self.starting.clock()
        self.children.let_go(run_id)
        run = await self.runs.get(held.tenant, run_id)
        if run is None or run.state is not RunState.RUNNING:
            return failures
        if self.children.is_lease_of(child, run.lease_owner):
            assert run.lease_owner is not None
            await self.runs.release(held.tenant, run_id, owner=run.lease_owner, at=at)
        elif self._is_worked_on(run):
            return failures  # by a process that somebody else has started
        problem = await asyncio.to_thread(child.problem)
        failures += 1
        log.warning("the process of an evaluation ended with the code %d", code)
        if code == WRONG_USE or failures >= MOST_FAILURES:
            why = problem or f"its process ended {failures} times, at last with the code {code}"
            await self._fail(held.tenant, run_id, why, at)
        await self.announcements.count_failure(held, failures)
        return failures

    async def _fail(self, tenant: str, run_id: str, why: str, at: datetime) -> None:
        if await self.runs.take(tenant, run_id, owner=self.name, at=at) is not None:
            await self.runs.finish(
                *(tenant, run_id, RunState.FAILED),
                owner=self.name,
                at=at,
                record=None,
                problem=why,
            )

    async def _show_progress(
        self, posts: Posts, run: Run, next_update: datetime | None
    ) -> datetime | None:
        """Rewrites the line; when that may be done again. Where it fails, the run goes on."""
        now = self.starting.clock()
        if not posts.held.channel or (next_update is not None and now < next_update):
            return next_update
        waits = not self._is_worked_on(run) and self.children.of_run(run.id) is None
        far = _far(run, now, waits=waits)
        try:
            await posts.bring("progress", progress_message(run.id, far=far, ended=False))
        except RateLimited as limit:
            return now + timedelta(seconds=limit.retry_after_s)
        except SlackFault as fault:
            log.info("how far a run is was not shown: %s", fault)
        except DeskhandError:  # not known yet whether it is out
            return now + _BETWEEN_UPDATES * 5
        return now + _BETWEEN_UPDATES

    async def _bring_root(self, posts: Posts, run: Run, state: str) -> None:
        if not posts.held.channel:
            return
        by_clock = run.requested_by.startswith(BY_CLOCK)
        await posts.bring(
            ROOT,
            root_message(
                self.starting.shown(run.target),
                asked_by=posts.held.asked_by,
                schedule=run.requested_by.removeprefix(BY_CLOCK) if by_clock else "",
                state=state,
            ),
        )

    async def _tell(self, posts: Posts, run: Run) -> None:
        title, held = _TITLES[run.state], posts.held
        target = self.starting.shown(run.target)
        report = await self._report(posts, run)
        await self._bring_root(posts, run, title)
        far = _far(run, run.finished_at or self.starting.clock(), waits=False)
        await posts.bring("progress", progress_message(run.id, far=far, ended=True))
        if report is None:
            message = ended_message(target, title=title, problem=run.problem, mention=held.asked_by)
            await posts.bring("report", message)
        else:
            sentences = {
                name: [self.starting.discreet(sentence) for sentence in report[name]]
                for name in ("reasons", "notes", "skipped")
            }
            shown = {**report, **sentences, "target": target}
            await posts.bring("report", report_message(shown, mention=held.asked_by))
            await self._bring_pictures(posts, report)
            await self._bring_root(posts, run, f"{title}. {report['title']}")
        why = self._why_paged(run, report)
        if held.owner and why:
            await posts.bring("page", page_message(held.owner, target, why), broadcast=True)

    async def _report(self, posts: Posts, run: Run) -> Mapping[str, Any] | None:
        """What the run found; None where it found nothing, or that cannot be reported.

        Raises: DeskhandError where its report is worth another try.
        """
        report = posts.held.report
        if await self.runs.record(run.tenant, run.id) is None:
            return report
        if report is not None and (
            posts.ts_of("pictures") or await asyncio.to_thread(are_there, report["pictures"])
        ):
            return report
        arguments = ("eval", "report", run.id, "--json")
        try:
            made = await self.children.result_of(arguments, f"{run.id}-report")
        except DeskhandError as error:
            if posts.held.attempts + 1 < MOST_FAILURES:
                raise
            log.warning("the report of an evaluation could not be made: %s", error)
            return report
        await self.announcements.save_report(posts.held, made)
        return made

    async def _bring_pictures(self, posts: Posts, report: Mapping[str, Any]) -> None:
        """Where the app may not share files, the report does without."""
        try:
            await bring_pictures(posts, report["pictures"])
        except Refused as refused:
            if meaning_of(refused) is Meaning.NOWHERE:
                raise
            log.warning("the plots of a report were not shared: %s", refused)
        except OSError as error:
            log.warning("the plots of a report cannot be read: %s", error.strerror)

    def _why_paged(self, run: Run, report: Mapping[str, Any] | None) -> list[str]:
        """Why the owner is called; empty for a run that somebody awaits, or that is well."""
        if not run.requested_by.startswith(BY_CLOCK):
            return []
        if run.state is RunState.FAILED:
            return [self.starting.discreet(run.problem) or "it failed"]
        if report is not None and report["regression"]:
            return list(report["reasons"]) or [str(report["title"])]
        if run.state is RunState.OVER_BUDGET:
            return ["it reached its spend limit before it was done"]
        return []


def _far(run: Run, at: datetime, *, waits: bool) -> str:
    """How far a run is, in a sentence."""
    took = shown_duration(max(0.0, (at - run.started_at).total_seconds()))
    cost = f", ${run.cost_usd:.4f}" if run.cost_usd else ""
    if run.state is not RunState.RUNNING:
        return (
            f"{_TITLES[run.state].capitalize()}: {run.done:,} of {run.total:,} cases, {took}{cost}."
        )
    if waits:
        done = f" {run.done:,} of {run.total:,} cases are done." if run.total else ""
        return f"Waiting for a process.{done}"
    if not run.total:
        return f"Preparing, {took} so far."
    share = run.done / run.total
    left = ""
    if run.done >= 3 and run.done < run.total:
        elapsed = (at - run.started_at).total_seconds()
        left = f", about {shown_duration(elapsed * (1 - share) / share)} left"
    return f"{run.done:,} of {run.total:,} cases ({share:.0%}), {took} so far{left}{cost}."
