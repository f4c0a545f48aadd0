"""How far rows have come, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engine.storage.copying.copy import Watch


@contextmanager
def shown_progress(doing: str) -> Iterator[Watch]:
    """Tells on standard error which table is at how many rows; nothing where nobody looks on."""
    shown = sys.stderr.isatty()

    def watch(table: str, rows: int) -> None:
        if shown:
            print(f"\r\033[K{doing} {table}: {rows:,} rows", end="", file=sys.stderr, flush=True)

    try:
        yield watch
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
