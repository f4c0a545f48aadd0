"""Markdown pages -> a sequence of blocks: headings, paragraphs, list items, tables, code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.knowledge.document import Page
from engine.knowledge.html_fragment import html_to_markdown, is_html_tag
from engine.knowledge.inline import (
    is_bold_only,
    is_parsable,
    is_plain,
    reduce_inline,
    render_inline,
    tidy,
)
from engine.knowledge.line_breaks import is_line_oriented, kept_breaks, looks_like_code
from engine.knowledge.markup_noise import without_noise

_HEADING_CHARS = 300
_BOLD_HEADING_LEVEL = 7  # below every "#" heading
_BOLD_HEADING_CHARS = 90
_HTML_DEPTH = 2
_SENTENCE_OPEN = re.compile(r"[^.!?:;。！？]\Z")
_JOINED_CHARS = 4000


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


def read_blocks(pages: Sequence[Page]) -> list[Block]:
    """The blocks of `pages` in reading order.

    A paragraph cut by the end of a page is joined again, and a numbered list interrupted by a
    paragraph or code goes on as one list. Never raises on odd Markdown; no word of the pages is
    lost, except markup, comments, scripts and the targets of links.
    """
    reader = _Reader()
    for page in pages:
        reader.read(page.markdown, page.number)
    return _lists_resumed(_paragraphs_over_pages(reader.blocks))


@cache
def _grammar(*, inline: bool) -> MarkdownIt:
    grammar = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    if not inline:
        # The reader parses inline text itself: it knows when a text is too long for that.
        grammar.core.ruler.disable(["inline"])
    return grammar


class _Reader:
    """Walks the tokens of one page after the other."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._grammar = _grammar(inline=False)
        self._inline_grammar = _grammar(inline=True)
        self._references: dict[str, object] = {}  # link targets the page defines
        self._page: int | None = None
        self._lists = 0
        self._numbers: list[int | None] = []  # next number of each open list; None for bullets
        self._marker = ""

    def read(self, markdown: str, page: int | None) -> None:
        self._page = page
        self._numbers, self._marker, self._references = [], "", {}
        self._walk(self._grammar.parse(without_noise(markdown), self._references), 0)

    def _walk(self, tokens: Sequence[Token], html_depth: int) -> None:
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if token.type == "heading_open":
                self._heading(tokens[position + 1], int(token.tag[1:]))
                position += 2
            elif token.type == "paragraph_open":
                self._paragraph(tokens[position + 1])
                position += 2
            elif token.type == "table_open":
                position = self._table(tokens, position)
            elif token.type in ("fence", "code_block"):
                self._code(token)
            elif token.type == "html_block":
                self._html(token.content, html_depth)
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                self._open_list(token)
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self._numbers.pop()
            elif token.type == "list_item_open":
                self._marker = self._next_marker()
            position += 1

    def _open_list(self, token: Token) -> None:
        if not self._numbers:
            self._lists += 1
        start = token.attrGet("start")
        ordered = token.type == "ordered_list_open"
        self._numbers.append(int(start if start is not None else 1) if ordered else None)

    def _next_marker(self) -> str:
        number = self._numbers[-1]
        if number is None:
            return "-"
        self._numbers[-1] = number + 1
        return f"{number}."

    def _add(
        self,
        kind: BlockKind,
        text: str = "",
        *,
        level: int = 0,
        marker: str = "",
        header: tuple[str, ...] = (),
        rows: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        self.blocks.append(
            Block(
                kind=kind,
                text=text,
                level=level,
                page=self._page,
                list_id=self._lists if self._numbers else 0,
                depth=max(0, len(self._numbers) - 1),
                marker=marker,
                header=header,
                rows=rows,
            )
        )

    def _inline(self, token: Token) -> list[Token]:
        if not token.children:
            parsed = self._inline_grammar.parseInline(token.content, self._references)
            token.children = parsed[0].children or []
        return token.children

    def _line(self, token: Token) -> str:
        """The words of a heading or cell, on one line."""
        if is_plain(token.content):
            return tidy(token.content)
        if not is_parsable(token.content):
            return reduce_inline(token.content)
        return render_inline(self._inline(token)).replace("\n", " ")

    def _heading(self, token: Token, level: int) -> None:
        text = self._line(token).strip("#").strip()
        if not text:
            return
        if len(text) > _HEADING_CHARS or self._numbers:
            self._words(text)  # a "heading" within a list, or of a paragraph's length
        else:
            self._add(BlockKind.HEADING, text, level=level)

    def _paragraph(self, token: Token) -> None:
        raw = token.content
        if is_plain(raw):
            self._words(tidy(raw))
            return
        if not is_parsable(raw):
            self._words(reduce_inline(raw))
            return
        lines = raw.split("\n")
        breaks: list[bool] = []
        if len(lines) > 1 and "\\\n" not in raw:
            separate = is_line_oriented(lines)
            if separate and "](" not in raw and looks_like_code(lines):
                self._code_text(raw)
                return
            breaks = kept_breaks(lines) if separate else []
        children = self._inline(token)
        text = render_inline(children, breaks=breaks)
        short = len(text) <= _BOLD_HEADING_CHARS and not text.endswith((".", ":", ",", ";"))
        if text and short and not self._numbers and is_bold_only(children):
            self._add(BlockKind.HEADING, text, level=_BOLD_HEADING_LEVEL)
        else:
            self._words(text)

    def _words(self, text: str) -> None:
        """A paragraph, or an item where a list is open."""
        if not text:
            return
        if self._numbers:
            self._add(BlockKind.ITEM, text, marker=self._marker)
            self._marker = ""
        else:
            self._add(BlockKind.PARAGRAPH, text)

    def _code(self, token: Token) -> None:
        lines = token.content.split("\n")
        if token.type == "code_block" and not looks_like_code(lines):
            # Indented prose: the author meant an indent, not code.
            for paragraph in re.split(r"\n\s*\n", token.content):
                self._words(tidy(paragraph))
            return
        self._code_text(token.content)

    def _code_text(self, content: str) -> None:
        text = content.strip("\n").expandtabs(4)
        if text.strip():
            self._item_without_words()
            self._add(BlockKind.CODE, text)

    def _item_without_words(self) -> None:
        """An item that opens with code or a table still has its number."""
        if self._numbers and self._marker:
            self._marker = ""

    def _html(self, content: str, html_depth: int) -> None:
        if not is_html_tag(content.strip()) and not content.lstrip().startswith("<!"):
            self._words(tidy(content))
        elif html_depth < _HTML_DEPTH:
            self._walk(self._grammar.parse(html_to_markdown(content)), html_depth + 1)
        else:
            self._words(reduce_inline(content))

    def _table(self, tokens: Sequence[Token], position: int) -> int:
        """Adds the table at `position` and returns the position of its last token."""
        rows: list[list[str]] = []
        while tokens[position].type != "table_close":
            token = tokens[position]
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(self._line(token))
            position += 1
        self._item_without_words()
        header = tuple(rows[0]) if rows else ()
        body = tuple(tuple(row) for row in rows[1:] if any(row))
        if not any(header):
            header = ()
        if header and not body:
            header, body = (), (header,)
        if body:
            self._add(BlockKind.TABLE, header=header, rows=body)
        return position


def _paragraphs_over_pages(blocks: list[Block]) -> list[Block]:
    """Joins a paragraph that a page's end cut in the middle of a sentence."""
    out: list[Block] = []
    for block in blocks:
        last = out[-1] if out else None
        if (
            last is not None
            and last.kind in (BlockKind.PARAGRAPH, BlockKind.ITEM)
            and block.kind is BlockKind.PARAGRAPH
            and last.page is not None
            and block.page is not None
            and block.page == last.page + 1
            and last.turn is None
            and _SENTENCE_OPEN.search(last.text)
            and block.text[0].islower()
            and len(last.text) + len(block.text) < _JOINED_CHARS
        ):
            hyphen = re.search(r"[a-z]-\Z", last.text)
            head = last.text[:-1] if hyphen else f"{last.text} "
            out[-1] = replace(last, text=head + block.text, turn=(len(head), block.page))
        else:
            out.append(block)
    return out


def _lists_resumed(blocks: list[Block]) -> list[Block]:
    """Gives a numbered list that paragraphs or code interrupt one `list_id` throughout."""
    out: list[Block] = []
    open_id, next_number, since = 0, 0, 0
    renamed: dict[int, int] = {}
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            open_id = 0
        elif block.list_id == 0:
            since += 1
            if since > 3:
                open_id = 0
        else:
            list_id = renamed.get(block.list_id, block.list_id)
            if block.depth == 0 and block.marker[:1].isdigit():
                number = int(block.marker[:-1])
                if open_id and list_id != open_id and number == next_number:
                    renamed[block.list_id] = list_id = open_id
                    _adopt(out, since, open_id)
                open_id, next_number, since = list_id, number + 1, 0
            elif list_id != open_id:
                since += 1
            block = replace(block, list_id=list_id)
        out.append(block)
    return out


def _adopt(out: list[Block], count: int, list_id: int) -> None:
    """Makes the last `count` blocks part of the item before them."""
    for position in range(len(out) - count, len(out)):
        block = out[position]
        kind = BlockKind.ITEM if block.kind is BlockKind.PARAGRAPH else block.kind
        depth = block.depth + 1 if block.list_id else 0
        out[position] = replace(block, kind=kind, list_id=list_id, depth=depth)
