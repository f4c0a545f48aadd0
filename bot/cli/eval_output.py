"""What `deskhand eval` says of runs and comparisons, as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.containment import one_line
from evals.reports.headline import before_text, figure_rows, headline, headline_rows
from evals.reports.wording import difference_text, interval_text, metric_label, value_text
from evals.statistics.comparison import Comparison, Verdict
from evals.statistics.gate import GateVerdict

if TYPE_CHECKING:
    from evals.run_record import RunRecord
    from evals.running.service import Finished

_MOST_FLIPS = 10


def rendered(finished: Finished, seconds: float) -> dict[str, Any]:
    """The last line of a run with `--json`."""
    record = finished.record
    return {
        "run_id": record.id,
        "target": record.target,
        "suites": list(record.suites),
        "dataset": record.dataset,
        "dataset_hash": record.dataset_hash,
        "fingerprint": record.fingerprint,
        "judge": record.judge,
        "state": record.state.value,
        "passed": finished.passed,
        "cases": len(record.results),
        "cached": sum(result.from_cache for result in record.results),
        "skipped": list(record.skipped),
        "notes": list(record.notes),
        "cost_usd": record.cost_usd,
        "seconds": round(seconds, 3),
        "figures": rendered_figures(record),
        **rendered_comparison(finished.comparison, finished.verdict),
        "report": {
            "html": str(finished.report.html),
            "markdown": str(finished.report.markdown),
            "json": str(finished.report.json),
        },
        "links": dict(record.links),
    }


def rendered_figures(record: RunRecord) -> dict[str, Any]:
    """A run's figures with their intervals."""
    return {
        f.metric: {"value": f.value, "low": f.low, "high": f.high, "cases": f.cases}
        for f in record.figures
    }


def rendered_comparison(
    comparison: Comparison | None, verdict: GateVerdict | None
) -> dict[str, Any]:
    """What got better and worse; null where nothing was compared, or no gate was asked for."""
    gate = verdict and {
        "passed": verdict.passed,
        "reasons": list(verdict.reasons),
        "notes": list(verdict.notes),
    }
    if comparison is None:
        return {"comparison": None, "gate": gate}
    found = {
        "baseline": comparison.baseline_id,
        "run": comparison.now_id,
        "shared_cases": comparison.shared,
        "better": [row.metric for row in comparison.of(Verdict.BETTER)],
        "worse": [row.metric for row in comparison.of(Verdict.WORSE)],
        "cases_worse": [f.case_id for f in comparison.flips if f.verdict is Verdict.WORSE],
        "cases_better": [f.case_id for f in comparison.flips if f.verdict is Verdict.BETTER],
        "metrics": {
            row.metric: {
                "before": row.before,
                "after": row.after,
                "low": row.low,
                "high": row.high,
                "p_adjusted": row.p_adjusted,
                "verdict": row.verdict.value,
            }
            for row in comparison.rows
        },
    }
    return {"comparison": found, "gate": gate}


def print_finished(finished: Finished) -> None:
    """A run's headline and figures, and where its report is."""
    record = finished.record
    print_record(record, finished.comparison)
    for name, link in record.links.items():
        print(f"{name}: {link}")
    print(f"report: {finished.report.html}")


def print_record(record: RunRecord, comparison: Comparison | None = None) -> None:
    """What a run found."""
    said = headline(record, comparison)
    print(f"run {record.id[:8]} of {one_line(record.target)}: {said.title}")
    for sentence in dict.fromkeys((*said.reasons, *said.notes, *record.notes, *record.skipped)):
        print(f"  {one_line(sentence)}")
    cached = sum(result.from_cache for result in record.results)
    print(f"  {len(record.results):,} cases, {cached:,} unchanged; ${record.cost_usd:.4f}")
    for row in headline_rows(figure_rows(record, comparison)):
        metric, figure = row.metric, row.figure
        interval = interval_text(figure.low, figure.high, metric)
        before = f"  before {before_text(row)}" if comparison is not None else ""
        print(f"  {row.label:<32} {value_text(figure.value, metric):>9}  {interval}{before}")


def print_comparison(comparison: Comparison, verdict: GateVerdict | None) -> None:
    """What changed between two runs, metrics first and then cases."""
    if verdict is not None:
        print("passed" if verdict.passed else "failed")
        for sentence in (*verdict.reasons, *verdict.notes):
            print(f"  {one_line(sentence)}")
    from evals.suites.catalogue import METRICS

    known = {metric.name: metric for metric in METRICS}
    print(f"{comparison.shared:,} cases are in both runs")
    for row in comparison.rows:
        if row.verdict in (Verdict.BETTER, Verdict.WORSE):
            metric = known[row.metric]
            print(
                f"  {metric_label(row.metric):<32} {row.verdict.value:<6} "
                f"{value_text(row.before, metric)} -> {value_text(row.after, metric)} "
                f"({difference_text(row.difference, metric)}, adjusted p {row.p_adjusted:.4f})"
            )
    if not (comparison.of(Verdict.BETTER) or comparison.of(Verdict.WORSE)):
        print("  no metric differs significantly")
    worse = [flip for flip in comparison.flips if flip.verdict is Verdict.WORSE]
    for flip in worse[:_MOST_FLIPS]:
        names = ", ".join(metric_label(change.metric) for change in flip.changes[:3])
        print(
            f"  {one_line(flip.case_id)}: {flip.outcome_before} -> {flip.outcome_after} ({names})"
        )
    if len(worse) > _MOST_FLIPS:
        print(f"  and {len(worse) - _MOST_FLIPS:,} more cases that got worse")
