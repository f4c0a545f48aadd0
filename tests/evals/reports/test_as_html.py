from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from evals.reports.as_html import report_html
from evals.reports.canvas import draw
from evals.reports.confidence_charts import confidence_charts, curves_of
from evals.reports.figure_charts import figure_charts
from evals.reports.summary import Summary, summarize
from tests.evals.reports.hostile import SCRIPT, hostile_run
from tests.evals.reports.made_runs import compared, make_run

pytestmark = pytest.mark.slow  # each page has its pictures drawn


class Page(HTMLParser):
    """What a browser would make of a page: elements with attributes, and the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "hr"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(summary: Summary) -> Page:
    charts = (*figure_charts(summary), *confidence_charts(curves_of(summary.record.results)))
    source = report_html(summary, [draw(chart) for chart in charts])
    page = Page(source)
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def plain() -> Page:
    history = [make_run(day=day) for day in range(3)]
    now = make_run(quality=0.6, seed=9, day=3)
    comparison = compared(history[-1], now, "recall_at_5", "outcome_right")
    return page_of(summarize(now, comparison, history))


@pytest.fixture(scope="module")
def hostile() -> Page:
    now, comparison = hostile_run()
    return page_of(summarize(now, comparison, [make_run(day=0)]))


def test_the_verdict_comes_first_then_the_figures(plain: Page) -> None:
    verdict = plain.text.rindex("Failed: 2 figures significantly worse")
    assert verdict < plain.text.index("Outcome right", verdict + 400)
    headings = [a["id"] for a in plain.all("h2")]
    assert headings == [
        f"{name}-title"
        for name in (
            "figures",
            "regressions",
            "failures",
            "documents",
            "slices",
            "confidence",
            "trend",
            "all",
            "meaning",
        )
    ]


@pytest.mark.parametrize("which", ["plain", "hostile"])
def test_a_page_needs_no_network_and_no_script(which: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(which)
    names = {name for name, _ in page.elements}
    assert not names & {"script", "img", "iframe", "link", "object", "embed", "form", "base"}
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        for name in ("href", "xlink:href"):
            assert urlsplit(attributes.get(name) or "").scheme in ("", "https")
        assert "url(http" not in (attributes.get("style") or "")
    policy = [a["content"] for a in page.all("meta") if "http-equiv" in a]
    assert policy[0] is not None
    assert policy[0].startswith("default-src 'none'")


@pytest.mark.parametrize("which", ["plain", "hostile"])
def test_a_page_is_fit_for_keyboard_and_screen_reader(
    which: str, request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(which)
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("table")
    assert all(a.get("scope") in ("col", "row", "rowgroup") for a in page.all("th"))
    pictures = [a for a in page.all("div") if a.get("role") == "img"]
    assert len(pictures) == len(page.all("figure")) == len(page.all("svg"))
    assert len(pictures) >= 5
    assert all(a.get("aria-label") for a in pictures)
    assert all(a.get("aria-hidden") == "true" for a in page.all("svg"))
    scrolled = [a for a in page.all("div") if a.get("class") == "scroll" and "role" in a]
    assert len(scrolled) >= 5
    assert all(a.get("tabindex") == "0" and a.get("aria-label") for a in scrolled)
    jumps = [a["href"] for a in page.all("a") if (a["href"] or "").startswith("#")]
    assert all(jump[1:] in ids for jump in jumps if jump)


def test_foreign_text_is_shown_as_it_is_and_does_nothing(hostile: Page) -> None:
    assert hostile.text.count(SCRIPT) > 10
    assert "⟨U+202E⟩" in hostile.text
    assert "\u202e" not in hostile.text
    assert "\x00" not in hostile.text
    links = [a["href"] for a in hostile.all("a") if not (a["href"] or "").startswith("#")]
    assert links == ["https://traces.test/?a=1&b=2"]


def test_a_run_with_nothing_in_it_is_still_a_page() -> None:
    empty = replace(make_run(), results=(), figures=())
    page = page_of(summarize(empty, None, ()))
    assert "Measured, with no baseline to compare with" in page.text
    assert "No figure could be computed from these cases." in page.text


def test_how_many_cases_fail_is_said(plain: Page) -> None:
    assert "Something is wrong with" in plain.text
    assert "of 60 cases" in plain.text
