"""The marks with which a model cites: [1], [1][2], [1, 2]."""

from __future__ import annotations

import re

MARKS = r"(?:[ \t]?,?[ \t]?\[\d{1,3}(?:[ \t]?[,;][ \t]?\d{1,3}){0,9}\])+"
"""A run of marks, with the blank before it."""

_CODE_OR_MARKS = re.compile(rf"(`[^`\n]{{1,300}}`)|({MARKS})")
_NUMBER = re.compile(r"\d+")
_LOOSE_STOP = re.compile(r"([.!?])[ \t]*\.(?=\s|$)")


def take_marks(text: str) -> tuple[str, tuple[int, ...]]:
    """The text without its marks, and their numbers in order, each once.

    What looks like a mark within `code` is none.
    """
    numbers: list[int] = []

    def drop(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        numbers.extend(int(number) for number in _NUMBER.findall(match[2]))
        return ""

    bare = _CODE_OR_MARKS.sub(drop, text).strip()
    return _LOOSE_STOP.sub(r"\1", bare), tuple(dict.fromkeys(numbers))


def only_marks(text: str) -> bool:
    """Whether a line holds marks and nothing else."""
    return re.fullmatch(rf"{MARKS}[.]?\s*", text) is not None
