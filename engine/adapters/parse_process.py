"""One parsing process as its parent sees it: start, ask, end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import engine
from engine.adapters.parse_frames import LENGTH, pack, unpack

_START_LIMIT_S = 60.0
_ERROR_BYTES = 4096
_LARGE_REPLY_BYTES = 256 * 1024
_NOWHERE = "http://127.0.0.1:9"  # a port nobody listens on: what asks for the network fails


class ProcessEnded(Exception):
    """The process ended before it replied.

    last_words: the end of what it wrote to standard error.
    """

    def __init__(self, last_words: str) -> None:
        super().__init__(last_words)
        self.last_words = last_words


def worker_command(memory_bytes: int) -> tuple[str, ...]:
    """What starts a parsing process that is a child of this one."""
    return (
        sys.executable,
        "-P",
        "-m",
        "engine.adapters.parse_worker",
        str(memory_bytes),
        str(os.getpid()),
    )


def worker_environment() -> Mapping[str, str]:
    """All a parsing process may know: no secrets, no settings, no way out."""
    root = str(Path(engine.__file__).resolve().parent.parent)
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "TMPDIR": tempfile.gettempdir(),
        "PYTHONPATH": root,
        "PYTHONDONTWRITEBYTECODE": "1",
        "http_proxy": _NOWHERE,
        "https_proxy": _NOWHERE,
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "MALLOC_ARENA_MAX": "2",
    }


class ParseProcess:
    """A running child. Not safe for two requests at once; the pool sees to that."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.served = 0
        self._process = process
        self._errors = bytearray()
        self._listener = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, command: Sequence[str]) -> ParseProcess:
        """Starts a child and waits until it is ready to be asked.

        Raises: ProcessEnded if it never is; OSError if it cannot be started.
        """
        process = cls(
            await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=dict(worker_environment()),
                start_new_session=True,
            )
        )
        try:
            async with asyncio.timeout(_START_LIMIT_S):
                await process._receive()
        except TimeoutError:
            await process.end()
            raise ProcessEnded("it did not start") from None
        except BaseException:
            await process.end()
            raise
        return process

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to a request.

        Raises: ProcessEnded.
        """
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(pack(request))
            await stdin.drain()
        except (ConnectionError, RuntimeError):
            raise ProcessEnded(await self._last_words()) from None
        reply = await self._receive()
        self.served += 1
        return reply

    async def end(self) -> None:
        """Kills the child and waits until it is gone; idempotent."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        self._listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listener
        # asyncio closes a pipe's transport only when asked to.
        transport = getattr(self._process, "_transport", None)
        if transport is not None:
            transport.close()

    async def _receive(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
            body = await stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ProcessEnded(await self._last_words()) from None
        try:
            if length > _LARGE_REPLY_BYTES:
                return await asyncio.to_thread(unpack, body)
            return unpack(body)
        except ValueError:
            raise ProcessEnded("it replied with something else than a document") from None

    async def _listen(self) -> None:
        """Keeps the end of the child's standard error, so that the pipe never fills up."""
        stderr = self._process.stderr
        assert stderr is not None
        while block := await stderr.read(65_536):
            self._errors += block
            del self._errors[:-_ERROR_BYTES]

    async def _last_words(self) -> str:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await asyncio.shield(self._listener)
        return self._errors.decode("utf-8", errors="replace")
