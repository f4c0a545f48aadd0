"""Markdown pages -> a sequence of blocks: headings, paragraphs, list items, tables, code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.knowledge.block import Block, BlockKind
from engine.knowledge.block_joins import join_paragraphs, resume_lists
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


def read_blocks(pages: Sequence[Page]) -> list[Block]:
    """The blocks of `pages` in reading order.

    A paragraph cut by the end of a page is joined again, and a numbered list interrupted by a
    paragraph or code goes on as one list. Never raises on odd Markdown; no word of the pages is
    lost, except markup, comments, scripts and the targets of links.
    """
    reader = _Reader()
    for page in pages:
        reader.read(page.markdown, page.number)
    return resume_lists(join_paragraphs(reader.blocks))


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
