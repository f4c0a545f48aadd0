"""The processes that this bot has started, a few at a time."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.evals.child import Child as Child
from bot.evals.child import start_child
from engine.errors import DeskhandError, WrongUse

WRONG_USE = 2
"""Exit code of a process that was asked for what cannot be done."""
MOST_FAILURES = 3
_POLL_S = 0.25
_MOST_S = 900.0
"""How long a report or a comparison may take."""


@dataclass(slots=True, kw_only=True)
class Children:
    """Starts processes and looks after them.

    A run goes on when the bot ends; what only tells of one is ended with it. most: runs at the
    same time. folder: of what the processes write. environment: beside the bot's own.
    """

    folder: Path
    niceness: int
    most: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _runs: dict[str, Child] = field(default_factory=dict)
    _left_alone: list[Child] = field(default_factory=list)

    @property
    def has_room(self) -> bool:
        """Whether another run may be started."""
        self._left_alone = [child for child in self._left_alone if child.poll() is None]
        return len(self._runs) + len(self._left_alone) < self.most

    async def start_run(self, run_id: str, target: str, *more: str) -> Child:
        """The process of a run.

        Raises: ChildFault.
        """
        arguments = ("eval", "run", target, "--run-id", run_id, "--json", *more)
        self._runs[run_id] = child = await self._start(arguments, run_id)
        return child

    def of_run(self, run_id: str) -> Child | None:
        """The process of a run, where this bot has started one and not let go of it."""
        return self._runs.get(run_id)

    def let_go(self, run_id: str) -> None:
        """A run's process is over, or another bot tells of the run from now on."""
        child = self._runs.pop(run_id, None)
        if child is not None and child.poll() is None:
            self._left_alone.append(child)

    def is_lease_of(self, child: Child, owner: str | None) -> bool:
        """Whether a run's lease is the one that this process took."""
        return owner is not None and owner.startswith(f"{socket.gethostname()}:{child.pid}:")

    async def result_of(
        self, arguments: Sequence[str], name: str, *, most_s: float = _MOST_S
    ) -> dict[str, Any]:
        """The object that `deskhand ARGUMENTS` prints, whatever it exits with.

        Raises: DeskhandError with the sentence that it printed instead, WrongUse where it was asked
        for what cannot be done; ChildFault.
        """
        child = await self._start(arguments, name)
        try:
            async with asyncio.timeout(most_s):
                while (code := child.poll()) is None:
                    await self.sleep(_POLL_S)
        except TimeoutError:
            raise DeskhandError(f"it took longer than {most_s / 60:.0f} minutes") from None
        finally:
            child.end(signal.SIGKILL)
        found = await asyncio.to_thread(child.result) if code in (0, 1) else None
        if found is None:
            why = await asyncio.to_thread(child.problem)
            fault = WrongUse if code == WRONG_USE else DeskhandError
            raise fault(why or f"its process ended with the code {code}")
        return found

    async def _start(self, arguments: Sequence[str], name: str) -> Child:
        return await asyncio.to_thread(
            start_child,
            arguments,
            self.folder,
            name,
            niceness=self.niceness,
            environment=self.environment,
        )

    async def forget_old(self, keep: int) -> None:
        """Removes what earlier processes wrote, but for the newest.

        Raises: OSError.
        """
        await asyncio.to_thread(_forget_old, self.folder, keep)


def _forget_old(folder: Path, keep: int) -> None:
    files = (
        sorted(folder.glob("*.*"), key=os.path.getmtime, reverse=True) if folder.is_dir() else []
    )
    for path in files[keep:]:
        path.unlink(missing_ok=True)
