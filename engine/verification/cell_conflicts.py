"""Sentences held against the cells of tables: "Cutter has 3 seats" beside a row that says 20."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.knowledge.sentences import split_sentences
from engine.verification.claim_words import read_words
from engine.verification.clauses import split_clauses
from engine.verification.lexicon.lexicon import Lexicon
from engine.verification.lexicon.stem import stem_of
from engine.verification.quantities import read_quantities
from engine.verification.quantity import Quantity
from engine.verification.rows import Cell, Row, read_row, read_rows
from engine.verification.wording import is_negative, strengths

_TOKEN = re.compile(r"[^\W_]+")
_REACH_CHARS = 40
"""How far from a number the name of its column may stand."""


def cell_conflict(claim: str, evidence: Sequence[str], lexicon: Lexicon) -> str:
    """How a claim contradicts a cell of the row it speaks of, in words; empty if it does not.

    A claim speaks of the rows most of whose names it says. It contradicts a number where another
    stands beside the column's name, and a yes or no where it says the opposite in a clause that
    names no other such column. What a sentence of the evidence says too is left alone.
    """
    rows = [row for text in evidence for row in read_rows(text) if len(row) > 1]
    if not rows:
        return ""
    for clause in split_clauses(claim):
        spoken_of = _spoken_of(rows, _stems(claim), lexicon)
        if spoken_of:
            found = next(_numbers(clause, spoken_of, evidence), "")
            found = found or _polarity(clause, spoken_of, lexicon)
            if found:
                return found
    return ""


def _spoken_of(rows: Sequence[Row], said: frozenset[str], lexicon: Lexicon) -> list[Row]:
    counts = [sum(_is_named(cell, said, lexicon) for cell in row) for row in rows]
    most = max(counts)
    return [row for row, count in zip(rows, counts, strict=True) if most and count == most]


def _is_named(cell: Cell, said: frozenset[str], lexicon: Lexicon) -> bool:
    if not _stems(cell.value) <= said or cell.polarity is not None or cell.quantity is not None:
        return False
    return any(word.content for word in read_words(cell.value, lexicon))


def _numbers(clause: str, rows: Sequence[Row], evidence: Sequence[str]) -> Iterator[str]:
    columns = {cell.column for row in rows for cell in row if cell.column and cell.quantity}
    for quantity in read_quantities(clause):
        column = _nearest(clause, quantity, columns)
        cells = [c for row in rows for c in row if c.column == column and c.quantity]
        if not column or quantity.bound or not cells:
            continue
        if any(not _excludes(cell, quantity) for cell in cells):
            continue
        if not _said_elsewhere(quantity, column, evidence):
            yield f"the evidence says {cells[0].value} for “{column}”, not {quantity.text}"


def _excludes(cell: Cell, quantity: Quantity) -> bool:
    there = cell.quantity
    if there is None or there.bound or quantity.equals(there):
        return False
    return there.dimension == quantity.dimension or "count" in (
        there.dimension,
        quantity.dimension,
    )


def _nearest(clause: str, quantity: Quantity, columns: set[str]) -> str:
    """The column whose name stands next to the number; empty where none is near."""
    best, reach = "", _REACH_CHARS + 1
    words = [(stem_of(m.group().lower()), m.start(), m.end()) for m in _TOKEN.finditer(clause)]
    said = {stem for stem, _, _ in words}
    for column in sorted(columns):
        stems = _stems(column)
        if not stems or not stems <= said:
            continue
        for stem, start, end in words:
            if stem in stems and not quantity.start <= start < quantity.end:
                distance = start - quantity.end if start >= quantity.end else quantity.start - end
                if distance < reach:
                    best, reach = column, distance
    return best


def _said_elsewhere(quantity: Quantity, column: str, evidence: Sequence[str]) -> bool:
    stems = _stems(column)
    for text in evidence:
        for start, end in split_sentences(text):
            sentence = text[start:end]
            is_row = "|" in sentence or len(read_row(sentence)) > 1
            if is_row or not stems <= _stems(sentence):
                continue
            if any(quantity.equals(found) for found in read_quantities(sentence)):
                return True
    return False


def _polarity(clause: str, rows: Sequence[Row], lexicon: Lexicon) -> str:
    said = _stems(clause)
    named = {
        cell.column
        for row in rows
        for cell in row
        if cell.polarity is not None
        and any(word.content for word in read_words(cell.column, lexicon))
        and _stems(cell.column) <= said
        and not is_negative(cell.column)
    }
    if len(named) != 1:
        return ""
    (column,) = named
    values = {c.polarity for row in rows for c in row if c.column == column} - {None}
    if values == {True} and "never" in strengths(clause):
        return f"the evidence says yes for “{column}”"
    if values == {False} and not is_negative(clause):
        return f"the evidence says no for “{column}”"
    return ""


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem_of(token) for token in _TOKEN.findall(text.lower()))
