"""Takes somebody's questions out of the files of evaluations: saved cases and written reports."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from engine.errors import StorageUnavailable
from engine.privacy.sought import Sought, plain
from evals.cases.own import own_cases_path

_REPORTS = ("reports", "watch")
_LARGEST_BYTES = 64 << 20
"""A file past this is a picture or a table of numbers, and is not read."""


async def forget_in_files(home: Path, sought: Sought) -> Mapping[str, int]:
    """Removes saved cases and reports that hold what is sought; how many of each.

    A report can be written anew by `deskhand eval report` from its run, which is cleaned as well.

    Raises: StorageUnavailable where a file cannot be changed.
    """
    try:
        return await asyncio.to_thread(_forget, home, sought)
    except OSError as error:
        raise StorageUnavailable(
            f"{error.filename or home} cannot be changed: {error.strerror}", retryable=False
        ) from None


def drop_saved_cases(home: Path, asked: Collection[tuple[str, str]]) -> int:
    """Removes cases that were saved from these questions, each by its asker and its words; what
    somebody wrote by hand names no asker and stays. Works on a disk: call it in a thread.
    """
    said = {(user, plain(text)) for user, text in asked}

    def is_one(row: object) -> bool:
        return (
            isinstance(row, Mapping)
            and (row.get("user"), plain(str(row.get("user_question") or ""))) in said
        )

    return _drop_cases(own_cases_path(home), is_one)


def cases_of(home: Path, sought: Sought) -> list[object]:
    """Saved cases that hold what is sought. Reads a disk: call it in a thread."""
    path = own_cases_path(home)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [row for line in lines if line.strip() and sought.is_in(row := _parsed(line))]


def _forget(home: Path, sought: Sought) -> dict[str, int]:
    counts = {"saved cases": _drop_cases(own_cases_path(home), sought.is_in)}
    counts["reports"] = 0
    for folder in _reports(home):
        if any(_holds(file, sought) for file in folder.rglob("*") if file.is_file()):
            shutil.rmtree(folder)
            counts["reports"] += 1
    return {name: count for name, count in counts.items() if count}


def _drop_cases(path: Path, is_one: Callable[[object], bool]) -> int:
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # who adds a case waits for it
        lines = file.read().splitlines(keepends=True)
        kept = [line for line in lines if not is_one(_parsed(line.decode("utf-8", "replace")))]
        if len(kept) != len(lines):
            file.seek(0)
            file.write(b"".join(kept))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        return len(lines) - len(kept)


def _reports(home: Path) -> Iterator[Path]:
    for name in _REPORTS:
        root = home / "evals" / name
        if root.is_dir():
            yield from (f for f in root.iterdir() if f.is_dir() and not f.is_symlink())


def _holds(file: Path, sought: Sought) -> bool:
    if file.stat().st_size > _LARGEST_BYTES or file.suffix in (".png", ".svg"):
        return False
    return sought.is_in(_parsed(file.read_text(encoding="utf-8", errors="replace")))


def _parsed(text: str) -> object:
    """JSON where it is some, so that no escape hides a letter."""
    try:
        return json.loads(text)
    except ValueError:
        return text
