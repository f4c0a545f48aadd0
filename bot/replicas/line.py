"""The line between one replica and PostgreSQL, which can be cut off without being closed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_CHUNK = 65_536


class Line:
    """Passes bytes on while `open`; else it holds them, as a network does that drops packets."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listens on a port of 127.0.0.1 while inside."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            self._passing.set()
            self._server.close()

    def part(self) -> None:
        """Passes nothing on from now on."""
        self._passing.clear()

    def join(self) -> None:
        """Passes on again, first what it held."""
        self._passing.set()

    async def _connect(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        await self._passing.wait()
        try:
            far, forth = await asyncio.open_unix_connection(self._target)
        except OSError:
            back.close()
            return
        await asyncio.gather(self._pass(near, forth), self._pass(far, back))

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(_CHUNK):
                await self._passing.wait()
                sink.write(data)
                await sink.drain()
        await self._passing.wait()
        sink.close()
