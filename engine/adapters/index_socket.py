"""The Unix socket on which the owner of the search index serves, closed to other users."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import struct
import sys
import tempfile
from pathlib import Path

from engine.errors import IndexUnavailable

_MAX_PATH_BYTES = 100
"""Linux takes 107 bytes for a socket's path, macOS 103."""


def socket_path(home: Path) -> Path:
    """`<home>/index.sock`, or a path of this user's own where that is too long for a socket.

    Raises: IndexUnavailable when the folder of the other path belongs to somebody else.
    """
    path = home.absolute() / "index.sock"
    if len(os.fsencode(path)) <= _MAX_PATH_BYTES:
        return path
    name = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    folder = _short_parent() / f"deskhand-{os.getuid()}-{name}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as exc:
        raise _foreign(folder) from exc
    # Whoever made it first could else read what is asked, or answer in the owner's place.
    private = found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077
    if not (stat.S_ISDIR(found.st_mode) and private):
        raise _foreign(folder)
    return folder / "index.sock"


def listen(path: Path) -> socket.socket:
    """A listening socket of mode 0600 at the path, replacing a stale one.

    Only the holder of the index lock may call it, so what lies there belongs to a dead owner.
    """
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The umask is the process's: a file that another thread makes just now is only more private.
    before = os.umask(0o177)
    try:
        server.bind(str(path))
    except OSError:
        server.close()
        raise
    finally:
        os.umask(before)
    server.listen(64)
    server.setblocking(False)
    return server


def peer_is_trusted(connection: socket.socket) -> bool:
    """True when the other end runs as this user or as root; not known outside Linux: True."""
    if sys.platform != "linux":
        return True
    credentials = connection.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
    )
    _, uid, _ = struct.unpack("3i", credentials)
    return uid in (os.getuid(), 0)


def _short_parent() -> Path:
    runtime = Path(f"/run/user/{os.getuid()}")
    if runtime.is_dir() and runtime.stat().st_uid == os.getuid():
        return runtime
    temporary = Path(tempfile.gettempdir())
    return temporary if len(os.fsencode(temporary)) < 40 else Path("/tmp")  # noqa: S108


def _foreign(folder: Path) -> IndexUnavailable:
    return IndexUnavailable(
        f"{folder} is not a folder of this user alone, so the search index cannot be shared there; "
        "remove it, or give DESKHAND_HOME a shorter path.",
        retryable=False,
    )
