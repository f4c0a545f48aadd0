"""Files of JSON lines as the commands read and write them."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TextIO

from engine.errors import WrongUse


def json_line(row: dict[str, Any]) -> str:
    """One line, readable in every script; half a character, which UTF-8 cannot hold, is escaped."""
    text = json.dumps(row, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(row)
    return text


def parse_line(line: str) -> object:
    """The JSON of a line; None where it holds none."""
    try:
        parsed: object = json.loads(line, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return parsed


def numbered_lines(source: TextIO) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, each with its number from 1."""
    for number, line in enumerate(source, start=1):
        if line.strip():
            yield number, line


def open_input(path: str) -> AbstractContextManager[TextIO]:
    """A file to read, standard input for "-".

    Raises: WrongUse where it cannot be read.
    """
    if path == "-":
        return nullcontext(sys.stdin)
    try:
        return Path(path).open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}") from None


def open_output(path: str | None) -> AbstractContextManager[TextIO]:
    """A file to write, standard output for None and "-".

    Raises: WrongUse where it cannot be written.
    """
    if path is None or path == "-":
        return nullcontext(sys.stdout)
    try:
        return Path(path).open("w", encoding="utf-8")
    except OSError as error:
        raise WrongUse(f"{path} cannot be written: {error.strerror}") from None


def is_same_file(source: str, sink: str) -> bool:
    """Whether both names are of one existing file."""
    try:
        return Path(source).samefile(sink)
    except OSError:
        return False


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    """A number that JSON can say again; `1e999` would come out as Infinity, which is no JSON."""
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:20]} is too large")
    return value
