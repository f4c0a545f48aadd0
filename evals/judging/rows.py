"""Rows of tables, "Column: value; Column: value", compared cell by cell.

In a row one word says it all: the checker, made for sentences, takes "A3: no" for "A3: yes".
"""

from __future__ import annotations

from collections.abc import Sequence

_LEAST_CELLS = 2


def row_support(sentence: str, evidence: Sequence[str]) -> float | None:
    """1 where a row of the evidence has every cell of the sentence, 0 where those with its columns
    have others; None where one of the two is no row.
    """
    claimed = _cells(sentence)
    if len(claimed) < _LEAST_CELLS:
        return None
    rows = [cells for text in evidence if claimed.keys() <= (cells := _cells(text)).keys()]
    if not rows:
        return None
    return float(any(claimed.items() <= row.items() for row in rows))


def _cells(text: str) -> dict[str, str]:
    """Values by column; empty where the text does not begin with one."""
    found: dict[str, str] = {}
    name = ""
    for part in text.split("; "):
        column, colon, value = part.partition(": ")
        if colon:
            name = column.strip()
            found[name] = _plain(value)
        elif not name:
            return {}
        else:  # the value held a semicolon
            found[name] += f"; {_plain(part)}"
    return found


def _plain(value: str) -> str:
    return " ".join(value.replace("`", "").replace("**", "").casefold().split()).rstrip(".")
