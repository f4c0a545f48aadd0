"""The file that says what built an index; without it nothing was written."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields
from pathlib import Path

from engine.adapters.edge_faults import REBUILD, ShardBroken
from engine.errors import IndexMismatch
from engine.retrieval.index import IndexRecord


def read_record(path: Path) -> IndexRecord | None:
    """The record; None where there is no such file.

    Raises: ShardBroken when the file holds anything else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:
        raise _unreadable(path) from exc
    try:
        values = json.loads(text)
        record = IndexRecord(**values)
    except (ValueError, TypeError) as exc:
        raise _unreadable(path) from exc
    strings = [record.embedder, record.embedder_version, record.chunker_version]
    strings.append(record.lexical_version)
    if type(record.dimension) is not int or not all(type(value) is str for value in strings):
        raise _unreadable(path)
    return record


def write_record(path: Path, record: IndexRecord) -> None:
    """Puts the record on disk whole or not at all."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(record), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync_folder(path.parent)


def remove_record(path: Path) -> None:
    """Makes the index one that nothing was written to; durable when it returns."""
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def mismatch(held: IndexRecord, wanted: IndexRecord) -> IndexMismatch:
    """The fault that names what differs and the command that rebuilds."""
    parts = []
    for field in fields(IndexRecord):
        old, new = getattr(held, field.name), getattr(wanted, field.name)
        if old != new:
            parts.append(f"{field.name.replace('_', ' ')} {old} where {new} is in use")
    return IndexMismatch(
        f"The search index was built with {', '.join(parts)}; run `{REBUILD}` to build it anew."
    )


def _unreadable(path: Path) -> ShardBroken:
    return ShardBroken(
        f"{path} does not say what built the search index; run `{REBUILD}` to build it anew."
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
