"""The first things a report says: whether the run passes, and its figures beside the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evals.reports.wording import change_interval_text, counted, metric_label, value_text
from evals.run_record import Figure, RunRecord, RunState
from evals.statistics.comparison import Comparison, MetricRow, Verdict
from evals.statistics.gate import gate
from evals.suites.catalogue import METRICS
from evals.suites.metric import Metric, Unit

MOST_HEADLINES = 8
_KNOWN = {metric.name: metric for metric in METRICS}
_FIRST = (
    "outcome_right",
    "faithfulness",
    "citation_precision",
    "recall_at_5",
    "category_right",
    "attack_withstood",
    "total_p95_ms",
    "cost_usd",
)
_STOPPED = {
    RunState.RUNNING: "The run has not ended; what follows is what it has so far.",
    RunState.CANCELLED: "The run was cancelled; what follows is of the cases asked until then.",
    RunState.OVER_BUDGET: "The run reached its spend limit; what follows is of the cases asked "
    "until then.",
    RunState.FAILED: "The run failed; what follows is of the cases asked until then.",
}


class Standing(StrEnum):
    """How the run stands."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The verdict.  title: a few words. reasons: sentences that say why. notes: what to know."""

    standing: Standing
    title: str
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A figure with what it means.  against: None where there is no baseline to compare it with."""

    metric: Metric
    figure: Figure
    against: MetricRow | None

    @property
    def label(self) -> str:
        """The metric's name in words."""
        return metric_label(self.metric.name)

    @property
    def verdict(self) -> Verdict:
        """What the comparison says of it."""
        return Verdict.UNCOMPARABLE if self.against is None else self.against.verdict

    @property
    def difference(self) -> float | None:
        """From the baseline's figure to this one, over the cases of both."""
        return None if self.against is None else self.against.difference


def headline(record: RunRecord, comparison: Comparison | None) -> Headline:
    """Whether the run passes, and why not."""
    stopped = (*((_STOPPED[record.state],) if record.state in _STOPPED else ()), *record.notes)
    breached = _breaches(record)
    if comparison is None:
        failed = record.state is RunState.FAILED
        title = "The run failed" if failed else "Measured, with no baseline to compare with"
        if breached and not failed:
            title = "Breaches were found; there is no baseline to compare with"
        standing = Standing.FAILED if failed else Standing.OPEN
        return Headline(standing=standing, title=title, reasons=breached, notes=stopped)
    found = gate(comparison, record)
    worse = [row for row in comparison.of(Verdict.WORSE) if row.in_gate]
    if found.passed:
        better = len(comparison.of(Verdict.BETTER))
        title = "Passed: nothing that counts got significantly worse"
        if better:
            title = f"Passed: {counted(better, 'figure')} better, none that counts worse"
        standing = Standing.PASSED
    else:
        title = "Failed"
        if worse:
            title = f"Failed: {counted(len(worse), 'figure')} significantly worse"
        elif comparison.breaches:
            title = f"Failed: {counted(len(comparison.breaches), 'new breach', 'new breaches')}"
        standing = Standing.FAILED
    notes = (
        *stopped,
        *(_worded(note) for note in found.notes if note not in record.skipped),
        *(breached if found.passed else ()),
    )
    rows = {row.metric: row for row in comparison.rows}
    reasons = tuple(_reason(reason, rows) for reason in found.reasons)
    return Headline(standing=standing, title=title, reasons=reasons, notes=notes)


def _reason(sentence: str, rows: Mapping[str, MetricRow]) -> str:
    """A sentence of the gate; of a regression with its figures as the report shows them."""
    name = sentence.partition(" ")[0]
    row, breached = rows.get(name), f"{name} was breached in "
    if sentence.startswith(breached) and name in _KNOWN:
        return f"{metric_label(name)}: {sentence.removeprefix(breached)}"
    if row is None or row.verdict is not Verdict.WORSE or name not in _KNOWN:
        return _worded(sentence)
    metric = _KNOWN[name]
    bounds = change_interval_text(row.low, row.high, metric)
    return (
        f"{metric_label(name)}: {value_text(row.before, metric)} before, "
        f"{value_text(row.after, metric)} now"
        f"{f', a change of {bounds}' if bounds else ''} "
        f"({row.changed:,} of {counted(row.cases, 'case')} changed)."
    )


def _worded(sentence: str) -> str:
    """A sentence of the gate with the metric it begins with in words."""
    first, _, rest = sentence.partition(" ")
    return f"{metric_label(first)} {rest}" if first in _KNOWN else sentence


def _breaches(record: RunRecord) -> tuple[str, ...]:
    """Sentences that name what may never happen and did."""
    found = []
    for metric in METRICS:
        count = sum(bool(result.columns.get(metric.name)) for result in record.results)
        if metric.critical and count:
            label = metric_label(metric.name)
            found.append(f"{label}: {counted(count, 'case')} of {len(record.results):,}.")
    return tuple(found)


def figure_rows(record: RunRecord, comparison: Comparison | None) -> tuple[FigureRow, ...]:
    """The run's figures in its order; those of metrics that no longer exist are left out."""
    against = {row.metric: row for row in comparison.rows} if comparison else {}
    return tuple(
        FigureRow(metric=_KNOWN[f.metric], figure=f, against=against.get(f.metric))
        for f in record.figures
        if f.metric in _KNOWN
    )


def headline_rows(rows: Sequence[FigureRow]) -> tuple[FigureRow, ...]:
    """The few to look at first: one for each suite, then those that got worse, then the gate's."""
    by_name = {row.metric.name: row for row in rows}
    chosen = [by_name[name] for name in _FIRST if name in by_name]
    more = [r for r in rows if r.metric.in_gate and not r.metric.critical and r not in chosen]
    more.sort(key=lambda row: row.verdict is not Verdict.WORSE)
    return tuple((chosen + more)[:MOST_HEADLINES])


def before_text(row: FigureRow) -> str:
    """The baseline's figure; a dash for none."""
    return value_text(row.against.before if row.against else None, row.metric)


def is_share(row: FigureRow) -> bool:
    """Whether it lies in [0, 1]."""
    return row.metric.unit is Unit.SHARE
