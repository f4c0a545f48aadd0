"""`deskhand` as a process beside the bot: behind it in priority, and not ended with it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DeskhandError

_MODULE = "bot.cli.main"
_TAIL_BYTES = 4_000_000
_SAID = "deskhand: "


class ChildFault(DeskhandError):
    """A process could not be started."""

    retryable = True


@dataclass(slots=True)
class Child:
    """One process.  out, err: the files it writes to, as a pipe would end with the bot."""

    pid: int
    out: Path
    err: Path
    _code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self._code is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self._code = -1
            else:
                if pid:
                    self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def end(self, signal_number: int) -> None:
        """Sends a signal to it and to what it started; nothing where it is over."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal_number)

    def problem(self) -> str:
        """The sentence with which it gave up; empty where it said none. Blocks."""
        lines = _tail(self.err).splitlines()
        said = [line.removeprefix(_SAID) for line in lines if line.startswith(_SAID)]
        return said[-1] if said else ""

    def result(self) -> dict[str, Any] | None:
        """The object on its last line; None where there is none. Blocks."""
        lines = _tail(self.out).splitlines()
        try:
            found = json.loads(lines[-1]) if lines else None
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


def start_child(
    arguments: Sequence[str],
    folder: Path,
    name: str,
    *,
    niceness: int,
    environment: Mapping[str, str] | None = None,
) -> Child:
    """Starts `deskhand ARGUMENTS` in a process group of its own. Blocks.

    folder: of the files it writes to, named by `name`; an earlier one's are replaced. environment:
    beside this process's. Not in a session of its own: Linux would then weigh its priority only
    against itself (`autogroup`).

    Raises: ChildFault.
    """
    out, err = folder / f"{name}.out", folder / f"{name}.err"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", _MODULE, *arguments],
            {**os.environ, **(environment or {})},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(out), flags, 0o600),
                (os.POSIX_SPAWN_OPEN, 2, str(err), flags, 0o600),
            ],
            setpgroup=0,
            setsigmask=(),
        )
    except OSError as error:
        raise ChildFault(f"a process for it cannot be started: {error.strerror}") from None
    with contextlib.suppress(OSError):  # it may have ended
        os.setpriority(os.PRIO_PGRP, pid, os.getpriority(os.PRIO_PROCESS, 0) + niceness)
    return Child(pid, out, err)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
