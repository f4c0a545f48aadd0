"""The parts of a long text -> pages of blocks, each of which fits into one message.

A page ends between parts; a paragraph longer than a page is parted between sentences, their
citation marks with them, a longer code block between lines and a longer table between rows, below
its header again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from bot.rendering import limits
from bot.rendering.elements import Element, listed, rich_text, section, text
from bot.rendering.inline import Links, inline_elements, plain_words
from bot.rendering.limits import json_length
from bot.rendering.message import Block
from bot.rendering.reading import Kind, Part
from engine.knowledge.sentences import split_sentences

_MARKS = re.compile(r"(?:\s*\[\d{1,3}\])+")
_MOST_BLOCKS = limits.MESSAGE_BLOCKS - 10
_WHOLE = re.compile(r"`[^`\n]*`|\[[^\[\]\n]*\]\([^\s()]*\)|\*\*[^*\n]*\*\*|~~[^~\n]*~~")
_NARROW = 70
"""Letters of a line that no modal wraps."""
_PLAIN = {"type", "text"}
_GAP = 40
"""What words between two marked ones take besides themselves."""
_BETWEEN = 80
"""What a part's own container adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one message shows of a text. words: the same, plain."""

    blocks: tuple[Block, ...]
    words: str


def pages_of(
    parts: Sequence[Part],
    links: Links,
    *,
    most: int = limits.PAGE_JSON,
    most_blocks: int = _MOST_BLOCKS,
    tables: bool = True,
) -> list[Page]:
    """The pages in order; none without parts.

    most: of one page, as JSON. tables: whether a table may stand on the page, as in messages one
    may; else it is shown with its letters in columns.
    """
    pages: list[list[Part]] = [[]]
    size = blocks = 0
    for part in _fitting(parts, links, most - 2 * _BETWEEN, tables):
        taken = json_length(_element(part, links)) + _BETWEEN
        page = pages[-1]
        apart = not page or page[-1].group != part.group or Kind.TABLE in (part.kind, page[-1].kind)
        second_table = part.kind is Kind.TABLE and any(p.kind is Kind.TABLE for p in page)
        if page and (size + taken > most or blocks + apart > most_blocks or second_table):
            pages.append([])
            size, blocks, apart = 0, 0, True
        pages[-1].append(part)
        size, blocks = size + taken, blocks + apart
    return [
        Page(blocks=tuple(_blocks(page, links)), words=links.contained(_words(page)))
        for page in pages
        if page
    ]


def _blocks(page: Sequence[Part], links: Links) -> Iterator[Block]:
    for _, group in groupby(page, key=lambda part: (part.group, part.kind is Kind.TABLE)):
        parts = list(group)
        if parts[0].kind is Kind.TABLE:
            yield from (_element(part, links) for part in parts)
        else:
            yield rich_text(*_joined(parts, links))


def _joined(parts: Sequence[Part], links: Links) -> Iterator[Element]:
    """Elements of one block; items that follow each other make one list."""
    run: list[Part] = []
    for part in parts:
        if run and not _continues(run[-1], part):
            yield _list(run, links)
            run = []
        if part.kind is Kind.ITEM:
            run.append(part)
        else:
            yield _element(part, links)
    if run:
        yield _list(run, links)


def _continues(one: Part, other: Part) -> bool:
    if other.kind is not Kind.ITEM or one.indent != other.indent:
        return False
    if one.number is None or other.number is None:
        return one.number is other.number
    return other.number == one.number + 1


def _list(items: Sequence[Part], links: Links) -> Element:
    first = items[0]
    element = listed(
        (inline_elements(item.text, links) for item in items), ordered=first.number is not None
    )
    if first.indent:
        element["indent"] = first.indent
    if first.number is not None and first.number > 1:
        element["offset"] = first.number - 1
    return element


def _element(part: Part, links: Links) -> Element:
    if part.kind is Kind.ITEM:
        return _list([part], links)
    if part.kind is Kind.CODE:
        return {"type": "rich_text_preformatted", "elements": [text(part.text)]}
    if part.kind is Kind.HEADING:
        return section(text(part.text, bold=True))
    if part.kind is Kind.TABLE:
        rows = [[_cell(cell) for cell in row] for row in part.rows]
        return {"type": "table", "rows": rows}
    return section(*inline_elements(part.text, links))


def _cell(words: str) -> Element:
    return {"type": "raw_text", "text": plain_words(words) or " "}


def _words(page: Sequence[Part]) -> str:
    lines = []
    for part in page:
        if part.kind is Kind.TABLE:
            lines += ["; ".join(plain_words(cell) for cell in row) for row in part.rows]
        elif part.kind is Kind.CODE:
            lines.append(part.text)
        else:
            marker = "• " if part.kind is Kind.ITEM else ""
            marker = marker if part.number is None else f"{part.number}. "
            lines.append(marker + plain_words(part.text))
    return "\n".join(lines)


