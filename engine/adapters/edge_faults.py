"""What goes wrong in Qdrant Edge, as faults that tell a person what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import DeskhandError, IndexUnavailable, StorageUnavailable

ROOM_TO_GROW = 256 * 1024 * 1024
"""Bytes that must be free before points are added: the shard's sparse files (150 MB when new)
may fill at any later moment, on tmpfs all of them when it is opened."""

ROOM_TO_WORK = 16 * 1024 * 1024
"""Bytes that must be free before anything else that writes."""

REBUILD = "deskhand ingest --rebuild"

_FULL = ("no space left", "os error 28", "quota exceeded", "os error 122", "disk full")
_LOCKED = "WouldBlock"


class ShardBroken(IndexUnavailable):
    """The shard cannot be read; only a rebuild helps."""

    retryable = False


class ShardPanicked(IndexUnavailable):
    """Edge's Rust code panicked: the open shard must not be used again, a new one may work."""


class ShardLocked(IndexUnavailable):
    """Another process, or one that is just ending, has the shard open."""


def require_room(path: Path, needed: int) -> None:
    """Refuses to write to a disk with fewer free bytes than needed.

    Edge writes through memory maps, so a full disk does not raise: SIGBUS kills the process.

    Raises: StorageUnavailable.
    """
    stat = os.statvfs(path)
    if stat.f_bavail * stat.f_frsize < needed:
        raise disk_full(path, needed)


def disk_full(path: Path, needed: int) -> StorageUnavailable:
    """The fault of a disk with fewer free bytes than needed."""
    return StorageUnavailable(
        f"The disk that holds {path} is full; free at least {needed // 2**20} MB on it and try "
        "again."
    )


@contextmanager
def edge_faults(path: Path, doing: str) -> Iterator[None]:
    """Turns whatever Edge raises into a fault.

    Edge raises bare `Exception` with a text, and panics as a class derived from BaseException.

    Raises: StorageUnavailable, ShardLocked, ShardPanicked, IndexUnavailable.
    """
    try:
        yield
    except (DeskhandError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as exc:
        text = " ".join(str(exc).split())[:300]
        if any(mark in text.lower() for mark in _FULL):
            raise disk_full(path, ROOM_TO_GROW) from exc
        if _LOCKED in text:
            raise ShardLocked(
                f"The search index in {path} is open in another process; stop that process or try "
                "again when it has ended."
            ) from exc
        if not isinstance(exc, Exception):
            raise ShardPanicked(
                f"The search index in {path} failed while {doing} ({text}); try again, and if it "
                f"fails again run `{REBUILD}`."
            ) from exc
        raise IndexUnavailable(
            f"The search index in {path} failed while {doing} ({text}); try again, and if it "
            f"fails again run `{REBUILD}`."
        ) from exc
