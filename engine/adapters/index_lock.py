"""Which process owns the search index of a home."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from engine.errors import IndexUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexHolder:
    """What an owner says of itself in the lock file.

    pid: its process, in its own container's count.
    socket: where it serves; None while it is still opening the index.
    """

    pid: int
    socket: Path | None


class IndexLock:
    """The lock `<home>/index.lock`, held until `release` or the death of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def try_take(cls, home: Path) -> IndexLock | None:
        """The lock; None when another process, or another object in this one, holds it.

        Raises: IndexUnavailable where files cannot be locked.
        """
        path = home / "index.lock"
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise _unusable(path, exc) from exc
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as exc:
            os.close(descriptor)
            raise _unusable(path, exc) from exc
        lock = cls(descriptor)
        lock.announce(None)
        return lock

    def announce(self, socket: Path | None) -> None:
        """Writes this process, and where it serves, into the file."""
        holder = {"pid": os.getpid(), "socket": None if socket is None else str(socket)}
        self._write(json.dumps(holder).encode())

    def release(self) -> None:
        """Lets another process own the index; idempotent."""
        if self._descriptor < 0:
            return
        self._write(b"")
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(self._descriptor)
        self._descriptor = -1

    def _write(self, text: bytes) -> None:
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text, 0)
        except OSError:
            # A full disk: the lock holds, clients only do not learn who holds it.
            return


def read_holder(home: Path) -> IndexHolder | None:
    """Who holds the lock; None when nobody says so (yet)."""
    try:
        values = json.loads((home / "index.lock").read_text(encoding="utf-8"))
        socket = values["socket"]
        return IndexHolder(pid=int(values["pid"]), socket=None if socket is None else Path(socket))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _unusable(path: Path, exc: OSError) -> IndexUnavailable:
    return IndexUnavailable(
        f"{path} cannot be locked ({exc.strerror}); put DESKHAND_HOME on a local disk that this "
        "user may write to.",
        retryable=False,
    )
