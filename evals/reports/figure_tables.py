"""Figures, slices and what the metrics mean, as pieces of a page."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from evals.reports.headline import FigureRow, before_text
from evals.reports.markup import Html, foreign, joined, tag
from evals.reports.slices import Slice
from evals.reports.summary import Summary
from evals.reports.wording import (
    change_interval_text,
    counted,
    difference_text,
    interval_text,
    metric_label,
    value_text,
)
from evals.statistics.comparison import ALPHA, Comparison, Verdict

MOST_SLICES = 12
"""Of a dimension; the rest is counted."""

_SAID = {
    Verdict.BETTER: "better",
    Verdict.WORSE: "worse",
    Verdict.SAME: "not significant",
    Verdict.UNCOMPARABLE: "not comparable",
}


_ARROWS = {Verdict.BETTER: "▲ ", Verdict.WORSE: "▼ "}


def cards(summary: Summary) -> Html | None:
    """The first figures, large, with interval and baseline."""
    if not summary.first:
        return None
    return tag("ul", *(_card(row) for row in summary.first), class_="cards", role="list")


def _card(row: FigureRow) -> Html:
    figure, metric = row.figure, row.metric
    bounds = interval_text(figure.low, figure.high, metric)
    change = None
    if row.against is not None:
        before = tag("p", f"Baseline {before_text(row)}")
        change = tag("div", before, tag("p", _change(row)), class_="change")
    lower = "" if metric.higher_is_better else " · lower is better"
    return tag(
        "li",
        tag("p", row.label, class_="name"),
        tag("p", value_text(figure.value, metric), class_="value"),
        tag("p", bounds or "too few cases for an interval", lower, class_="range"),
        change,
        class_=f"card {row.verdict.value}-card",
    )


def _change(row: FigureRow) -> Html:
    said = _SAID[row.verdict]
    difference = difference_text(row.difference, row.metric)
    marked = row.verdict in (Verdict.BETTER, Verdict.WORSE)
    text = said if row.difference is None else f"{_ARROWS.get(row.verdict, '')}{difference}, {said}"
    return tag("span", text, class_=row.verdict.value if marked else "muted")


def figure_section(summary: Summary) -> Html | None:
    """All figures by suite."""
    if not summary.rows:
        return tag("p", "No figure could be computed from these cases.")
    compared = summary.comparison is not None
    names = ["Figure", "Value", "95% interval", "Cases"]
    if compared:
        names += ["Baseline", "Change", "95% interval of the change", "Verdict"]
    numeric = {"Value", "95% interval", "Cases", "Baseline", "Change", "95% interval of the change"}
    head = tag(
        "tr",
        *(tag("th", n, scope="col", class_="number" if n in numeric else None) for n in names),
    )
    bodies = []
    for suite, rows in groupby(summary.rows, key=lambda row: row.metric.suite):
        group = tag(
            "th", suite.value.capitalize(), scope="rowgroup", colspan=len(names), class_="group"
        )
        bodies.append(tag("tbody", tag("tr", group), *(_row(row, compared) for row in rows)))
    caption = tag("caption", "All figures, by suite.", _shared(summary.comparison))
    table = tag("table", caption, tag("thead", head), *bodies)
    return scrolled("All figures", table)


def _shared(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    shared = counted(comparison.shared, "case")
    return f" Baseline and change are over the {shared} that both runs have unchanged."


def _row(row: FigureRow, compared: bool) -> Html:
    figure, metric, found = row.figure, row.metric, row.against
    cells = [
        tag("th", row.label, scope="row"),
        number(value_text(figure.value, metric)),
        number(interval_text(figure.low, figure.high, metric) or "–"),
        number(f"{figure.cases:,}"),
    ]
    if compared:
        bounds = change_interval_text(found.low, found.high, metric) if found else ""
        note = found.note if found else ""
        marked = row.verdict in (Verdict.BETTER, Verdict.WORSE)
        said = tag(
            "span",
            f"{_ARROWS.get(row.verdict, '')}{_SAID[row.verdict]}",
            class_=row.verdict.value if marked else "muted",
        )
        cells += [
            number(before_text(row)),
            number(difference_text(row.difference, metric)),
            number(bounds or "–"),
            tag("td", said, f" ({note})" if note else None, class_=None if note else "short"),
        ]
    return tag("tr", *cells)


def slice_table(summary: Summary) -> Html | None:
    """Cases, problems and a few figures of each slice."""
    if not summary.slices:
        return None
    sizes = Counter(found.dimension for found in summary.slices)
    bodies = []
    names = ("Slice", "Cases", "With problems", *(metric_label(m.name) for m in summary.sliced_by))
    for dimension, group in groupby(summary.slices, key=lambda found: found.dimension):
        rows = [_slice(found, summary) for found in list(group)[:MOST_SLICES]]
        left = sizes[dimension] - len(rows)
        more = f" ({left:,} smaller ones are in report.json)" if left else ""
        title = tag(
            "th", foreign(dimension), more, scope="rowgroup", colspan=len(names), class_="group"
        )
        bodies.append(tag("tbody", tag("tr", title), *rows))
    head = [tag("th", n, scope="col", class_="number" if i else None) for i, n in enumerate(names)]
    caption = tag(
        "caption",
        "To find causes by: intervals are each for itself, and of many slices some lie apart by "
        "chance.",
    )
    return scrolled("Slices", tag("table", caption, tag("thead", tag("tr", *head)), *bodies))


def _slice(found: Slice, summary: Summary) -> Html:
    cells = [number(f"{found.cases:,}"), number(f"{found.with_problems:,}")]
    for metric in summary.sliced_by:
        figure = found.figures.get(metric.name)
        if figure is None:
            cells.append(number("–"))
            continue
        bounds = interval_text(figure.low, figure.high, metric)
        cells.append(
            tag(
                "td",
                value_text(figure.value, metric),
                tag("span", bounds, class_="below") if bounds else None,
                class_="number",
            )
        )
    return tag("tr", tag("th", foreign(found.value, 80), scope="row"), *cells)


def meaning_section(summary: Summary) -> Html:
    """What was done, and the formula of each figure."""
    judge = summary.record.judge
    by_model = not judge.startswith("local")
    said = [
        "Intervals are of 95%: they say how far a figure may move with other cases of this kind.",
        f"The texts were judged by the model {judge}." if by_model else
        "The texts were judged by Deskhand's own sentence checker, without a model.",
    ]  # fmt: skip
    if any(row.metric.judged for row in summary.rows) is False:
        said.pop()
    if summary.comparison is not None:
        said.append(
            "A change counts as better or worse when it is significant after correction for the "
            f"number of figures tested: at most {ALPHA:.0%} of comparisons of unchanged runs call "
            "any of them so."
        )
    terms = []
    for row in summary.rows:
        terms.append(tag("dt", row.label, " ", tag("code", row.metric.name)))
        terms.append(tag("dd", row.metric.description, " Source: ", row.metric.source, "."))
    return joined(
        *(tag("p", text) for text in said),
        tag("details", tag("summary", "What each figure is"), tag("dl", *terms, class_="terms")),
    )


def number(text: str) -> Html:
    """A cell that holds a number."""
    return tag("td", text, class_="number")


def scrolled(label: str, table: Html) -> Html:
    """A table that scrolls sideways where the screen is narrow, by keyboard too."""
    return tag("div", table, class_="scroll", role="region", aria_label=label, tabindex="0")
