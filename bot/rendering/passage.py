"""The modal that shows the passage behind a citation, word for word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.rendering import limits
from bot.rendering.elements import plain, quote, rich_text, section, small_print, text
from bot.rendering.inline import Links
from bot.rendering.message import Block
from bot.rendering.neutral import neutral
from bot.rendering.notices import NOT_SHOWN
from bot.rendering.pages import pages_of
from bot.rendering.reading import read_markdown
from bot.rendering.sources import source_line, source_of

_MOST_CITED = 30
_CUT = "The passage goes on in its document."


def passage_modal(trace: Mapping[str, Any], n: int) -> dict[str, Any] | None:
    """The view of citation `n`: where it stands, the sentences cited, the passage around them.

    None where the answer has no such citation. The caller has checked that the one who looks, and
    everyone who can look with them, may read it now.
    """
    chosen = next((c for c in trace["citations"] if c["n"] == n), None)
    if chosen is None:
        return None
    same = [c for c in trace["citations"] if c["chunk_id"] == chosen["chunk_id"]]
    source = source_of([chosen, *(c for c in same if c is not chosen)])
    blocks: list[Block] = [rich_text(section(*source_line(source)))]
    whole = neutral(chosen["full_content"]).strip()
    cited = [c for c in same if neutral(c["snippet"]).strip() not in ("", whole)]
    if cited:
        blocks.append(_label("What the answer cites"))
        for citation in cited[:_MOST_CITED]:
            words = f"[{citation['n']}] {neutral(citation['snippet']).strip()}"
            blocks.append(rich_text(quote(text(limits.cut(words, limits.PLAIN_TEXT)))))
        blocks.append(_label("The passage it stands in"))
    room = limits.VIEW_BLOCKS - len(blocks) - 1
    most = limits.VIEW_JSON - limits.json_length(blocks)
    pages = pages_of(
        read_markdown(whole, headings=True), Links(), most=most, most_blocks=room, tables=False
    )
    if pages:
        blocks += pages[0].blocks
    if len(pages) > 1:
        blocks.append(small_print(_CUT))
    return _modal(f"Passage {n}", blocks)


def not_shown_modal() -> dict[str, Any]:
    """The view in place of a passage that may not be read here any more."""
    return _modal("Passage", [rich_text(section(text(NOT_SHOWN)))])


def _label(words: str) -> Block:
    return rich_text(section(text(words, bold=True)))


def _modal(title: str, blocks: list[Block]) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": plain(title, limits.MODAL_TITLE),
        "close": plain("Close", limits.MODAL_TITLE),
        "blocks": blocks,
    }
