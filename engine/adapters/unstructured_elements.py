"""The elements of the Unstructured API -> Markdown pages.

The API's own chunks (`chunking_strategy=by_title`) are not asked for: passages are cut by our
chunker, whose sentences a citation points into. Titles become headings and the chunker cuts at
headings, so passages follow titles all the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.knowledge.document import Page, PageElement
from engine.knowledge.grid import markdown_cell
from engine.knowledge.html_fragment import html_to_markdown

_FURNITURE = frozenset({"Header", "Footer", "PageNumber", "PageBreak"})
_BULLET = re.compile(r"^(?:[•·▪‣◦●○■–*-]\s*)+")
_NUMBER = re.compile(r"^(\d{1,3})[.)]\s+")
_OPENS_A_BLOCK = re.compile(r"^(?:[#>+=-]|(\d{1,9})(?=[.)]))")
_DEEPEST_HEADING = 6
_DEEPEST_LIST = 4
_LONGEST_HEADING = 300
_LONGEST_FENCE = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element as the API names it.

    kind: `Title`, `NarrativeText`, `ListItem`, `Table`, ... depth: nesting of a title or list
    item, from 0; None where the API does not say. page: 1-based; None where there are none.
    html: of a table; empty for others.
    """

    id: str
    kind: str
    text: str
    page: int | None = None
    depth: int | None = None
    html: str = ""


def parse_elements(answer: object) -> list[Element]:
    """The elements of an answer.

    Raises: ValueError when it is no list of elements.
    """
    if not isinstance(answer, list):
        raise ValueError("not a list of elements")
    return [_parse_element(item) for item in answer]


def _parse_element(item: object) -> Element:
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise ValueError("not an element")
    metadata = item.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    text, html = item.get("text"), metadata.get("text_as_html")
    return Element(
        id=str(item.get("element_id") or ""),
        kind=item["type"],
        text=text if isinstance(text, str) else "",
        page=_whole(metadata.get("page_number")),
        depth=_whole(metadata.get("category_depth")),
        html=html if isinstance(html, str) else "",
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def elements_to_pages(elements: Sequence[Element]) -> list[Page]:
    """Pages in reading order, each with where its elements begin.

    Running headers, footers and page numbers are left out; no other word is lost.
    """
    pages: list[_Sheet] = []
    for element in elements:
        markdown = _render(element)
        if not markdown:
            continue
        if not pages or pages[-1].number != element.page:
            pages.append(_Sheet(element.page))
        pages[-1].add(element, markdown)
    return [sheet.finished() for sheet in pages]


class _Sheet:
    """A page being written."""

    def __init__(self, number: int | None) -> None:
        self.number = number
        self._parts: list[str] = []
        self._length = 0
        self._elements: list[PageElement] = []
        self._in_list = False

    def add(self, element: Element, markdown: str) -> None:
        is_item = element.kind == "ListItem"
        if self._parts:
            self._put("\n" if is_item and self._in_list else "\n\n")
        if element.id:
            self._elements.append(PageElement(offset=self._length, id=element.id))
        self._put(markdown)
        self._in_list = is_item

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def finished(self) -> Page:
        return Page(
            markdown="".join(self._parts), number=self.number, elements=tuple(self._elements)
        )


def _render(element: Element) -> str:
    """Markdown of one element; empty for furniture and for what holds no words."""
    text = element.text.strip()
    if element.kind in _FURNITURE:
        return ""
    if element.kind == "Table" and element.html:
        return html_to_markdown(element.html).strip() or _paragraph(text)
    if not text:
        return ""
    if element.kind == "Title" and len(text) <= _LONGEST_HEADING:
        level = 2 if element.depth is None else min(1 + element.depth, _DEEPEST_HEADING)
        return f"{'#' * level} {_words(text)}"
    if element.kind == "ListItem":
        return _item(text, element.depth or 0)
    if element.kind == "CodeSnippet":
        longest = max((len(run) for run in _LONGEST_FENCE.findall(text)), default=2)
        fence = "`" * (longest + 1)
        return f"{fence}\n{text}\n{fence}"
    return _paragraph(text)


def _item(text: str, depth: int) -> str:
    indent = "  " * min(depth, _DEEPEST_LIST)
    if number := _NUMBER.match(text):
        return f"{indent}{number.group(1)}. {_words(text[number.end() :])}"
    return f"{indent}- {_words(_BULLET.sub('', text))}"


def _paragraph(text: str) -> str:
    parts = (_words(part) for part in re.split(r"\n\s*\n", text))
    return "\n\n".join(part for part in parts if part)


def _words(text: str) -> str:
    """The words so that Markdown reads nothing in them."""
    escaped = markdown_cell(text)
    opening = _OPENS_A_BLOCK.match(escaped)
    if opening is None:
        return escaped
    end = opening.end(1) if opening.group(1) else 0
    return f"{escaped[:end]}\\{escaped[end:]}"
