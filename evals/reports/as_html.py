"""A report as one page: no network, no script, light and dark, fit for a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from evals.reports.canvas import Picture
from evals.reports.case_tables import failure_section, missing_section, regression_section
from evals.reports.figure_tables import cards, figure_section, meaning_section, slice_table
from evals.reports.headline import Standing
from evals.reports.markup import Html, foreign, joined, tag
from evals.reports.page import page, page_head, picture_figure, section
from evals.reports.summary import Summary
from evals.reports.wording import counted, seen

_MARKS = {Standing.PASSED: "✓ ", Standing.FAILED: "✗ ", Standing.OPEN: "• "}
_BROAD = ("slices", "trend")


def report_html(summary: Summary, pictures: Sequence[Picture]) -> str:
    """The whole page.  pictures: each stands in its section."""
    by_name = {picture.chart.name: picture for picture in pictures}
    sections = [
        found
        for found in (
            section(
                "figures",
                "Headline figures",
                cards(summary),
                _shown(by_name, ("against-baseline", "figures")),
            ),
            section("regressions", "What changed", regression_section(summary)),
            section("failures", "What goes wrong", failure_section(summary)),
            section("documents", "Documents not used", missing_section(summary)),
            section("slices", "Slices", _shown(by_name, ("slices",)), slice_table(summary)),
            section(
                "confidence",
                "Confidence",
                _shown(by_name, ("calibration", "risk-coverage")),
            ),
            section("trend", "Trend over runs", _shown(by_name, ("trend",)), _trend_note(summary)),
            section("all", "All figures", figure_section(summary)),
            section("skipped", "Left out", _skipped(summary)),
            section("meaning", "How to read this", meaning_section(summary)),
        )
        if found is not None
    ]
    title = f"Evaluation of {seen(summary.record.dataset, 80)}"
    head = page_head(f"{summary.headline.title} – {title}")
    jumps = [tag("li", tag("a", name, href=f"#{place}")) for place, name, _ in sections]
    body = tag(
        "body",
        tag("a", "Skip to the figures", href="#figures", class_="skip"),
        tag(
            "div",
            tag(
                "header",
                tag("p", "Deskhand", class_="kicker"),
                tag("h1", "Evaluation of ", foreign(summary.record.dataset, 120)),
                _verdict(summary),
                _facts(summary),
            ),
            tag("nav", tag("ul", *jumps), aria_label="Sections"),
            tag("main", *(content for _, _, content in sections)),
            _footer(summary),
            class_="sheet",
        ),
    )
    return page(head, body)


def _verdict(summary: Summary) -> Html:
    found = summary.headline
    reasons = [tag("li", seen(sentence)) for sentence in found.reasons]
    notes = [tag("li", seen(sentence)) for sentence in found.notes]
    many = len(notes) > 2
    return tag(
        "div",
        tag(
            "p",
            tag("span", _MARKS[found.standing], aria_hidden="true"),
            found.title,
            class_="title",
        ),
        tag("ul", *reasons) if reasons else None,
        tag("ul", *notes, class_="muted") if notes and not many else None,
        tag("details", tag("summary", counted(len(notes), "note")), tag("ul", *notes))
        if many
        else None,
        class_=f"verdict {found.standing.value}",
    )


def _facts(summary: Summary) -> Html:
    record = summary.record
    cached = sum(result.from_cache for result in record.results)
    facts = {
        "Cases": f"{len(record.results):,}",
        "With problems": f"{summary.with_problems:,}",
        "Suites": ", ".join(record.suites) or "none",
        "Split": record.split or "all",
        "Judge": record.judge,
        "Spent": f"${record.cost_usd:,.4f}" if record.cost_usd else "$0",
        "Answers kept from earlier runs": f"{cached:,}" if cached else "",
        "Started": _moment(record.started_at),
        "Took": _took(record.started_at, record.finished_at),
        "Baseline": summary.comparison.baseline_id if summary.comparison else "",
    }
    return tag(
        "dl",
        *(
            tag("div", tag("dt", name), tag("dd", foreign(value)))
            for name, value in facts.items()
            if value
        ),
        class_="facts",
    )


def _shown(pictures: dict[str, Picture], names: Sequence[str]) -> Html | None:
    held = [pictures[name] for name in names if name in pictures]
    if not held:
        return None
    figures = [picture_figure(each, broad=each.chart.name in _BROAD) for each in held]
    return (
        joined(*figures) if held[0].chart.name in _BROAD else tag("div", *figures, class_="charts")
    )


def _trend_note(summary: Summary) -> Html | None:
    others = {run.dataset_hash for run in summary.history} - {summary.record.dataset_hash}
    if not others:
        return None
    text = "Hollow points are runs of other cases: the data set has changed since."
    return tag("p", text, class_="note")


def _skipped(summary: Summary) -> Html | None:
    if not summary.record.skipped:
        return None
    said = tag("p", f"{counted(len(summary.record.skipped), 'line or case', 'lines or cases')}:")
    return joined(said, tag("ul", *(tag("li", foreign(s)) for s in summary.record.skipped)))


def _footer(summary: Summary) -> Html:
    record = summary.record
    links = [
        tag("li", tag("a", seen(name), href=url, rel="noreferrer noopener"))
        for name, url in record.links.items()
        if urlsplit(url).scheme in ("https", "http")
    ]
    marks = {
        "run": record.id,
        "engine": record.fingerprint,
        "data set": record.dataset_hash,
        "seed": str(record.seed),
    }
    said = [tag("li", f"{name} ", tag("code", seen(mark))) for name, mark in marks.items()]
    return tag(
        "footer",
        tag("ul", *links, *said),
        tag(
            "p", "Every answer with its scores is in report.json beside this page.", class_="muted"
        ),
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M %Z}".strip()


def _took(start: datetime, end: datetime | None) -> str:
    if end is None:
        return ""
    seconds = (end - start).total_seconds()
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
