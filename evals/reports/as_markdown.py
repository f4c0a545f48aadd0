"""A report for a review, a pull request or a terminal.

Foreign texts stand in code spans: nothing in them is a link, a mention or markup there.
"""

from __future__ import annotations

from evals.reports.headline import FigureRow, before_text
from evals.reports.markdown import code, plain, table
from evals.reports.summary import Summary
from evals.reports.wording import (
    counted,
    difference_text,
    interval_text,
    metric_label,
    value_text,
)
from evals.statistics.comparison import Verdict

_MOST_CHANGED, _MOST_FAILURES, _MOST_NAMED, _MOST_SLICES, _MOST_DOCUMENTS = 20, 10, 5, 30, 10


def report_markdown(summary: Summary) -> str:
    """The report as GitHub-flavoured Markdown."""
    record, found = summary.record, summary.headline
    parts = [
        f"# Evaluation of {code(record.dataset)}",
        f"**{found.title}**",
        "\n".join(f"- {plain(sentence)}" for sentence in (*found.reasons, *found.notes)),
        f"{counted(len(record.results), 'case')}, {summary.with_problems:,} with problems; judge "
        f"{code(record.judge)}; spent ${record.cost_usd:,.4f}.",
        _figures(summary),
        _changed(summary),
        _failures(summary),
        _documents(summary),
        _slices(summary),
        _skipped(summary),
        f"Run {code(record.id)}, engine {code(record.fingerprint)}, data set "
        f"{code(record.dataset_hash)}, seed {record.seed}. All answers and scores: `report.json`.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _figures(summary: Summary) -> str:
    if not summary.rows:
        return "## Figures\n\nNo figure could be computed from these cases."
    compared = summary.comparison is not None
    names = ["Figure", "Value", "95% interval", "Cases"]
    names += ["Baseline", "Change", "Verdict"] if compared else []
    rows = [_figure(row, compared) for row in summary.rows]
    return f"## Figures\n\n{table(names, rows, numbers=range(1, 6))}"


def _figure(row: FigureRow, compared: bool) -> list[str]:
    figure, metric = row.figure, row.metric
    cells = [
        row.label,
        value_text(figure.value, metric),
        interval_text(figure.low, figure.high, metric) or "–",
        f"{figure.cases:,}",
    ]
    if compared:
        verdict = row.verdict.value
        marked = row.verdict in (Verdict.BETTER, Verdict.WORSE)
        cells += [before_text(row), difference_text(row.difference, metric)]
        cells += [f"**{verdict}**" if marked else verdict]
    return cells


def _changed(summary: Summary) -> str:
    if summary.comparison is None:
        return ""
    worse = [flip for flip in summary.comparison.flips if flip.verdict is Verdict.WORSE]
    title = f"## {counted(len(worse), 'case')} got worse"
    if not worse:
        return f"{title}\n\nNone of {counted(summary.comparison.shared, 'shared case')}."
    rows = [
        [
            code(flip.case_id, cell=True),
            code(flip.question, 160, cell=True),
            f"{flip.outcome_before} → {flip.outcome_after}",
            ", ".join(metric_label(change.metric) for change in flip.changes[:4]),
        ]
        for flip in worse[:_MOST_CHANGED]
    ]
    return f"{title}\n\n{table(('Case', 'Question', 'Outcome', 'Worse in'), rows)}" + _more(
        len(worse), _MOST_CHANGED
    )


def _failures(summary: Summary) -> str:
    if not summary.failures:
        return ""
    lines = []
    for failure in summary.failures[:_MOST_FAILURES]:
        lines.append(f"- {code(failure.what, 200)}: {counted(len(failure.cases), 'case')}")
        lines += [
            f"  - {code(result.case_id)} {code(result.question, 160)}"
            for result in failure.cases[:_MOST_NAMED]
        ]
        left = len(failure.cases) - _MOST_NAMED
        lines += [f"  - and {left:,} more"] if left > 0 else []
    listed = "\n".join(lines)
    return f"## What goes wrong\n\n{listed}" + _more(len(summary.failures), _MOST_FAILURES)


def _documents(summary: Summary) -> str:
    if not summary.missing:
        return ""
    rows = [
        [code(each.name, 160, cell=True), f"{len(each.missed):,}", f"{each.expected:,}"]
        for each in summary.missing[:_MOST_DOCUMENTS]
    ]
    listed = table(("Document", "Missed by cases", "Expected by cases"), rows, numbers=(1, 2))
    return f"## Documents not used\n\n{listed}" + _more(len(summary.missing), _MOST_DOCUMENTS)


def _slices(summary: Summary) -> str:
    if not summary.slices:
        return ""
    names = ("Slice", "Cases", "With problems", *(metric_label(m.name) for m in summary.sliced_by))
    rows = []
    for found in summary.slices[:_MOST_SLICES]:
        cells = [
            f"{code(found.dimension, cell=True)} {code(found.value, 80, cell=True)}",
            f"{found.cases:,}",
            f"{found.with_problems:,}",
        ]
        for metric in summary.sliced_by:
            figure = found.figures.get(metric.name)
            cells.append(value_text(figure.value if figure else None, metric))
        rows.append(cells)
    listed = table(names, rows, numbers=range(1, len(names)))
    return f"## Slices\n\n{listed}" + _more(len(summary.slices), _MOST_SLICES)


def _skipped(summary: Summary) -> str:
    if not summary.record.skipped:
        return ""
    lines = "\n".join(f"- {code(sentence)}" for sentence in summary.record.skipped)
    return f"## Left out\n\n{lines}"


def _more(whole: int, shown: int) -> str:
    return f"\n\n{whole - shown:,} more are in `report.json`." if whole > shown else ""
