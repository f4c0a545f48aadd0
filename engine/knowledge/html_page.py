"""A web page -> the Markdown of its content, without navigation, footers and scripts."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from engine.knowledge.html_fragment import TAG, html_to_markdown

_TITLE = re.compile(r"<title\b[^>]{0,500}>([^<]{0,2000})</title", re.I)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_SCRIPT = frozenset("script style noscript template svg iframe object select button".split())
_DROPPED = frozenset("nav footer aside dialog menu".split())
_MAIN_MARK = re.compile(
    r"""\brole\s*=\s*["']?main\b|\bid\s*=\s*["']?(?:main|content|main-content|maincontent)["'\s>]""",
    re.I,
)
_FURNITURE_MARK = re.compile(
    r"""\b(?:class|id|role)\s*=\s*(?:"[^"]{0,300}?|'[^']{0,300}?)(?<![A-Za-z])
    (?:nav|navbar|navbox|navigation|menu|sidebar|side-bar|breadcrumbs?|toc|cookies?|consent|footer
      |banner|share|social|advert|ads|promo|skip-?link|skip|pagination|newsletter|popup|modal
      |catlinks|editsection|mw-jump-link|noprint|interlanguage|language-list|contentinfo)
    (?![A-Za-z])""",
    re.I | re.X,
)
_MAIN_SHARE = 0.3  # of the page's text, for an element to be its content
_KEPT_SHARE = 0.4  # an element with so much of it is no furniture, whatever its class says
_OPEN_LOOK_BACK = 40


def page_to_markdown(page: str) -> tuple[str, str]:
    """(title, Markdown of the content); the title is empty where the page has none.

    The content is what <main>, a lone <article> or an element marked as main holds, if that is
    a good part of the text; else the page. Navigation, footers, asides and elements whose class
    says so are dropped, unless they hold much of the text. What is hidden was taken out before.
    """
    found = _TITLE.search(page)
    title = " ".join(html.unescape(found.group(1)).split()) if found else ""
    page = _without_scripts(page)
    elements, total = _elements(page)
    main = _main(elements, total)
    start, end = (main.start, main.end) if main else (0, len(page))
    inside = main.text if main else total
    parts: list[str] = []
    position = start
    for element in elements:  # in order of their start
        if element.start < position or element.end > end:
            continue
        if _is_furniture(element, inside):
            parts.append(page[position : element.start])
            position = element.end
    parts.append(page[position:end])
    return title, html_to_markdown("".join(parts))


@dataclass(slots=True)
class _Element:
    """An element with its end tag: where it lies and how many characters of text it holds."""

    name: str
    attributes: str
    start: int
    end: int
    text: int


def _without_scripts(page: str) -> str:
    lowered = page.lower()
    parts: list[str] = []
    position = 0
    missing: set[str] = set()
    for match in TAG.finditer(page):
        name = match.group(2).lower()
        if match.start() < position or match.group(1) or name not in _SCRIPT | {"head"}:
            continue
        if name in missing:
            continue
        close = lowered.find(f"</{name}", match.end())
        if close == -1:
            missing.add(name)
            continue
        end = page.find(">", close)
        parts.append(page[position : match.start()])
        position = len(page) if end == -1 else end + 1
    parts.append(page[position:])
    return "".join(parts)


def _elements(page: str) -> tuple[list[_Element], int]:
    """Every closed element in order of its start, and the page's text in characters."""
    opened: list[tuple[str, str, int, int]] = []
    elements: list[_Element] = []
    text = position = 0
    for match in TAG.finditer(page):
        text += len(page[position : match.start()].strip())
        position = match.end()
        name = match.group(2).lower()
        if name in _VOID:
            continue
        if not match.group(1):
            if not match.group(3).endswith("/"):
                opened.append((name, match.group(3), match.start(), text))
            continue
        for place in range(len(opened) - 1, max(-1, len(opened) - _OPEN_LOOK_BACK), -1):
            if opened[place][0] == name:
                _, attributes, start, before = opened[place]
                del opened[place:]
                elements.append(_Element(name, attributes, start, match.end(), text - before))
                break
    elements.sort(key=lambda element: element.start)
    return elements, text + len(page[position:].strip())


def _main(elements: list[_Element], total: int) -> _Element | None:
    marked = [e for e in elements if e.name == "main" or _MAIN_MARK.search(e.attributes)]
    articles = [e for e in elements if e.name == "article"]
    candidates = marked or (articles if len(articles) == 1 else [])
    best = max(candidates, key=lambda element: element.text, default=None)
    return best if best is not None and best.text >= _MAIN_SHARE * total else None


def _is_furniture(element: _Element, inside: int) -> bool:
    if element.name in ("html", "body", "main", "article"):
        return False
    if element.text > _KEPT_SHARE * inside:
        return False
    if element.name in _DROPPED:
        return True
    return _FURNITURE_MARK.search(element.attributes) is not None
