"""What a line that a model writes begins: prose, a list item, a table row, a fence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class LineKind(Enum):
    """What a line is."""

    BLANK = auto()
    PROSE = auto()
    STEP = auto()
    BULLET = auto()
    TABLE = auto()
    FENCE = auto()
    HEADING = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLine:
    """A line and what it says. text: without its marker; of a fence, the fence itself.

    number: of a step, else 0. indented: it stands below an item.
    """

    kind: LineKind
    text: str
    number: int = 0
    indented: bool = False

    @property
    def layout(self) -> str:
        """As `DraftSentence` has it."""
        return {LineKind.STEP: "step", LineKind.BULLET: "bullet"}.get(self.kind, "prose")

    def continued(self) -> WrittenLine:
        """The rest of the line, after its first sentence."""
        return WrittenLine(kind=LineKind.PROSE, text="", indented=self.indented)


_STEP = re.compile(r"(\d{1,3})[.)][ \t]+(?=\S)")
_BULLET = re.compile(r"[-*+•–][ \t]+(?=\S)")
_FENCE = re.compile(r"(`{3,}|~{3,})[^`\n]*")
_HEADING = re.compile(r"#{1,6}[ \t]|(?:-{3,}|\*{3,}|_{3,})[ \t]*$")
_QUOTE = re.compile(r"(?:>[ \t]?)+")


def read_line(line: str, *, whole: bool = False) -> WrittenLine | None:
    """The line as far as it is written; None while its kind cannot be told."""
    text = line.lstrip()
    indent = len(line.expandtabs(4)) - len(text.expandtabs(4)) if text else 0
    text = _QUOTE.sub("", text, count=1)
    if not text.strip():
        return WrittenLine(kind=LineKind.BLANK, text="") if whole else None
    indented = indent >= 2
    if fence := _FENCE.fullmatch(text):
        return WrittenLine(kind=LineKind.FENCE, text=fence[1], indented=indented)
    if text.startswith("|"):
        return WrittenLine(kind=LineKind.TABLE, text=text)
    if _HEADING.match(text):
        return WrittenLine(kind=LineKind.HEADING, text=text)
    if step := _STEP.match(text):
        rest = text[step.end() :]
        return WrittenLine(kind=LineKind.STEP, text=rest, number=int(step[1]), indented=indented)
    if bullet := _BULLET.match(text):
        return WrittenLine(kind=LineKind.BULLET, text=text[bullet.end() :], indented=indented)
    return WrittenLine(kind=LineKind.PROSE, text=text, indented=indented)