def _fitting(parts: Sequence[Part], links: Links, most: int, tables: bool) -> Iterator[Part]:
    """The parts, those that are too long for a page parted."""
    for part in parts:
        if part.kind is Kind.TABLE and not (tables and len(part.rows[0]) <= limits.TABLE_COLUMNS):
            yield from _fitting(_flat(part), links, most, tables)
        elif part.kind is Kind.TABLE:
            yield from _table_pages(part, links, most)
        elif json_length(_element(part, links)) <= most:
            yield part
        else:
            yield from _parted(part, links, most)


def _flat(part: Part) -> list[Part]:
    """A table where none may stand: a narrow one in columns, of a wide one an item for each row."""
    rows = [[plain_words(cell) for cell in row] for row in part.rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    if sum(widths) + 2 * len(widths) > _NARROW or len(rows) == 1:
        return _rows_as_items(part, part.rows[1:] or part.rows)
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return [Part(kind=Kind.CODE, text="\n".join(lines), group=part.group)]


def _rows_as_items(part: Part, rows: Sequence[Sequence[str]]) -> list[Part]:
    """`Printer: P1; Office: Ghent` for each row; empty cells are left out."""
    header = part.rows[0]
    lines = (
        "; ".join(
            f"{name}: {cell}" if name and row is not header else cell
            for name, cell in zip(header, row, strict=True)
            if cell
        )
        for row in rows
    )
    return [Part(kind=Kind.ITEM, text=line, group=part.group) for line in lines if line]


def _table_pages(part: Part, links: Links, most: int) -> Iterator[Part]:
    header, body = part.rows[0], part.rows[1:]
    if json_length(_element(replace(part, rows=(header,)), links)) > most // 2:
        yield from _fitting(_flat(part), links, most, tables=True)
        return
    taken: list[tuple[str, ...]] = []
    for row in body:
        longer = replace(part, rows=(header, *taken, row))
        full = len(taken) + 1 >= limits.TABLE_ROWS
        if full or json_length(_element(longer, links)) > most:
            if not taken:  # not even one row
                yield from _fitting(_rows_as_items(part, [row]), links, most, tables=True)
                continue
            yield replace(part, rows=(header, *taken))
            taken = []
        taken.append(row)
    if taken or not body:
        yield replace(part, rows=(header, *taken))


def _parted(part: Part, links: Links, most: int) -> Iterator[Part]:
    """Pieces of a part that are short enough, as long as possible; the first keeps its marker."""
    is_code = part.kind is Kind.CODE
    seam = "\n" if is_code else ""
    # The container is weighed once, by an empty part.
    room = most - json_length(_element(replace(part, text=""), links))

    def made(pieces: Sequence[str], first: bool) -> Part:
        words = seam.join(pieces)
        if first or is_code:
            return replace(part, text=words if is_code else words.strip())
        return Part(kind=Kind.TEXT, text=words.strip(), group=part.group)

    def weigh(words: str) -> int:
        return json_length(words) if is_code else _weight(words, links)

    pieces = part.text.split("\n") if is_code else sentences(part.text)
    taken: list[str] = []
    size, first = 0, True
    for piece in _short_pieces(pieces, lambda words: weigh(words) <= room):
        weight = weigh(piece)
        if taken and size + weight > room:
            yield made(taken, first)
            taken, size, first = [], 0, False
        taken.append(piece)
        size += weight
    if seam.join(taken).strip():
        yield made(taken, first)


def _weight(words: str, links: Links) -> int:
    """What the words add to a paragraph's JSON, no less."""
    return sum(
        json_length(element["text"]) if element.keys() == _PLAIN else json_length(element) + _GAP
        for element in inline_elements(words, links)
    )


def _short_pieces(pieces: Sequence[str], fits: Callable[[str], bool]) -> Iterator[str]:
    """The pieces, one that alone is too long halved at a blank, or anywhere, until it fits."""
    waiting = list(reversed(pieces))
    while waiting:
        piece = waiting.pop()
        if not piece.strip() or fits(piece) or len(piece) < 2:
            yield piece
            continue
        middle = len(piece) // 2
        at = piece.rfind(" ", middle // 2, middle) + 1 or middle
        waiting += [piece[at:], piece[:at]]


def sentences(words: str) -> list[str]:
    """The text in pieces that end where a sentence and its citation marks do; joined they are the
    text. None ends within code, a link or bold words.
    """
    whole = [match.span() for match in _WHOLE.finditer(words)]
    starts = []
    inside = 0
    for start, _ in split_sentences(words)[1:]:
        marks = _MARKS.match(words, start)
        at = marks.end() if marks else start
        while inside < len(whole) and whole[inside][1] <= at:
            inside += 1
        if at < len(words) and not (inside < len(whole) and whole[inside][0] < at):
            starts.append(at)
    edges = [0, *dict.fromkeys(starts), len(words)]
    return [words[one:other] for one, other in pairwise(edges)]
