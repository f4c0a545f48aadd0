"""The bot as a real process beside the page: started, watched, started again after it was killed.

starting -> running -> killed -> starting     it is started again a moment after it ended
any -> stopped                                taken offline by hand, until it is put back
starting -> failed                            it ended too often before it was connected
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

_LOOK_EVERY_S = 0.05
_AGAIN_AFTER_S = 0.7
_STOP_WITHIN_S = 15.0
_MOST_FAILURES = 3
"""Starts in a row that ended before the bot was connected."""
CHILD = ("bot.page.child",)


class BotState(StrEnum):
    """How the bot is."""

    STARTING = "starting"
    RUNNING = "running"
    KILLED = "killed"
    STOPPED = "stopped"
    FAILED = "failed"


class Supervisor:
    """Keeps one bot alive.

    environment: whole, of the child; may be changed before a restart. connected: whether a bot has
    its connection to the workspace. told: called after each change of what `render` says. log:
    where everything the bot prints goes. folder: in which it runs, so that no `.env` is read.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        connected: Callable[[], bool],
        told: Callable[[], None],
        log: Path,
        folder: Path,
        module: Sequence[str] = CHILD,
    ) -> None:
        self.environment = dict(environment)
        self.state = BotState.STARTING
        self.lives = 0
        self._connected = connected
        self._told = told
        self._log = log
        self._module = tuple(module)
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._since = time.time()
        self._said = ""
        self._wanted = True
        self._restart = False
        self._changed = asyncio.Event()

    @property
    def pid(self) -> int:
        """Of the process that runs; 0 for none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else 0

    def render(self) -> dict[str, Any]:
        """How the bot is, for the page."""
        return {
            "state": self.state.value,
            "lives": self.lives,
            "pid": self.pid,
            "since": round(self._since, 3),
            "told": self._said,
        }

    @asynccontextmanager
    async def supervising(self) -> AsyncIterator[None]:
        """Keeps the bot alive while inside; ends it when left."""
        keeping = asyncio.ensure_future(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await self._end()

    async def ready(self, within_s: float) -> bool:
        """Waits until it runs; False where it failed, or not within so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.state not in (BotState.RUNNING, BotState.FAILED):
                    self._changed.clear()
                    await self._changed.wait()
        return self.state is BotState.RUNNING

    def kill(self) -> bool:
        """Kills it at once, as a crash or the system does (SIGKILL); False where none runs."""
        if not self.pid:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return True

    def take_offline(self) -> None:
        """Ends it in good order, until `put_online`."""
        self._wanted = False

    def put_online(self) -> None:
        """Starts it again after `take_offline`."""
        self._wanted = True

    def restart(self) -> None:
        """Ends it in good order and starts it with the environment as it is now."""
        self._restart = True

    def last_words(self) -> str:
        """The last line of its log, where that says why it ended."""
        try:
            lines = self._log.read_text("utf-8", errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1][:500] if lines else ""

    def _is_wanted(self) -> bool:
        return self._wanted

    async def _keep(self) -> None:
        failures = 0
        while True:
            if not self._is_wanted():
                await asyncio.sleep(_LOOK_EVERY_S)
                continue
            self._restart = False
            try:
                await self._start()
            except OSError as error:
                self._say(BotState.FAILED, f"It cannot be started: {error.strerror}.")
                self._wanted = False
                continue
            was_connected = await self._watch()
            if self._process is not None and self._process.returncode is None:
                await self._end()
                if self._is_wanted():
                    self._say(BotState.STARTING, "Ended to be started with other settings.")
                else:
                    self._say(BotState.STOPPED, "Taken offline; Slack keeps what is said for it.")
                failures = 0
                continue
            failures = 0 if was_connected else failures + 1
            if failures >= _MOST_FAILURES:
                self._say(BotState.FAILED, f"It does not start: {self.last_words()}")
                self._wanted = False
                continue
            code = self._process.returncode if self._process is not None else 0
            how = "was killed" if code == -signal.SIGKILL else f"ended with code {code}"
            self._say(BotState.KILLED, f"The bot {how}; it is started again.")
            await asyncio.sleep(_AGAIN_AFTER_S * max(1, failures))

    async def _watch(self) -> bool:
        """Returns once it ended or is to be ended; whether it was connected."""
        process, was_connected = self._process, False
        while process is not None and process.returncode is None:
            if not self._is_wanted() or self._restart:
                break
            if not was_connected and self._connected():
                was_connected = True
                again = "" if self.lives == 1 else f" again; this is its life number {self.lives}"
                self._say(BotState.RUNNING, f"The bot is connected{again}.")
            await asyncio.sleep(_LOOK_EVERY_S)
        return was_connected

    async def _start(self) -> None:
        # The sockets of the life before this one are gone before a new one can be told from them.
        while self._connected():  # noqa: ASYNC110 - sockets tell nobody that they are gone
            await asyncio.sleep(_LOOK_EVERY_S)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self._module,
                env=self.environment,
                cwd=self._folder,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.lives += 1
        self._say(BotState.STARTING, "The bot starts.")

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            self.kill()
            await process.wait()

    def _say(self, state: BotState, said: str) -> None:
        self.state, self._said, self._since = state, said, time.time()
        self._changed.set()
        self._told()
