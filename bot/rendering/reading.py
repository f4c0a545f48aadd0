"""The Markdown of an answer -> what it is made of: text, list items, code, tables.

Only what the engine writes and people write by hand is read as markup; every other character is a
word's, so nothing of a text is lost. Linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.rendering.neutral import neutral

_FENCE = re.compile(r"([ \t]{0,12})(`{3,}|~{3,})[^`]*")
_ITEM = re.compile(r"([ \t]{0,24})(?:([-*+•])|([1-9]\d{0,2})[.)])[ \t]+(?=\S)")
_HEADING = re.compile(r"#{1,6}[ \t]+(\S.*)")
_DELIMITERS = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?[ \t]*)?")
_CELL = re.compile(r"(?<!\\)\|")
_DEEPEST = 8


class Kind(StrEnum):
    """What a part of a text is."""

    TEXT = "text"
    ITEM = "item"
    CODE = "code"
    TABLE = "table"
    HEADING = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A paragraph, a list item, a code block, a table or a heading.

    text: as written, without marker or fence; of a table, its lines. group: parts of one group
    stand close together, as a list and its code do. number: of a numbered item, else None.
    indent: 0 to 8, of an item. rows: of a table, its header first.
    """

    kind: Kind
    text: str
    group: int
    number: int | None = None
    indent: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def read_markdown(text: str, *, headings: bool = False) -> tuple[Part, ...]:
    """The parts in order; none of a blank text.

    headings: whether a line such as `## Lost key` is one, as in passages; an answer has none.
    """
    return _Reader(neutral(text).split("\n"), headings=headings).read()


class _Reader:
    def __init__(self, lines: Sequence[str], *, headings: bool) -> None:
        self._lines = lines
        self._headings = headings
        self._at = 0
        self._group = 0
        self._parts: list[Part] = []
        self._open: list[str] = []
        """Lines of the paragraph or item that goes on."""
        self._item: tuple[int | None, int] | None = None
        """Number and indent of the open item."""
        self._indents: list[int] = []
        self._after_blank = False

    def read(self) -> tuple[Part, ...]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line.strip():
                self._close()
                self._after_blank = True
                self._at += 1
                continue
            if fence := _FENCE.fullmatch(line):
                self._code(fence)
            elif self._headings and (heading := _HEADING.fullmatch(line)):
                self._heading(heading[1])
            elif self._is_table():
                self._table()
            elif (item := _ITEM.match(line)) and self._may_begin(item):
                self._list_item(item, line)
            else:
                self._prose(line)
            self._after_blank = False
        self._close()
        return tuple(self._parts)

    def _close(self) -> None:
        if self._open:
            text = "\n".join(self._open).strip()
            number, indent = self._item or (None, 0)
            kind = Kind.TEXT if self._item is None else Kind.ITEM
            self._parts.append(
                Part(kind=kind, text=text, group=self._group, number=number, indent=indent)
            )
        self._open, self._item = [], None

    def _begin(self, *, joins: bool) -> None:
        """Ends what was open; after a blank line what follows stands apart unless it joins."""
        self._close()
        if self._after_blank and not joins:
            self._group += 1
            self._indents = []

    def _in_list(self, line: str) -> bool:
        return bool(self._indents) and line[:2].isspace()

    def _code(self, fence: re.Match[str]) -> None:
        self._begin(joins=self._in_list(self._lines[self._at]))
        indent, marks = len(fence[1]), fence[2]
        body: list[str] = []
        self._at += 1
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            bare = line.strip()
            if len(bare) >= len(marks) and set(bare) == {marks[0]}:
                break
            lead = len(line) - len(line.lstrip(" \t"))
            body.append(line[min(indent, lead) :])
        if any(line.strip() for line in body):
            code = "\n".join(body).strip("\n")
            self._parts.append(Part(kind=Kind.CODE, text=code, group=self._group))

    def _heading(self, words: str) -> None:
        self._close()
        self._group += 1
        self._indents = []
        self._parts.append(Part(kind=Kind.HEADING, text=words.strip(), group=self._group))
        self._at += 1

    def _is_table(self) -> bool:
        following = self._at + 1
        return (
            "|" in self._lines[self._at]
            and following < len(self._lines)
            and _DELIMITERS.fullmatch(self._lines[following]) is not None
        )

    def _table(self) -> None:
        self._begin(joins=False)
        self._group += 1
        start = self._at
        self._at += 2
        while self._at < len(self._lines) and "|" in self._lines[self._at]:
            self._at += 1
        lines = [line.strip() for line in self._lines[start : self._at]]
        rows = [_cells(line) for number, line in enumerate(lines) if number != 1]
        wide = max(len(row) for row in rows)
        self._parts.append(
            Part(
                kind=Kind.TABLE,
                text="\n".join(lines),
                group=self._group,
                rows=tuple(row + ("",) * (wide - len(row)) for row in rows),
            )
        )
        self._group += 1
        self._indents = []

    def _may_begin(self, item: re.Match[str]) -> bool:
        """A number in the middle of a paragraph is a number, unless a list begins with 1."""
        in_paragraph = bool(self._open) and self._item is None and not self._indents
        return not in_paragraph or item[3] is None or int(item[3]) == 1

    def _list_item(self, item: re.Match[str], line: str) -> None:
        after_list = bool(self._parts) and self._parts[-1].group == self._group
        self._begin(joins=after_list and bool(self._indents))
        indent = len(item[1].expandtabs(4))
        while self._indents and self._indents[-1] > indent:
            self._indents.pop()
        if not self._indents or indent > self._indents[-1] + 1:
            self._indents.append(indent)
        number = None if item[3] is None else int(item[3])
        self._item = (number, min(len(self._indents) - 1, _DEEPEST))
        self._open = [line[item.end() :].strip()]
        self._at += 1

    def _prose(self, line: str) -> None:
        if not self._open:
            self._begin(joins=self._in_list(line))
        self._open.append(line.strip())
        self._at += 1


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return tuple(cell.replace("\\|", "|").strip() for cell in _CELL.split(inner))
