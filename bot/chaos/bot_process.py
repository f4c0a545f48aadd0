"""`deskhand run` as a process that is killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

RUN = ("bot.cli.main", "run")


class BotProcess:
    """One bot. What it prints goes to a file, over all its lives. module: with its arguments.
    code: the checkout that it runs; None: this one."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        log: Path,
        module: Sequence[str] = RUN,
        code: Path | None = None,
    ) -> None:
        self._environment = _surroundings() | dict(environment)
        self._code = code
        self._module = module
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self.lives = 0

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Of its present or last life; 0 before the first."""
        return self._process.pid if self._process is not None else 0

    async def start(self) -> None:
        """Starts it; returns before it is ready."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self._module,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self._code,
            )
        self.lives += 1

    async def ended(self) -> int:
        """Waits until it ends by itself; its exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def kill(self) -> None:
        """Kills it and whatever it started, at once."""
        await self._signal(signal.SIGKILL)

    async def stop(self, *, within_s: float = 30.0) -> int:
        """Asks it to end; its exit code, or -9 where it had to be killed."""
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(within_s):
                    await process.wait()
            except TimeoutError:
                await self.kill()
        return process.returncode if process.returncode is not None else -9

    async def _signal(self, number: int) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        await process.wait()


async def ingest(environment: Mapping[str, str], folder: Path, *, code: Path | None = None) -> None:
    """Has a folder read as knowledge, by a process of its own. code: the checkout that it runs.

    Raises: RuntimeError.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.cli.main", "ingest", str(folder)),
        env=_surroundings() | dict(environment),
        stdout=asyncio.subprocess.DEVNULL,
        cwd=code,
    )
    if await process.wait() != 0:
        raise RuntimeError(f"{folder.name} could not be ingested")


def _surroundings() -> dict[str, str]:
    return {k: os.environ[k] for k in ("PATH", "LANG", "TMPDIR") if k in os.environ}
