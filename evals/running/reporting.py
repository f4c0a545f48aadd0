"""The report of a run that is stored, made anew."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import WrongUse
from engine.settings import Settings
from engine.storage.evaluation_run import Run, RunState
from engine.storage.evaluations import EvaluationStore
from evals.record_json import parse_record
from evals.reports.files import ReportFiles, write_report
from evals.run_record import RunRecord
from evals.running.baselines import baseline_of
from evals.statistics.compare import compare
from evals.statistics.comparison import Comparison

HISTORY = 20
"""Earlier runs that a report shows the trend of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """A report with what it was made of.  comparison: None where there is no baseline."""

    record: RunRecord
    comparison: Comparison | None
    files: ReportFiles


async def report_of(
    store: EvaluationStore,
    settings: Settings,
    run: Run,
    *,
    against: str | None = None,
    folder: Path | None = None,
) -> StoredReport:
    """Writes a run's report, compared with a baseline where there is one.

    against: the baseline; None means the one that the run was started with, else the target's
    own, if it has any. folder: None means the run's own, beside the index.

    Raises: WrongUse where the run has found nothing yet, or `against` names nothing;
    StorageUnavailable, OSError.
    """
    body = await store.record(run.tenant, run.id)
    if body is None:
        raise WrongUse(f"the run {run.id[:8]} has no results to report")
    record = await asyncio.to_thread(parse_record, body)
    named = against if against is not None else run.options.get("compare")
    try:
        baseline = await baseline_of(store, run.tenant, run.target, named)
    except WrongUse:
        if against is not None:
            raise
        baseline = None
    comparison = None
    if baseline is not None and baseline.id != record.id:
        comparison = await asyncio.to_thread(compare, baseline, record, record.seed)
    where = folder or settings.home / "evals" / "reports" / run.id
    files = await write_report(
        record,
        where,
        comparison=comparison,
        history=await history_of(store, run.tenant, run.target),
    )
    return StoredReport(record=record, comparison=comparison, files=files)


async def history_of(store: EvaluationStore, tenant: str, target: str) -> tuple[RunRecord, ...]:
    """Earlier runs of a target, without their cases."""
    runs = await store.list(tenant, target=target, states=(RunState.DONE,), limit=HISTORY)
    bodies = [await store.record(tenant, run.id) for run in runs]
    records = [await asyncio.to_thread(parse_record, body) for body in bodies if body]
    return tuple(replace(record, results=()) for record in records)
