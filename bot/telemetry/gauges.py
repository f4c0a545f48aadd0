"""What stands in the tables, set as gauges when somebody reads them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import PurePath

from engine.answerability.own_model import OwnAnswerability
from engine.clock import Clock
from engine.errors import StorageUnavailable
from engine.spending.overview import SpendingOverview
from engine.storage.evaluation_run import Run, RunState
from engine.storage.evaluations import EvaluationStore
from engine.storage.gauges import GaugeStore
from engine.telemetry import catalogue as of
from engine.telemetry.instruments import add, set_to
from engine.trace import ReasonCode
from engine.triage.judge import TriageModels

_AT_MOST_EVERY_S = 5.0


@dataclass(slots=True, kw_only=True)
class Gauges:
    """Those of one workspace; read at most every few seconds, however often somebody asks."""

    tenant: str
    store: GaugeStore
    spending: SpendingOverview
    evaluations: EvaluationStore
    triage: TriageModels
    answerability: OwnAnswerability
    clock: Clock
    _read_at: float = field(default=-_AT_MOST_EVERY_S)
    _begun: bool = False
    _scored: str = ""
    _trained: dict[str, str] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Sets them.

        Raises: StorageUnavailable.
        """
        if time.monotonic() - self._read_at < _AT_MOST_EVERY_S:
            return
        self._read_at = time.monotonic()
        self._begin()
        try:
            await self._read()
        except StorageUnavailable:
            set_to(of.DATABASE, 0.0, workspace=self.tenant)
            raise
        set_to(of.DATABASE, 1.0, workspace=self.tenant)

    def _begin(self) -> None:
        """Counters that alerts watch begin at 0: Prometheus sees no rise in one that appears."""
        if self._begun:
            return
        self._begun = True
        for counter in (of.FOR_REVIEW, of.SLACK_EVENTS, of.REDELIVERIES):
            add(counter, 0.0, workspace=self.tenant)
        for code in ReasonCode:
            add(of.REASONS, 0.0, workspace=self.tenant, reason=code.value)

    async def _read(self) -> None:
        workspace, now = self.tenant, self.clock()
        found = await self.store.standing(workspace, now)
        age_s = 0.0
        if found.oldest_due_at is not None:
            age_s = max(0.0, (now - found.oldest_due_at).total_seconds())
        set_to(of.QUEUE, found.waiting, workspace=workspace)
        set_to(of.QUEUE_AGE, age_s, workspace=workspace)
        set_to(of.DOCUMENTS, found.documents, workspace=workspace)
        for state, count in found.cases.items():
            set_to(of.CASES, count, workspace=workspace, state=state)
        await self._money()
        await self._scores()
        await self._versions()

    async def _versions(self) -> None:
        """Of the trained models that this process answers with."""
        calibration = await self.answerability.calibration.of(self.tenant)
        now = {
            "triage": (await self.triage.of(self.tenant)).version,
            "answerability": (await self.answerability.model(self.tenant)).name,
            "calibration": calibration.version or "none",
        }
        for model, version in now.items():
            before = self._trained.get(model, version)
            if before != version:
                set_to(of.TRAINED, 0.0, workspace=self.tenant, model=model, version=before)
            set_to(of.TRAINED, 1.0, workspace=self.tenant, model=model, version=version)
        self._trained = now

    async def _money(self) -> None:
        workspace, spent = self.tenant, await self.spending.now()
        for period, usd in (
            ("day", spent.day.total.spent_usd),
            ("week", spent.week_usd),
            ("month", spent.month.total.spent_usd),
        ):
            set_to(of.SPEND, usd, workspace=workspace, period=period)
        for period, share in (("day", spent.day.share), ("month", spent.month.share)):
            set_to(of.BUDGET, share, workspace=workspace, period=period)
        set_to(of.UNUSUAL, float(spent.hour.is_unusual), workspace=workspace)

    async def _scores(self) -> None:
        """Of the newest run; its record, which is long, is read once."""
        run: Run | None = await self.evaluations.last(self.tenant)
        if run is None or run.state is not RunState.DONE or run.id == self._scored:
            return
        record = await self.evaluations.record(self.tenant, run.id)
        target = PurePath(run.target).name[-64:]
        for figure in (record or {}).get("figures") or ():
            if isinstance(figure.get("value"), int | float):
                set_to(
                    of.EVAL_SCORE,
                    float(figure["value"]),
                    workspace=self.tenant,
                    target=target,
                    figure=str(figure["metric"]),
                )
        self._scored = run.id
