"""A file of JSON lines, read one line at a time; what is wrong with a line is a sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from engine.errors import WrongUse

LONGEST_LINE: Final = 4 * 1024 * 1024
"""Bytes of a line; a longer one is left out without being held in memory."""

_MOST_TOLD: Final = 50
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"


class BrokenLine(Exception):
    """A line that is no use; `str(error)` goes on after "line 7 ", such as "is not JSON"."""


@dataclass(slots=True)
class Problems:
    """Sentences about a file's lines, the first `_MOST_TOLD` of them; the rest are counted."""

    name: str
    _told: list[str] = field(default_factory=list)
    _more: int = 0

    def line(self, number: int, why: object) -> None:
        """Adds what is wrong with a line."""
        self.add(f"line {number} {why}")

    def add(self, sentence: str) -> None:
        """Adds a sentence about the file."""
        if len(self._told) < _MOST_TOLD:
            self._told.append(f"{self.name}: {sentence}")
        else:
            self._more += 1

    def all(self) -> tuple[str, ...]:
        """The sentences, in the order they were added."""
        if not self._more:
            return tuple(self._told)
        return (*self._told, f"{self.name}: {self._more:,} more lines have problems")


def numbered_lines(path: Path, problems: Problems) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, each with its number from 1; others than UTF-8 are problems.

    A byte order mark and carriage returns are no part of a line.

    Raises: WrongUse where the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            if file.read(2) in _UTF16_MARKS:
                problems.add("the file is UTF-16; save it as UTF-8")
                return
            file.seek(0)
            yield from _decoded(file, problems)
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}") from None


def numbered_rows(path: Path, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a file, each with its line's number; other lines are problems.

    Raises: WrongUse where the file cannot be read.
    """
    for number, line in numbered_lines(path, problems):
        try:
            yield number, parse_row(line)
        except BrokenLine as error:
            problems.line(number, error)


def parse_row(line: str) -> dict[str, Any]:
    """The JSON object of a line.  Raises: BrokenLine."""
    try:
        row = json.loads(
            line,
            parse_constant=_refused,
            parse_float=_finite,
            object_pairs_hook=_without_repeats,
        )
    except json.JSONDecodeError as error:
        raise BrokenLine(f"is not JSON ({error.msg.lower()} at column {error.colno})") from None
    except RecursionError:
        raise BrokenLine("is nested too deeply") from None
    except ValueError as error:
        raise BrokenLine(f"is not JSON ({str(error)[:80]})") from None
    if not isinstance(row, dict):
        raise BrokenLine("is not a JSON object")
    if not is_storable(row):
        raise BrokenLine("holds a NUL or half a character, which no text has")
    return row


def is_storable(value: object) -> bool:
    """Whether every text within can be written as UTF-8 and kept in a database."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, dict):
        return all(is_storable(key) and is_storable(each) for key, each in value.items())
    return not isinstance(value, list) or all(map(is_storable, value))


def _decoded(file: BinaryIO, problems: Problems) -> Iterator[tuple[int, str]]:
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(_UTF8_MARK)
        if len(raw) > LONGEST_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(LONGEST_LINE)
            problems.line(number, f"is longer than {LONGEST_LINE // 2**20} MiB")
            continue
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError:
            problems.line(number, "is not UTF-8")
            continue
        if line.strip():
            yield number, line


def _refused(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:20]} is too large")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice[:40]} stands twice")
    return row
