"""What a source's file becomes on its way in: a parsed document, then passages of sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from engine.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDocument:
    """A document as its source has it, before parsing.

    name: the path within the source, or `_id` in a JSONL corpus; unique within a tenant.
    content_hash: sha256 (hex) of the bytes and of everything else that shapes the passages.
    path: where the bytes lie on this machine; None when `text` holds them.
    text: the text of a JSONL corpus's row (Markdown or plain); None when `path` is set.
    media_type: such as "text/markdown"; None lets the parser detect it.
    title, url, category: from the source; None where it says nothing.
    audience: tags from the source's settings or the row; empty means "not said here".
    modified_at: when the source last changed it; None where unknown.
    trust: the tier of its source.
    """

    name: str
    content_hash: str
    path: Path | None = None
    text: str | None = None
    media_type: str | None = None
    title: str | None = None
    url: str | None = None
    category: str | None = None
    audience: tuple[str, ...] = ()
    modified_at: datetime | None = None
    trust: Trust = Trust.TEAM


@dataclass(frozen=True, slots=True, kw_only=True)
class PageElement:
    """Where another program's element begins on a page.

    offset: in the page's Markdown. id: what that program calls it.
    """

    offset: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of a document as Markdown.

    number: 1-based page, slide or sheet number; None where the format has no pages.
    elements: what the page was made of, in order; empty where the parser names nothing.
    """

    markdown: str
    number: int | None = None
    elements: tuple[PageElement, ...] = ()


class Hiding(StrEnum):
    """How a text is kept from who reads the document, in the words of a report."""

    UNSEEN = "characters that show nothing"
    STYLE = "a style that shows nothing"
    UNSHOWN = "parts that are not shown"
    COMMENT = "comments"
    VANISHED = "hidden or white letters"
    SLIDE = "hidden slides or what lies outside of a slide"
    CELLS = "hidden sheets, rows or columns"


_USUAL = frozenset({Hiding.UNSHOWN, Hiding.COMMENT})
"""Menus, dialogs and authors' remarks: nearly every page has them, and nobody means them to be
read. They are told of only where they give orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What a document hides in one way. parts: how many. orders: of those, the ones with orders to
    an assistant or bait."""

    hiding: Hiding
    parts: int
    orders: int = 0

    @property
    def is_told(self) -> bool:
        """Whether the document's owner hears of it."""
        return self.orders > 0 or self.hiding not in _USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """A document as Markdown pages.

    title: the best title found (front matter, first heading, metadata); empty if none.
    front_matter: the document's own statements about itself (`title`, `audience`, `category`,
        `url`, `updated`, ...), keys in lower case, values as parsed; empty if none.
    hidden: what it hid from its readers, which is on no page; one record for each way.
    """

    title: str
    pages: tuple[Page, ...]
    front_matter: Mapping[str, object] = field(default_factory=dict)
    hidden: tuple[Hidden, ...] = ()


class SentenceKind(StrEnum):
    """What a citable span is, so that an answer can keep steps in order and quote whole rows."""

    PROSE = "prose"
    STEP = "step"
    BULLET = "bullet"
    ROW = "row"
    CODE = "code"
    HEADING = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A citable span of a passage: `passage.text[start:end]`, without surrounding blanks or
    list markers. For a table row (`ROW`) `header` holds the column names joined by " | ".

    page: 1-based page it stands on; None where the format has no pages.
    group: spans of one list, table, code block or paragraph share a number within the document.
    """

    start: int
    end: int
    kind: SentenceKind
    group: int
    page: int | None = None
    header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A retrievable piece of a document.

    ordinal: 0-based position within the document.
    text: Markdown as a reader sees it; every sentence is a slice of it.
    heading_path: headings above the passage, outermost first, without the document's title.
    sentences: in order of their start; spans do not overlap.
    tokens: word pieces of `text` as the embedder counts them.
    page: 1-based page of the first sentence; None where the format has no pages.
    """

    ordinal: int
    text: str
    heading_path: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    tokens: int
    page: int | None = None
