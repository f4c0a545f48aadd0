"""Gauges of a workspace, put together."""

from __future__ import annotations

from bot.telemetry.gauges import Gauges
from engine.compose import Engine
from engine.spending.overview import SpendingOverview
from engine.storage.gauges import GaugeStore


def gauges_of(engine: Engine) -> Gauges:
    """Those of an engine's tenant."""
    tenant, clock = engine.settings.tenant, engine.pipeline.clock
    return Gauges(
        tenant=tenant,
        store=GaugeStore(engine.database),
        spending=SpendingOverview(
            tenant=tenant, store=engine.spend, budgets=engine.budgets, clock=clock
        ),
        evaluations=engine.evaluations,
        triage=engine.triage,
        answerability=engine.answerability,
        clock=clock,
    )
