"""The folder of one run of the demo, which goes with it, also where it could not tidy up."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_PREFIX = "deskhand-demo-"
_RUNNING = ".running"
_YOUNG_S = 60.0
"""A folder younger than this may belong to a demo that is just starting."""


@asynccontextmanager
async def run_folder() -> AsyncIterator[Path]:
    """A folder that only this user may read; those of demos that were killed are removed."""
    await asyncio.to_thread(_remove_left_behind)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_PREFIX))
    with (folder / _RUNNING).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _remove_left_behind() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            old = time.time() - status.st_mtime > _YOUNG_S
            if status.st_uid != os.getuid() or not old or not folder.is_dir():
                continue
            with (folder / _RUNNING).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails where it still runs
                shutil.rmtree(folder, ignore_errors=True)
