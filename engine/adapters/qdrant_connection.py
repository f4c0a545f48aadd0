"""The connection to a Qdrant server: one client, time limits, and retries of what may pass."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from engine.adapters.qdrant_faults import explain
from engine.errors import IndexUnavailable
from engine.server_address import server_of
from engine.settings import QdrantSettings

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient

T = TypeVar("T")
_log = logging.getLogger(__name__)

_ATTEMPTS = 5
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_WRITE_PATIENCE = 6
"""A write may take so many times a search's time limit, retries included: nobody waits for it."""

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_SERVER_NEEDED = (1, 19)
"""The first that computes IDF within a filter."""


class QdrantConnection:
    """Sends requests to the server named in the settings; connects on first use.

    Every request sent through it must be idempotent. Raises: SettingsInvalid for no address.
    """

    def __init__(self, settings: QdrantSettings) -> None:
        if settings.url is None:
            raise ValueError("a Qdrant server needs an address")
        self._url = settings.url
        self._secret = settings.api_key.get_secret_value() if settings.api_key else None
        self._timeout_s = settings.timeout_s
        self.server = server_of(settings.url, "QDRANT_URL")
        parts = urlsplit(settings.url)
        if self._secret and parts.scheme == "http" and parts.hostname not in _LOCAL:
            _log.warning("QDRANT_URL is http://, so QDRANT_API_KEY travels unencrypted")
        self._client: asyncio.Task[AsyncQdrantClient] | None = None
        self._closed = False

    async def read(self, request: Callable[[AsyncQdrantClient], Awaitable[T]]) -> T:
        """What a request gives that somebody waits for.

        Raises: IndexUnavailable, IndexMismatch, StorageUnavailable.
        """
        return await self._send(request, self._timeout_s)

    async def write(self, request: Callable[[AsyncQdrantClient], Awaitable[T]]) -> T:
        """The same with more patience."""
        return await self._send(request, _WRITE_PATIENCE * self._timeout_s)

    async def require_version(self) -> None:
        """Refuses a server that cannot do what the port promises.

        Raises: IndexUnavailable.
        """
        version = (await self.read(lambda client: client.info())).version
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
        if len(numbers) == 2 and numbers < _SERVER_NEEDED:
            raise IndexUnavailable(
                f"The Qdrant server at {self.server} is version {version[:20]}; Deskhand needs "
                "1.19 or later, which computes term statistics for each tenant apart.",
                retryable=False,
            )

    async def aclose(self) -> None:
        """Closes the client; idempotent."""
        self._closed = True
        task, self._client = self._client, None
        if task is not None:
            await (await task).close()

    async def _send(
        self, request: Callable[[AsyncQdrantClient], Awaitable[T]], patience_s: float
    ) -> T:
        give_up_at = asyncio.get_running_loop().time() + patience_s
        attempt = 0
        while True:
            left_s = give_up_at - asyncio.get_running_loop().time()
            limit_s = min(self._timeout_s, max(left_s, 0.001))
            client = await self._opened()
            try:
                async with asyncio.timeout(limit_s):
                    return await request(client)
            except Exception as error:
                if self._closed:
                    raise _closed() from None
                fault = explain(
                    error, server=self.server, secret=self._secret, waited_s=self._timeout_s
                )
            attempt += 1
            if fault.again_in_s is None or attempt == _ATTEMPTS:
                raise fault.error
            pause_s = fault.again_in_s or _pause_s(attempt)
            if asyncio.get_running_loop().time() + pause_s >= give_up_at:
                raise fault.error
            await asyncio.sleep(pause_s)

    async def _opened(self) -> AsyncQdrantClient:
        if self._closed:
            raise _closed()
        if self._client is None:
            # One task: importing the client takes a second or more, and many calls may wait.
            self._client = asyncio.create_task(self._open())
        return await asyncio.shield(self._client)

    async def _open(self) -> AsyncQdrantClient:
        return await asyncio.to_thread(self._make_client)

    def _make_client(self) -> AsyncQdrantClient:
        from qdrant_client import AsyncQdrantClient

        # As a header, since the client warns of `api_key` over http even on this machine.
        headers = {"api-key": self._secret} if self._secret else None
        return AsyncQdrantClient(
            url=self._url,
            headers=headers,
            timeout=math.ceil(self._timeout_s),
            check_compatibility=False,
        )


def _pause_s(attempt: int) -> float:
    longest: float = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0**attempt)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, no secret


def _closed() -> IndexUnavailable:
    return IndexUnavailable("The search index was closed.", retryable=False)
