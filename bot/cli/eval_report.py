"""`deskhand eval report`: the report of a run that has ended, written anew.

$ deskhand eval report 3f2a91c0 --compare release
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bot.cli.eval_output import print_record
from engine.errors import DeskhandError, WrongUse
from engine.settings import Settings
from engine.storage.evaluation_run import RunState
from evals.reports.failures import frequent_failures
from evals.reports.headline import Standing, before_text, figure_rows, headline, headline_rows
from evals.reports.wording import difference_text, interval_text, metric_label, value_text
from evals.running.opening import open_evaluations
from evals.running.reporting import StoredReport, report_of
from evals.statistics.comparison import Verdict

_MOST_CASES = 10
_MOST_FAILURES = 5


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Writes it, and says where it is."""
    async with open_evaluations(settings) as (store, _):
        found = await store.get(settings.tenant, args.run)
        if found is None:
            raise WrongUse(
                f"there is no single run {args.run[:40]!r}; `deskhand eval list` lists them"
            )
        folder = Path(args.report) if args.report else None
        try:
            made = await report_of(store, settings, found, against=args.compare, folder=folder)
        except OSError as error:
            raise DeskhandError(f"the report cannot be written: {error.strerror}") from None
    if args.json:
        print(json.dumps(rendered_report(made), ensure_ascii=False))
    else:
        print_record(made.record, made.comparison)
        print(f"report: {made.files.html}")
    return 0


def rendered_report(made: StoredReport) -> dict[str, Any]:
    """What the bot tells of a run; texts as people read them, and no question's words."""
    record, comparison = made.record, made.comparison
    said = headline(record, comparison)
    flips = comparison.flips if comparison is not None else ()
    worse = [flip for flip in flips if flip.verdict is Verdict.WORSE]
    failures = frequent_failures(record.results)
    return {
        "run_id": record.id,
        "target": record.target,
        "state": record.state.value,
        "title": said.title,
        "standing": said.standing.value,
        "reasons": list(said.reasons),
        "notes": list(said.notes),
        "skipped": list(record.skipped),
        "cases": len(record.results),
        "cached": sum(result.from_cache for result in record.results),
        "cost_usd": record.cost_usd,
        "baseline": None if comparison is None else comparison.baseline_id,
        "regression": comparison is not None
        and said.standing is Standing.FAILED
        and record.state is RunState.DONE,
        "rows": [
            {
                "label": row.label,
                "value": value_text(row.figure.value, row.metric),
                "interval": interval_text(row.figure.low, row.figure.high, row.metric),
                "before": before_text(row),
                "difference": difference_text(row.difference, row.metric),
                "verdict": row.verdict.value,
            }
            for row in headline_rows(figure_rows(record, comparison))
        ],
        "worse_count": len(worse),
        "worse": [
            {
                "case_id": flip.case_id,
                "before": flip.outcome_before,
                "after": flip.outcome_after,
                "metrics": [metric_label(change.metric) for change in flip.changes[:3]],
            }
            for flip in worse[:_MOST_CASES]
        ],
        "failures": [
            {
                "what": failure.what,
                "count": len(failure.cases),
                "cases": [case.case_id for case in failure.cases[:_MOST_CASES]],
            }
            for failure in failures[:_MOST_FAILURES]
        ],
        "pictures": [
            {"path": str(path), "alt": alt}
            for path, alt in zip(made.files.pngs, made.files.alts, strict=True)
        ],
        "html": str(made.files.html),
        "links": dict(record.links),
    }
