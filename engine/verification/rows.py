"""Rows of tables, "Column: value; Column: value", compared cell by cell.

In a row one word says it all: a check made for sentences takes "Colour: no" for "Colour: yes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.knowledge.embedded_text import split_row
from engine.knowledge.sentences import split_sentences
from engine.verification.quantities import read_quantities
from engine.verification.quantity import Quantity

_RULE = re.compile(r"\|?(?:\s*:?-{3,}:?\s*\|)+\s*(?::?-{3,}:?\s*)?")
_MARKER = re.compile(r"\s*(?:[-*•]\s+|\d{1,3}[.)]\s+)")
_WORD = re.compile(r"\w+")
_YES = frozenset("yes y true ✓ ✔ ✅ ☑".split())
_NO = frozenset("no n false ✗ ✘ ❌ ☒".split())
_MOST_CHARS = 200_000
_MOST_COLUMN_WORDS = 8
"""More words before a colon open a sentence, no cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """column: its name in lower case, empty where the table gives none. value: in lower case,
    without marks."""

    column: str
    value: str

    @property
    def polarity(self) -> bool | None:
        """True for "yes" and its signs, False for "no", None for anything else."""
        return True if self.value in _YES else False if self.value in _NO else None

    @property
    def quantity(self) -> Quantity | None:
        """The amount that is all the value says, beside words of the column; else None."""
        found = read_quantities(self.value)
        if len(found) != 1:
            return None
        rest = self.value[: found[0].start] + " " + self.value[found[0].end :]
        return found[0] if set(_WORD.findall(rest)) <= set(_WORD.findall(self.column)) else None

    def says(self, value: Cell) -> bool:
        """Whether both hold the same value, however it is written."""
        if self.value == value.value:
            return True
        if self.polarity is not None:
            return self.polarity is value.polarity
        ours, theirs = self.quantity, value.quantity
        return ours is not None and theirs is not None and _equal(ours, theirs)

    def contradicts(self, value: Cell) -> bool:
        """Whether the values exclude each other: yes and no, or two amounts."""
        if self.polarity is not None and value.polarity is not None:
            return self.polarity is not value.polarity
        ours, theirs = self.quantity, value.quantity
        return ours is not None and theirs is not None and not _equal(ours, theirs)


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class RowFinding:
    """supported: whether a row says all that a claim made of rows does. why: a sentence."""

    supported: bool
    why: str


def read_row(text: str) -> Row:
    """The cells of one line "Column: value; ..."; empty where it is none.

    A part without a column goes on with the value before it; the first may have none.
    """
    cells: list[Cell] = []
    for part in _MARKER.sub("", text, count=1).strip().split("; "):
        column, colon, value = part.partition(": ")
        if colon and len(_WORD.findall(column)) <= _MOST_COLUMN_WORDS:
            cells.append(Cell(_plain(column), _plain(value)))
        elif cells:
            cells[-1] = Cell(cells[-1].column, f"{cells[-1].value}; {_plain(part)}")
        else:
            cells.append(Cell("", _plain(part)))
    return tuple(cells) if any(cell.column for cell in cells) else ()


def read_rows(text: str) -> Iterator[Row]:
    """The rows of a text: each line that is one, and those of its Markdown tables."""
    lines = text[:_MOST_CHARS].splitlines()
    names: list[str] = []
    for number, line in enumerate(lines):
        if "|" not in line:
            names = []
            if row := read_row(line):
                yield row
        elif number + 1 < len(lines) and _RULE.fullmatch(lines[number + 1].strip()):
            names = split_row(line)
        elif not _RULE.fullmatch(line.strip()):
            values = split_row(line)
            if len(names) == len(values):
                pairs = zip(names, values, strict=True)
                yield tuple(Cell(_plain(n), _plain(v)) for n, v in pairs if v)


def compare_rows(claim: str, evidence: Sequence[str]) -> RowFinding | None:
    """What the evidence's rows say of a claim that is rows; None where one of the two is none.

    Of a row of several cells every cell must stand in one row: two rows mixed up are neither. A
    single cell is refused only where each row with its column excludes it, since "Note: ..." opens
    sentences too.
    """
    claimed = [read_row(claim[start:end]) for start, end in split_sentences(claim)]
    if not any(claimed):
        return None
    rows = [row for text in evidence for row in read_rows(text)]
    found = [_compare(row, rows) if row else None for row in claimed]
    refused = next((each for each in found if each is not None and not each.supported), None)
    if refused is not None:
        return refused
    return found[0] if all(each is not None for each in found) else None


def _compare(claimed: Row, rows: Sequence[Row]) -> RowFinding | None:
    wanted = {cell.column for cell in claimed}
    near = [row for row in rows if wanted <= {cell.column for cell in row}]
    if not near:
        return _compare_labelled(claimed, rows)
    if any(_holds(row, claimed) for row in near):
        return RowFinding(True, "A row of the evidence holds the same cells.")
    if len(claimed) > 1:
        matches = [[_holds(row, (cell,)) for cell in claimed] for row in near]
        _, _, place = max((sum(m), m[0], -number) for number, m in enumerate(matches))
        best = near[-place]
        wrong = next((cell for cell in claimed if not _holds(best, (cell,))), claimed[-1])
        return RowFinding(False, _why(wrong, best))
    cell = claimed[0]
    if all(any(c.column == cell.column and c.contradicts(cell) for c in row) for row in near):
        return RowFinding(False, _why(cell, near[0]))
    return None


def _compare_labelled(claimed: Row, rows: Sequence[Row]) -> RowFinding | None:
    """Refuses "A3: no" where each row that holds "A3" holds a yes and no "no"."""
    if len(claimed) != 1:
        return None
    cell = claimed[0]
    near = [row for row in rows if any(c.value == cell.column for c in row)]
    for row in near:
        if any(c.says(cell) for c in row) or not any(c.contradicts(cell) for c in row):
            return None
    if not near:
        return None
    there = next(c for c in near[0] if c.contradicts(cell))
    return RowFinding(False, _why(Cell(there.column, cell.value), near[0]))


def quotes_row(claim: str, row: str) -> bool:
    """Whether each cell of a claim is one of the row's, under its column or words of its name.

    In a row of two cells the first may name the second: "A3: yes". claim, row: lines that
    `read_row` reads.
    """
    cells = read_row(row)
    return all(any(_names(claimed, cell, cells) for cell in cells) for claimed in read_row(claim))


def _names(claimed: Cell, cell: Cell, row: Row) -> bool:
    if not cell.says(claimed):
        return False
    column = set(_WORD.findall(claimed.column))
    label = len(row) == 2 and cell is row[1] and claimed.column == row[0].value
    return label or column <= set(_WORD.findall(cell.column))


def _holds(row: Row, claimed: Row) -> bool:
    return all(any(c.column == cell.column and c.says(cell) for c in row) for cell in claimed)


def _why(claimed: Cell, row: Row) -> str:
    there = next((cell.value for cell in row if cell.column == claimed.column), "")
    return f"The evidence says “{there}” for “{claimed.column}”, not “{claimed.value}”."


def _equal(one: Quantity, other: Quantity) -> bool:
    return one.bound == other.bound and one.equals(other)


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "").replace("**", "").casefold().split()).rstrip(".")
