"""What every page of ours has: its head, its sections, its pictures."""

from __future__ import annotations

from pathlib import Path

from evals.reports.canvas import Picture, inline_svg
from evals.reports.markup import Html, tag

_CSS = Path(__file__).parent / "page.css"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(head: Html, body: Html) -> str:
    """The whole page."""
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def page_head(title: str) -> Html:
    """The head: no script, nothing from a network."""
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("title", title),
        tag("style", Html(_CSS.read_text(encoding="utf-8"))),
    )


def section(place: str, title: str, *content: Html | None) -> tuple[str, str, Html] | None:
    """Its place, its title and itself; None where it would be empty."""
    held = [piece for piece in content if piece]
    if not held:
        return None
    name = f"{place}-title"
    made = tag("section", tag("h2", title, id=name), *held, id=place, aria_labelledby=name)
    return place, title, made


def picture_figure(picture: Picture, *, broad: bool) -> Html:
    """A drawn chart with its words.  broad: it stands alone in its row."""
    chart = picture.chart
    return tag(
        "figure",
        tag("figcaption", chart.title),
        tag("div", Html(inline_svg(picture)), class_="chart", role="img", aria_label=chart.alt),
        tag("details", tag("summary", "In words"), tag("p", chart.alt)),
        class_="broad" if broad else None,
    )
