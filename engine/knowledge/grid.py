"""Rows of cells (CSV, a sheet) -> Markdown tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_ESCAPED = re.compile(r"([\\`*_\[\]<>&~|])")
_MIDNIGHT = re.compile(r"^(\d{4}-\d\d-\d\d)[ T]00:00:00(?:\.0+)?$")
_WHOLE = re.compile(r"^(-?\d+)\.0+$")
_NUMBER = re.compile(r"^[-+(]?[$€£]?\d[\d.,:%/ -]*\)?$")
_MAX_COLUMNS = 200
_MAX_REGIONS = 200

Grid = Sequence[Sequence[str]]


def grid_to_markdown(rows: Grid, *, split: bool = False) -> str:
    """The rows as a table; empty columns and rows go.

    The first row is the header unless it holds nothing but numbers. Rows may differ in length.

    split: true for a sheet, where empty rows and columns separate several tables and a lone
        cell above a table is its caption.
    """
    cells = [_narrow([_tidy(cell) for cell in row]) for row in rows]
    width = max((len(row) for row in cells), default=0)
    square = [row + [""] * (width - len(row)) for row in cells]
    regions = list(_regions(square)) if split else [square]
    if len(regions) > _MAX_REGIONS:
        regions = [square]  # a form laid out on a grid, not a few tables
    return "\n\n".join(text for region in regions if (text := _table(region)))


def markdown_cell(text: str) -> str:
    """A cell's words so that Markdown reads nothing in them."""
    return _ESCAPED.sub(r"\\\1", " ".join(text.split()))


def _narrow(row: list[str]) -> list[str]:
    """A row of at most so many cells: squaring a grid must not multiply its size."""
    if len(row) <= _MAX_COLUMNS:
        return row
    return [*row[: _MAX_COLUMNS - 1], " ".join(cell for cell in row[_MAX_COLUMNS - 1 :] if cell)]


def _tidy(cell: str) -> str:
    words = " ".join(cell.split())
    if match := _MIDNIGHT.match(words):
        return match.group(1)
    if match := _WHOLE.match(words):
        return match.group(1)
    return words


def _regions(rows: Sequence[Sequence[str]]) -> Iterator[list[list[str]]]:
    """The tables of a sheet: bands between empty rows, then between empty columns."""
    band: list[Sequence[str]] = []
    for row in [*rows, []]:
        if any(row):
            band.append(row)
        elif band:
            yield from _columns(band)
            band = []


def _columns(band: Sequence[Sequence[str]]) -> Iterator[list[list[str]]]:
    filled = [any(row[column] for row in band) for column in range(len(band[0]))]
    start = None
    for column, used in enumerate([*filled, False]):
        if used and start is None:
            start = column
        elif not used and start is not None:
            yield [list(row[start:column]) for row in band if any(row[start:column])]
            start = None


def _table(rows: Sequence[Sequence[str]]) -> str:
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    used = [any(row[column] for row in rows) for column in range(len(rows[0]))]
    rows = [[cell for cell, keep in zip(row, used, strict=True) if keep] for row in rows]
    caption = ""
    while len(rows) > 1 and len(rows[0]) > 1 and sum(1 for cell in rows[0] if cell) == 1:
        words = next(cell for cell in rows[0] if cell)
        caption += markdown_cell(words) + "\n\n"
        rows = rows[1:]
    if len(rows[0]) == 1 and len(rows) == 1:
        return caption + markdown_cell(rows[0][0])
    header = rows[0]
    if all(_NUMBER.match(cell) for cell in header if cell):
        header, body = [""] * len(rows[0]), rows
    else:
        body = rows[1:]
    lines = [_line(header), "|" + " --- |" * len(header), *(_line(row) for row in body)]
    return caption + "\n".join(lines)


def _line(row: Sequence[str]) -> str:
    return "| " + " | ".join(markdown_cell(cell) for cell in row) + " |"
