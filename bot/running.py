"""The bot as its parts stand together: what starts them, and ends them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.ability import Ability
from bot.aside import Aside
from bot.attachments import Attachments
from bot.delivery.worker import Worker
from bot.escalation import Escalation
from bot.evals.clockwork import Clockwork
from bot.figures.weekly import WeeklyFigures
from bot.intake.gap_loop import GapLoop
from bot.jobs import Jobs
from bot.leading import Leadership
from bot.learning.deleted import DeletedQuestions
from bot.learning.keeping import EntryKeeping
from bot.modes.composing import Modes
from bot.readiness import Readiness
from bot.refitting import Refitting
from bot.rereading import SourceRereading
from bot.retaining import NightlyRetention
from bot.retraining.weekly import WeeklyRetraining
from bot.review.composing import CaseTiming
from bot.review.timekeeper import Timekeeper
from bot.rotation import Renewal
from bot.shared_files.watch import SharedFilesWatch
from bot.slack_api import SlackApi
from bot.slack_app import Identity
from bot.spending.watching import SpendingWatch
from bot.surfaces.dispatch import Dispatch
from bot.telemetry.gauges import Gauges
from bot.telemetry.metrics import MetricsPage
from bot.transport.http import HttpTransport
from bot.transport.socket import SocketTransport
from engine.compose import Engine

if TYPE_CHECKING:
    from engine.adapters.telemetry.meters import Meters


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A bot that is composed; `running` starts it. http: None where others take Slack's requests
    and hand them to `surfaces`."""

    engine: Engine
    api: SlackApi
    identity: Identity
    worker: Worker
    escalation: Escalation
    aside: Aside
    gaps: GapLoop
    readiness: Readiness
    surfaces: Dispatch
    gauges: Gauges
    http: HttpTransport | None
    socket: SocketTransport | None
    renewal: Renewal
    attachments: Attachments
    shared_files: SharedFilesWatch
    evaluations: Clockwork
    timing: CaseTiming
    timekeeper: Timekeeper
    leadership: Leadership
    modes: Modes
    retraining: WeeklyRetraining
    retaining: NightlyRetention
    rereading: SourceRereading
    figures: WeeklyFigures
    spending: SpendingWatch
    entries: EntryKeeping
    deleted: DeletedQuestions
    refitting: Refitting

    @property
    def port(self) -> int:
        """The port that it listens on; 0 where others take Slack's requests."""
        return 0 if self.http is None else self.http.port

    def show_metrics(self, meters: Meters) -> MetricsPage:
        """Serves them at `/metrics`; returns that page."""
        page = MetricsPage(meters=meters, gauges=lambda: [self.gauges], why_not_ready=self._why_not)
        if self.http is not None:
            self.http.metrics = page.render
        return page

    @property
    def jobs(self) -> Jobs:
        """What it does while it holds the lease."""
        return Jobs(
            gaps=None if self.engine.settings.role.answers else self.gaps,
            shared_files=self.shared_files,
            evaluations=self.evaluations,
            timers=(
                self.retraining,
                self.retaining,
                self.rereading,
                self.figures,
                self.spending,
                self.entries,
                self.deleted,
            ),
            timekeeper=self.timekeeper,
            refitting=self.refitting,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Does what its role says while inside; drains and hands over when left.

        Raises: SocketRefused, PortTaken, StorageUnavailable, IndexUnavailable.
        """
        role = self.engine.settings.role
        if role.answers:
            await self.attachments.forget_leftovers()
        async with AsyncExitStack() as stack:
            await self.modes.start()
            if self.http is not None:
                self.http.able = self._ability().why_not
                await self.http.start()
                stack.push_async_callback(self.http.stop)
            stack.push_async_callback(self.aside.aclose)
            self.escalation.start()
            stack.push_async_callback(self.escalation.aclose)
            if role.answers:
                await self._answer(stack)
            stack.push_async_callback(self.timing.aclose)
            await self.timing.start()
            if role.does_jobs:
                stack.push_async_callback(self.leadership.aclose)
                await self.leadership.start(self.jobs)
            try:
                yield
            finally:
                self.readiness.stopping = True

    async def _why_not(self) -> str:
        return self.readiness.why_not() if self.http is None else await self.http.why_not()

    def _ability(self) -> Ability:
        engine, tenant = self.engine, self.engine.settings.tenant
        return Ability(
            {
                "the database": lambda: engine.documents.revision(tenant),
                "the index": lambda: engine.index.count(tenant),
            }
        )

    async def _answer(self, stack: AsyncExitStack) -> None:
        self.worker.start()
        stack.push_async_callback(self.worker.stop)
        if self.socket is not None:
            stack.push_async_callback(self.socket.stop)
            await self.socket.start()
        self.gaps.start()
        stack.push_async_callback(self.gaps.aclose)
