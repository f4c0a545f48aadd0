"""Conflicts and old sources of the week, with their passages."""

from __future__ import annotations

from bot.figures.doubts import Doubts, Passage
from bot.rendering.elements import Element, header, quote, rich_text, section, small_print, text
from bot.rendering.limits import FALLBACK, cut
from bot.rendering.message import Block, Message
from bot.rendering.neutral import escape, neutral, one_line

_TITLE, _SNIPPET, _MOST_TOGETHER = 120, 300, 3


def doubts_message(doubts: Doubts) -> Message:
    """The message; every text in it is a document's, shown as it is written."""
    blocks: list[Block] = [header("What looks wrong in the documents")]
    if doubts.conflicts:
        blocks.append(rich_text(section(text("These passages contradict each other:", bold=True))))
    for passages in doubts.conflicts:
        elements: list[Element] = []
        for passage in passages[:_MOST_TOGETHER]:
            elements += _shown(passage)
        blocks.append(rich_text(*elements))
    if doubts.stale:
        blocks.append(
            rich_text(
                section(
                    text("More than a year old, under answers that people turned down:", bold=True)
                )
            )
        )
        elements = [element for passage in doubts.stale for element in _shown(passage)]
        blocks.append(rich_text(*elements))
    if doubts.hidden:
        blocks.append(
            small_print(
                f"{doubts.hidden:,} more, not shown: beyond the first, or not for everybody here."
            )
        )
    words = (
        f"What looks wrong in the documents: {len(doubts.conflicts)} contradictions, "
        f"{len(doubts.stale)} old passages"
    )
    return Message(text=escape(cut(words, FALLBACK)), blocks=tuple(blocks))


def _shown(passage: Passage) -> list[Element]:
    title = cut(one_line(passage.title), _TITLE) or "a document"
    when = "" if passage.changed_at is None else f", last changed {passage.changed_at:%Y-%m-%d}"
    snippet = cut(neutral(one_line(passage.snippet)), _SNIPPET) or "…"
    return [section(text(f"{title}{when}:")), quote(text(snippet))]
