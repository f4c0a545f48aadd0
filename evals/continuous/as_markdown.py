"""A day's report for a terminal or a review."""

from __future__ import annotations

from evals.continuous.headline import rate_text, reasons_of, title_of
from evals.continuous.series import SERIES
from evals.continuous.watch_report import DayReport
from evals.continuous.wording import p_text, shares_of, shown_value, state_text
from evals.reports.markdown import code, plain, table

_LABELS = {series.name: series.label for series in SERIES}


def day_markdown(report: DayReport) -> str:
    """The report as GitHub-flavoured Markdown."""
    parts = [
        f"# Production answers of {report.day}",
        f"**{title_of(report)}**",
        "\n".join(f"- {plain(sentence)}" for sentence in reasons_of(report)),
        f"{report.asked:,} questions asked, {report.sampled:,} of them scored again; days in "
        f"{code(report.timezone)}.",
        _series(report),
        _shares(report),
        _examples(report),
        "## How to read this\n\n"
        + "\n".join(f"- {plain(sentence)}" for sentence in (rate_text(report), *report.notes)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _series(report: DayReport) -> str:
    names = ("Series", "Day", "Reference", "Questions", "Days", "p, adjusted", "State")
    rows = [
        (
            plain(verdict.series.label),
            shown_value(verdict.value, verdict.series),
            shown_value(verdict.reference, verdict.series),
            f"{verdict.n:,}",
            f"{verdict.reference_days:,}",
            p_text(verdict.p_adjusted),
            plain(state_text(verdict)),
        )
        for verdict in report.verdicts
    ]
    return f"## Series\n\n{table(names, rows, numbers=range(1, 6))}"


def _shares(report: DayReport) -> str:
    rows = [
        (plain(series.label), code(label, 80, cell=True), f"{now:.1%}", f"{before:.1%}")
        for series, label, now, before in shares_of(report)
    ]
    if not rows:
        return ""
    return f"## Shares\n\n{table(('Of', '', 'Day', 'Reference'), rows, numbers=(2, 3))}"


def _examples(report: DayReport) -> str:
    if not report.examples:
        return ""
    lines = []
    for example in report.examples:
        asked = "" if example.text is None else f": {code(example.text)}"
        lines.append(
            f"- {plain(_LABELS.get(example.series, example.series))}, trace "
            f"{code(example.trace_id)}, {plain(example.outcome)}{asked}. {plain(example.what)}"
        )
    return "## Examples\n\n" + "\n".join(lines)
