"""The knowledge of the demo: read once into a home of its own, and copied for each start.

A workspace that begins anew has no use for what a bot remembers of the one before, so the bot
works on a copy that goes with it; what was read stays, and is read again only where it changed.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from engine.errors import StorageUnavailable, WrongUse

_READING = ".reading"
_LEFT = ("index.lock", _READING)


def home_of(home: Path, folder: Path | None) -> Path:
    """Where the knowledge is kept. folder: the visitor's documents; None for the sample."""
    if folder is None:
        return home / "demo"
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return home / f"demo-{name}"


def checked_folder(given: str) -> Path:
    """The folder that `--kb` names.

    Raises: WrongUse where it is missing, no folder, not readable or empty.
    """
    folder = Path(given).expanduser().absolute()
    if not folder.exists():
        raise WrongUse(f"there is no folder {given}; name one with documents in it")
    if not folder.is_dir():
        raise WrongUse(f"{given} is a file; name the folder that it is in")
    try:
        empty = next(folder.iterdir(), None) is None
    except OSError as error:
        raise WrongUse(f"the folder {given} cannot be read ({error.strerror})") from None
    if empty:
        raise WrongUse(f"the folder {given} is empty; name one with documents in it")
    return folder


@asynccontextmanager
async def held(home: Path) -> AsyncIterator[None]:
    """Alone with this home while inside, as against other demos that start; waits for them."""
    with _opened(home) as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield


def copy_home(home: Path, to: Path) -> None:
    """Copies a home that nobody has open."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        return {n for n in names if n in _LEFT or (Path(folder) / n).is_socket()}

    shutil.copytree(home, to, ignore=left_out, copy_function=_copy_sparse, dirs_exist_ok=True)


def _opened(home: Path) -> TextIO:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (home / _READING).open("w")
    except OSError as error:
        raise StorageUnavailable(
            f"the folder {home} cannot be written ({error.strerror}); set DESKHAND_HOME to one "
            "this user may write",
            retryable=False,
        ) from None


def _copy_sparse(source: str, target: str) -> None:
    """Copies a file; the holes in an index's files, nearly all of their size, stay holes."""
    with Path(source).open("rb") as given, Path(target).open("wb") as made:
        size, at = os.fstat(given.fileno()).st_size, 0
        while at < size:
            try:
                at = os.lseek(given.fileno(), at, os.SEEK_DATA)
            except OSError:  # only a hole is left
                break
            end = os.lseek(given.fileno(), at, os.SEEK_HOLE)
            given.seek(at)
            made.seek(at)
            shutil.copyfileobj(_Part(given, end - at), made)
            at = end
        made.truncate(size)


class _Part:
    """So many bytes of a file from where it stands."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int = -1) -> bytes:
        """The next ones."""
        piece = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece
