"""What a measurement shows: progress and tables on standard error, figures on standard output."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any


def say(text: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def finish(figures: Mapping[str, Any]) -> None:
    """The last line of standard output: one JSON object."""
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def show_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table of plain text; None shows as a dash."""
    cells = [[_cell(value) for value in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for row in cells:
        first, *rest = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        say("  ".join((first, *rest)).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,.3f}" if isinstance(value, float) else str(value)


class Ticker:
    """Says how far something is, at most every few seconds."""

    def __init__(self, what: str, every_s: float = 5.0) -> None:
        self._what = what
        self._every_s = every_s
        self._said_at = time.monotonic()

    def tick(self, text: str) -> None:
        """Says it when the last time was long enough ago."""
        if time.monotonic() - self._said_at >= self._every_s:
            self._said_at = time.monotonic()
            say(f"  {self._what}: {text}")
