"""A small disk of its own for PostgreSQL, which can be filled."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MIB = 1024 * 1024
_SIZE_MIB = 700


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """A mounted folder; None where this user may not mount."""
    folder = Path(tempfile.mkdtemp(prefix="deskhand-disk-"))
    mounted = False
    try:
        if os.geteuid() == 0 and shutil.which("mount"):
            command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE_MIB}m", "none", str(folder)]
            mounted = subprocess.run(command, capture_output=True).returncode == 0
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=True)
        shutil.rmtree(folder, ignore_errors=True)


def fill(disk: Path) -> None:
    """Leaves no room on it."""
    with (disk / "ballast").open("wb") as ballast:
        try:
            while True:
                os.write(ballast.fileno(), bytes(_MIB // 4))
        except OSError:
            return


def make_room(disk: Path) -> None:
    """Ends `fill`."""
    (disk / "ballast").unlink(missing_ok=True)
