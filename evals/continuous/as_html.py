"""A day's report as one page: no network, no script, light and dark."""

from __future__ import annotations

from collections.abc import Sequence

from evals.continuous.detection import State
from evals.continuous.headline import rate_text, reasons_of, title_of
from evals.continuous.series import SERIES
from evals.continuous.watch_report import DayReport
from evals.continuous.wording import p_text, shares_of, shown_value, state_text
from evals.reports.canvas import Picture
from evals.reports.markup import Html, foreign, tag
from evals.reports.page import page, page_head, picture_figure, section

_LABELS = {series.name: series.label for series in SERIES}
_NUMBER = {"class_": "number"}
_OPEN = (State.CHANGED, State.STILL)


def day_html(report: DayReport, picture: Picture | None) -> str:
    """The whole page.  picture: the trend."""
    title = f"Production answers of {report.day}"
    sections = [
        found
        for found in (
            section("figures", "Series", _series(report)),
            section("shares", "Shares", _shares(report)),
            section("examples", "Examples", _examples(report)),
            section("trend", "Trend", picture_figure(picture, broad=True) if picture else None),
            section("meaning", "How to read this", _meaning(report)),
        )
        if found is not None
    ]
    jumps = [tag("li", tag("a", name, href=f"#{place}")) for place, name, _ in sections]
    body = tag(
        "body",
        tag("a", "Skip to the figures", href="#figures", class_="skip"),
        tag(
            "div",
            tag(
                "header",
                tag("p", "Deskhand", class_="kicker"),
                tag("h1", title),
                _verdict(report),
                _facts(report),
            ),
            tag("nav", tag("ul", *jumps), aria_label="Sections"),
            tag("main", *(content for _, _, content in sections)),
            class_="sheet",
        ),
    )
    return page(page_head(f"{title_of(report)} – {title}"), body)


def _verdict(report: DayReport) -> Html:
    reasons = [tag("li", sentence) for sentence in reasons_of(report)]
    if report.needs_attention:
        standing, mark = "failed", "✗ "
    elif not report.asked or any(verdict.state in _OPEN for verdict in report.verdicts):
        standing, mark = "open", "• "
    else:
        standing, mark = "passed", "✓ "
    return tag(
        "div",
        tag("p", tag("span", mark, aria_hidden="true"), title_of(report), class_="title"),
        tag("ul", *reasons) if reasons else None,
        class_=f"verdict {standing}",
    )


def _facts(report: DayReport) -> Html:
    facts = {
        "Questions": f"{report.asked:,}",
        "Scored again": f"{report.sampled:,}",
        "Days in": report.timezone,
    }
    rows = (tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items())
    return tag("dl", *rows, class_="facts")


def _series(report: DayReport) -> Html:
    names = ("Series", "Day", "Reference", "Questions", "Reference days", "p, adjusted", "State")
    head = _head(names, numbers=range(1, 6))
    rows = [
        tag(
            "tr",
            tag("th", verdict.series.label, scope="row"),
            tag("td", shown_value(verdict.value, verdict.series), **_NUMBER),
            tag("td", shown_value(verdict.reference, verdict.series), **_NUMBER),
            tag("td", f"{verdict.n:,}", **_NUMBER),
            tag("td", f"{verdict.reference_days:,}", **_NUMBER),
            tag("td", p_text(verdict.p_adjusted), **_NUMBER),
            tag("td", state_text(verdict)),
        )
        for verdict in report.verdicts
    ]
    made = tag("table", tag("thead", head), tag("tbody", *rows))
    return tag("div", made, class_="scroll", role="region", aria_label="Series", tabindex="0")


def _head(names: Sequence[str], *, numbers: Sequence[int]) -> Html:
    cells = (
        tag("th", name, scope="col", class_="number" if place in numbers else None)
        for place, name in enumerate(names)
    )
    return tag("tr", *cells)


def _shares(report: DayReport) -> Html | None:
    rows = [
        tag(
            "tr",
            tag("th", series.label, scope="row"),
            tag("td", foreign(label, 80)),
            tag("td", f"{now:.1%}", **_NUMBER),
            tag("td", f"{before:.1%}", **_NUMBER),
        )
        for series, label, now, before in shares_of(report)
    ]
    if not rows:
        return None
    head = _head(("Of", "", "Day", "Reference"), numbers=range(2, 4))
    made = tag("table", tag("thead", head), tag("tbody", *rows))
    return tag("div", made, class_="scroll", role="region", aria_label="Shares", tabindex="0")


def _examples(report: DayReport) -> Html | None:
    if not report.examples:
        return None
    return tag(
        "ul",
        *(
            tag(
                "li",
                tag("strong", _LABELS.get(example.series, example.series)),
                ", trace ",
                tag("code", example.trace_id),
                f", {example.outcome}. ",
                foreign(example.text) if example.text is not None else None,
                f" {example.what}",
            )
            for example in report.examples
        ),
    )


def _meaning(report: DayReport) -> Html:
    said = [tag("li", sentence) for sentence in (rate_text(report), *report.notes)]
    words = [
        tag("div", tag("dt", series.label), tag("dd", series.description)) for series in SERIES
    ]
    return tag("div", tag("ul", *said), tag("dl", *words))
