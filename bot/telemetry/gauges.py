"""What stands in the tables, set as gauges when somebody reads them."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from dataclasses import dataclass, field
from pathlib import PurePath

from bot.telemetry.beginning import begin_workspace
from engine.answerability.own_model import OwnAnswerability
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.fault_place import place
from engine.spending.overview import SpendingOverview
from engine.storage.evaluation_run import Run, RunState
from engine.storage.evaluations import EvaluationStore
from engine.storage.gauges import GaugeStore
from engine.telemetry import catalogue as of
from engine.telemetry.instruments import forget, set_to
from engine.triage.judge import TriageModels

log = logging.getLogger(__name__)

_AT_MOST_EVERY_S = 5.0
_WITHIN_S = 5.0
"""Whoever reads metrics waits for some seconds; tables that take longer cannot be read."""


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
    _read_at: float = -math.inf
    _begun: bool = False
    _is_over: bool = False
    _failing: bool = False
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _scored: str = ""
    _trained: dict[str, str] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Sets them; where tables cannot be read, one says so and the others stay."""
        async with self._reading:
            if self._is_over or time.monotonic() - self._read_at < _AT_MOST_EVERY_S:
                return
            self._read_at = time.monotonic()
            if not self._begun:
                self._begun = True
                begin_workspace(self.tenant)
            could = await self._could_read()
            self._failing = not could
            set_to(of.DATABASE, float(could), workspace=self.tenant)

    async def drop(self) -> None:
        """They have no values any more, and get none: their bot has ended."""
        async with self._reading:
            self._is_over = True
            forget(self.tenant)

    async def set_anew(self) -> None:
        """Sets all of them at the next refresh, after another bot of the workspace dropped its."""
        async with self._reading:
            self._read_at, self._scored, self._trained = -math.inf, "", {}

    async def _could_read(self) -> bool:
        try:
            async with asyncio.timeout(_WITHIN_S):
                await self._read()
        except (DeskhandError, TimeoutError) as error:
            if not self._failing:
                said = str(error) or "the database does not answer"
                log.warning("gauges of %s were not read: %s", self.tenant, said)
            return False
        except Exception as error:  # others are read all the same
            log.error("gauges of %s: %s at %s", self.tenant, type(error).__name__, place(error))
        return True

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
