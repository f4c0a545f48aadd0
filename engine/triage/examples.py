"""The examples a triage model learns from: CSV with a header, or JSONL, read and checked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from engine.errors import WrongUse

MAX_BYTES: Final = 256 * 1024 * 1024
MAX_ROWS: Final = 200_000
MAX_CHARS: Final = 4_000
"""Characters of a text that are read, in training and in use; the rest says nothing new."""

MIN_ROWS: Final = 5
"""Rows each category and each priority must have: calibration is cross-fitted on three parts."""

OUT_OF_SCOPE: Final = "out_of_scope"
_SCOPE_NAMES = frozenset({"out_of_scope", "oos"})
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text with its right answer. priority: None where the file has no such column.

    category: `out_of_scope` marks a text that belongs to no category.
    """

    text: str
    category: str
    priority: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleSet:
    """Examples in the file's order, without repeats.

    data_hash: sha256 (hex) of the examples themselves, so that the same rows in another format
    have the same hash. lines: where each example stands in the file. notes: what was left out and
    why, a sentence each.
    """

    examples: tuple[Example, ...]
    data_hash: str
    lines: tuple[int, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())

    @property
    def has_priority(self) -> bool:
        """Whether every example has one."""
        return all(example.priority is not None for example in self.examples)


def read_examples(path: Path) -> ExampleSet:
    """The examples of a `.csv`, `.tsv` or `.jsonl` file.

    Raises: WrongUse with one sentence that names the file and, where one is at fault, the line.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise WrongUse(
                f"{path} has {size / 2**20:,.0f} MiB; give at most {MAX_BYTES // 2**20} MiB of "
                "examples, a sample of the rows is enough"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}") from None
    return parse_examples(raw, name=str(path), is_csv=path.suffix.lower() in (".csv", ".tsv"))


def parse_examples(raw: bytes, *, name: str, is_csv: bool) -> ExampleSet:
    """The examples in a file's bytes; `name` is what an error calls it.

    A text that stands twice with the same labels counts once; one that stands with different
    categories or priorities is left out altogether, and `notes` says so.

    Raises: WrongUse.
    """
    text = _decode(raw, name)
    rows = _csv_rows(text, name) if is_csv else _json_rows(text, name)
    found: list[tuple[int, Example]] = []
    wrong: list[str] = []
    for line, row in rows:
        if len(found) >= MAX_ROWS:
            raise WrongUse(f"{name} has more than {MAX_ROWS:,} rows; give a sample of them")
        try:
            found.append((line, _example(row)))
        except WrongUse as error:
            wrong.append(f"line {line} {error}")
            if len(wrong) > _SHOWN:
                break
    if wrong:
        more = ", and more" if len(wrong) > _SHOWN else ""
        raise WrongUse(f"{name}: {'; '.join(wrong[:_SHOWN])}{more}; mend the file")
    _check_priorities(found, name)
    return _without_repeats(found, name)


def check_enough(examples: ExampleSet, name: str) -> None:
    """Refuses what cannot be learned from.

    Raises: WrongUse for fewer than two categories, or fewer than `MIN_ROWS` rows of one of them
    or of a priority.
    """
    categories = Counter(e.category for e in examples.examples)
    priorities = Counter(e.priority for e in examples.examples if e.priority is not None)
    if len([c for c in categories if c != OUT_OF_SCOPE]) < 2:
        raise WrongUse(f"{name} has only one category; give examples of at least two")
    for what, counts in (("category", categories), ("priority", priorities)):
        few = [f"{label} ({n})" for label, n in counts.items() if n < MIN_ROWS]
        if few:
            more = f" and {len(few) - 5} more" if len(few) > 5 else ""
            raise WrongUse(
                f"{name}: too few rows of the {what} {', '.join(few[:5])}{more}; give at least "
                f"{MIN_ROWS} of each, or leave it out"
            )


def _decode(raw: bytes, name: str) -> str:
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise WrongUse(f"{name}: line {line} is not UTF-8; save the file as UTF-8") from None
    if not text.strip():
        raise WrongUse(f"{name} is empty; give a CSV with a header, or JSONL")
    return text


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    header = text.lstrip("\n").partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [column.strip().lower() for column in next(reader)]
        _check_columns(columns, name)
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                raise WrongUse(
                    f"{name}: line {line} has {len(cells)} fields, the header {len(columns)}; "
                    "quote texts that hold the separator"
                )
            yield line, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise WrongUse(f"{name}: line {reader.line_num} is no CSV: {error}") from None


def _check_columns(columns: Sequence[str], name: str) -> None:
    if "text" not in columns and not {"subject", "body"} & set(columns):
        raise WrongUse(
            f"{name} has no column text (nor subject and body); its header is "
            f"{', '.join(columns)[:100]}"
        )
    if "category" not in columns:
        raise WrongUse(f"{name} has no column category; its header is {', '.join(columns)[:100]}")


def _json_rows(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise WrongUse(f"{name}: line {line} is no JSON object")
        yield line, row


def text_of(row: Mapping[str, Any]) -> str:
    """`text` of a row, else `subject` and `body`, cut at `MAX_CHARS`.

    Raises: WrongUse where there is none.
    """
    parts = (
        [row.get("text")] if row.get("text") is not None else [row.get("subject"), row.get("body")]
    )
    if any(not isinstance(part, str | None) for part in parts):
        raise WrongUse("has a text that is no string")
    text = "\n".join(part.strip() for part in parts if part and part.strip())
    if not text or not re.search(r"\w", text):
        raise WrongUse("has no text")
    return text[:MAX_CHARS]


def _example(row: Mapping[str, Any]) -> Example:
    text = text_of(row)
    category = _label(row, "category")
    if category is None:
        raise WrongUse("has no category")
    if re.sub(r"[\s-]+", "_", category.lower()) in _SCOPE_NAMES:
        category = OUT_OF_SCOPE
    return Example(text=text, category=category, priority=_label(row, "priority"))


def _label(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise WrongUse(f"has a {name} that is no string")
    return value.strip()[:200] or None


def _check_priorities(found: Sequence[tuple[int, Example]], name: str) -> None:
    missing = [line for line, example in found if example.priority is None]
    if missing and len(missing) < len(found):
        raise WrongUse(
            f"{name}: line {missing[0]} has no priority, other lines have one; fill it in or "
            "leave the column out"
        )


def _without_repeats(found: Sequence[tuple[int, Example]], name: str) -> ExampleSet:
    by_text: dict[str, list[tuple[int, Example]]] = defaultdict(list)
    for line, example in found:
        by_text[" ".join(example.text.lower().split())].append((line, example))
    kept: list[tuple[int, Example]] = []
    repeats, conflicts = 0, []
    for group in by_text.values():
        if len({(e.category, e.priority) for _, e in group}) > 1:
            conflicts.append([line for line, _ in group])
            continue
        kept.append(group[0])
        repeats += len(group) - 1
    notes = []
    if repeats:
        notes.append(f"{repeats:,} rows repeat another and count once")
    if conflicts:
        shown = ", ".join("lines " + " and ".join(map(str, c[:3])) for c in conflicts[:_SHOWN])
        notes.append(
            f"{len(conflicts):,} texts stand with different labels and were left out ({shown})"
        )
    if not kept:
        raise WrongUse(f"{name} has no usable rows; {'; '.join(notes) or 'it holds none'}")
    digest = hashlib.sha256()
    for _, e in kept:
        digest.update(json.dumps([e.text, e.category, e.priority]).encode() + b"\n")
    return ExampleSet(
        examples=tuple(example for _, example in kept),
        data_hash=digest.hexdigest(),
        lines=tuple(line for line, _ in kept),
        notes=tuple(notes),
    )
