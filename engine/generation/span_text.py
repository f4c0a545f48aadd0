"""What a citable span looks like in an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from engine.knowledge.document import Sentence, SentenceKind
from engine.retrieval.passage import LivePassage

_SEPARATOR = " | "
_MARKER = re.compile(r"^\s*(?:[-*•·–▪◦‣]\s+|\(?\d{1,3}[.)]\s+|#{1,6}\s+|>\s+)")
_BOLD = re.compile(r"(?<![\w*])(\*{1,3})(?=\S)([^*\n]{1,400}?)(?<=\S)\1(?![\w*])")
_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^()\s]{0,1000}(?:\s\"[^\"\n]{0,200}\")?\)")
_MARKED_ITEM = re.compile(r"([ \t]*)(?:(\d{1,4})[.)]|[-*•])[ \t]+\Z")


def plain_text(text: str) -> str:
    """A span without what Markdown adds: list and heading marks, emphasis, link targets."""
    text = _MARKER.sub("", text)
    text = _BOLD.sub(r"\2", text)
    return " ".join(_LINK.sub(r"\1", text).split())


def code_text(parts: Sequence[str]) -> str:
    """Code in a fence longer than any run of backticks within it."""
    code = "\n".join(parts).strip("\n")
    runs = [len(run) for run in re.findall(r"`{3,}", code)]
    fence = "`" * max([3, *(run + 1 for run in runs)])
    return f"{fence}\n{code}\n{fence}"


def cells_of(sentence: Sentence, text: str) -> list[tuple[str, str]] | None:
    """Column name and value of each cell of a row; None where they cannot be told apart."""
    names = [name.strip() for name in sentence.header.split(_SEPARATOR)] if sentence.header else []
    values = [value.strip() for value in text.split(_SEPARATOR)]
    if not names:
        return [("", value) for value in values]
    if len(names) != len(values):
        return None
    return list(zip(names, values, strict=True))


def row_text(
    sentence: Sentence, text: str, *, keep: Callable[[int, str, str], bool] | None = None
) -> str:
    """A row as "Column: value; Column: value", without its empty cells.

    keep: of (position, column, value) whether a cell is shown; None shows all.
    """
    cells = cells_of(sentence, text)
    if cells is None:
        return plain_text(text)
    shown = [
        f"{name}: {plain_text(value)}" if name else plain_text(value)
        for position, (name, value) in enumerate(cells)
        if value and (keep is None or keep(position, name, value))
    ]
    return "; ".join(shown)


def item_marker(passage: LivePassage, sentence: Sentence) -> tuple[int, int | None] | None:
    """Where a span opens a list item: its indent in blanks and its number (None for a bullet);
    None where the span goes on with an item or stands in none."""
    if sentence.kind not in (SentenceKind.STEP, SentenceKind.BULLET):
        return None
    text = passage.passage.text
    line = text.rfind("\n", 0, sentence.start) + 1
    match = _MARKED_ITEM.match(text[line : sentence.start]) if line < sentence.start else None
    if match is None:
        return None
    return len(match[1].expandtabs(4)), int(match[2]) if match[2] else None
