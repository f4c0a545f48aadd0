"""The record between a Markdown page and its passages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BlockKind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a document, its inline markup reduced to what a reader sees.

    text: the words; line breaks are the author's. Empty for a table.
    level: 1 to 6 for a "#" heading, 7 for a paragraph all in bold; 0 for other blocks.
    page: 1-based page it starts on; None where the format has no pages.
    turn: (offset in `text`, page) where a paragraph runs over onto another page; None if not.
    list_id: number of the outermost list it stands in, from 1; 0 outside lists. Code, tables
        and further paragraphs inside an item carry it too.
    depth: nesting within that list, from 0.
    marker: "-" or "3." for the paragraph that opens an item; empty for all others.
    header, rows: the cells of a table; an empty header means the table has none.
    """

    kind: BlockKind
    text: str = ""
    level: int = 0
    page: int | None = None
    turn: tuple[int, int] | None = None
    list_id: int = 0
    depth: int = 0
    marker: str = ""
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
