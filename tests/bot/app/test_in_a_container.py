"""The bot as a container runs it: another user, no rights, and nothing writable but its state."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.app.conftest import HOW_LONG, Stage

pytestmark = pytest.mark.slow

_ENCLOSED = """
set -eu
mount --make-rprivate /
mount --bind "$STATE" "$STATE"
if [ -n "$CLOSED" ]; then  # an interpreter in root's own folder, which no image has
  mount --bind "$BASE" /mnt
  mount -t tmpfs -o mode=755 tmpfs "$CLOSED"
  mkdir -p "$BASE"
  mount --bind /mnt "$BASE"
fi
for place in $(findmnt -no TARGET -T "$ROOT") /; do mount -o remount,bind,ro "$place"; done
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
exec setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs \
  --bounding-set -all --inh-caps -all "$@"
"""
_ROOT = Path(__file__).resolve().parents[3]
_TOOLS = ("unshare", "setpriv", "findmnt")
_WRITES = "import pathlib, sys; [pathlib.Path(p, 'x').touch() for p in sys.argv[1:]]"


def _enclosed(*command: str) -> list[str]:
    return ["unshare", "--mount", "sh", "-c", _ENCLOSED, "sh", sys.executable, *command]


def _closed(folder: Path) -> str:
    above = [path for path in folder.parents if not path.stat().st_mode & 0o001]
    return str(above[-1]) if above else ""


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder of the container's user; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="deskhand-state-", dir="/var/tmp"))
    if os.geteuid() == 0:
        os.chown(folder, 65532, 65532)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def surroundings(state: Path) -> dict[str, str]:
    """The environment of a process in the container; skips where none can be made."""
    base = Path(sys.base_prefix)
    environment = {
        "PATH": os.environ["PATH"],
        "ROOT": str(_ROOT),
        "STATE": str(state),
        "BASE": str(base),
        "CLOSED": _closed(base),
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": "/dev/shm/matplotlib",
        "TMPDIR": "/dev/shm",
        "DESKHAND_HOME": str(state),
    }
    if os.geteuid() != 0 or not all(map(shutil.which, _TOOLS)) or _closed(_ROOT / "x"):
        pytest.skip("only root can make what a container has, on a tree that others may read")
    tried = subprocess.run(_enclosed("-c", ""), env=environment, capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("this machine lets nobody mount")
    return environment


async def ended(*command: str, environment: dict[str, str]) -> tuple[int, bytes]:
    """The exit code, and what it said on standard error."""
    process = await asyncio.create_subprocess_exec(
        *_enclosed(*command), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said


async def test_the_bot_answers_as_nobody_on_a_root_that_is_read_only(
    stage: Stage, state: Path, surroundings: dict[str, str]
) -> None:
    async with stage(started=False) as scene:
        environment = {**scene.environment, **surroundings}
        del environment["DESKHAND_EMBEDDING_CACHE"]
        _, refused = await ended("-c", _WRITES, str(_ROOT), environment=environment)
        assert b"Read-only file system" in refused
        (state / "docs").mkdir()
        (state / "docs" / "leave.md").write_text("# Leave\n\nParental leave is 16 weeks.\n")
        asked_for = ("-m", "bot.cli.main", "ingest", str(state / "docs"), "--json")
        code, said = await ended(*asked_for, environment=environment)
        assert code == 0, said
        process = await asyncio.create_subprocess_exec(
            *_enclosed("-m", "bot.cli.main", "run", "--json"),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            async with asyncio.timeout(120):
                ready = await process.stdout.readline()
            assert b"ready" in ready, await process.stderr.read()
            ann = scene.workspace.join("ann")
            asked = ann.say(ann.dm, HOW_LONG)
            await scene.workspace.until(lambda: scene.replies(asked), 60)
            assert "16 weeks" in scene.replies(asked)[-1].text
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = await process.communicate()
        assert process.returncode == 0, said
        assert b"Read-only" not in said
