"""The search index of a home, whichever process holds it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from engine.adapters.edge_index import EdgeIndex
from engine.adapters.index_client import IndexClient, OwnerGone
from engine.adapters.index_lock import IndexLock, read_holder
from engine.adapters.index_owner import IndexOwner
from engine.errors import IndexUnavailable
from engine.retrieval.index import IndexAnswer, IndexPoint, IndexQuery, IndexRecord

T = TypeVar("T")

_OWNERS_TRIED = 5
"""Owners that may end during one call before it gives up."""

_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.25


class SharedIndex:
    """The port `engine.retrieval.index.SearchIndex` for every process of one home.

    The first process to use the index opens and serves it; the others ask that process. When it
    ends, one of them takes over and calls that were under way are sent again, which is why every
    call of the port is idempotent. What an owner acknowledged is in the write-ahead log, so the
    next owner holds it, and its `flush` puts that on disk too.

    wait_s: how long a call waits for an owner that does not answer, such as one that is loading.

    Raises from every call: IndexUnavailable naming the process that holds the index but does not
        answer.
    """

    def __init__(self, home: Path, *, wait_s: float = 15.0) -> None:
        self._home = home
        self._wait_s = wait_s
        self._owner: IndexOwner | None = None
        self._client: IndexClient | None = None
        self._election: asyncio.Task[EdgeIndex | IndexClient] | None = None
        self._first_time = True
        self._closed = False

    async def record(self) -> IndexRecord | None:
        """See the port."""
        return await self._call(lambda index: index.record())

    async def start(self, record: IndexRecord) -> None:
        """See the port."""
        await self._call(lambda index: index.start(record))

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """See the port."""
        await self._call(lambda index: index.upsert(tenant, points))

    async def set_audience(
        self, tenant: str, document_version: str, audience: tuple[str, ...]
    ) -> None:
        """See the port."""
        await self._call(lambda index: index.set_audience(tenant, document_version, audience))

    async def delete_versions(self, tenant: str, document_versions: Sequence[str]) -> None:
        """See the port."""
        await self._call(lambda index: index.delete_versions(tenant, document_versions))

    async def flush(self) -> None:
        """See the port."""
        await self._call(lambda index: index.flush())

    async def search(self, query: IndexQuery) -> IndexAnswer:
        """See the port."""
        return await self._call(lambda index: index.search(query))

    async def versions(self, tenant: str) -> dict[str, int]:
        """See the port."""
        return await self._call(lambda index: index.versions(tenant))

    async def count(self, tenant: str) -> int:
        """See the port."""
        return await self._call(lambda index: index.count(tenant))

    async def clear(self) -> None:
        """See the port."""
        await self._call(lambda index: index.clear())

    async def aclose(self) -> None:
        """See the port. As owner: ends the calls under way, flushes, and lets another take over."""
        self._closed = True
        if self._election is not None:
            self._election.cancel()
            await asyncio.wait([self._election])
        if self._client is not None:
            await self._client.aclose()
        if self._owner is not None:
            await self._owner.aclose()

    async def _call(self, call: Callable[[EdgeIndex | IndexClient], Awaitable[T]]) -> T:
        owners_tried = 0
        while True:
            index = await self._index()
            try:
                return await call(index)
            except OwnerGone:
                owners_tried += 1
                if self._closed or owners_tried == _OWNERS_TRIED:
                    raise
                if index is self._client:
                    client, self._client = self._client, None
                    await client.aclose()

    async def _index(self) -> EdgeIndex | IndexClient:
        if self._closed:
            raise _closed()
        if self._owner is not None:
            return self._owner.index
        if self._client is not None:
            return self._client
        if self._election is None:
            self._election = asyncio.create_task(self._elect())
            self._election.add_done_callback(self._elected)
        # Shielded: the calls of others wait for the same election as a cancelled one's.
        election = self._election
        try:
            return await asyncio.shield(election)
        except asyncio.CancelledError:
            if election.cancelled():
                raise _closed() from None
            raise

    def _elected(self, election: asyncio.Task[EdgeIndex | IndexClient]) -> None:
        self._election = None
        if not election.cancelled():
            election.exception()  # Marks it as seen when every caller has been cancelled.

    async def _elect(self) -> EdgeIndex | IndexClient:
        """Becomes the owner, or a client of the one there is.

        Raises: IndexUnavailable, StorageUnavailable.
        """
        # A process that takes over has questions waiting, so it leaves the vacuum to a start.
        vacuum, self._first_time = self._first_time, False
        give_up_at = time.monotonic() + self._wait_s
        pause_s = _FIRST_PAUSE_S
        while True:
            lock = IndexLock.try_take(self._home)
            if lock is not None:
                self._owner = await IndexOwner.start(self._home, lock, vacuum=vacuum)
                return self._owner.index
            holder = read_holder(self._home)
            if holder is not None and holder.socket is not None:
                try:
                    self._client = await IndexClient.connect(
                        holder.socket, wait_s=max(0.1, give_up_at - time.monotonic())
                    )
                except OwnerGone:
                    pass
                else:
                    return self._client
            if time.monotonic() > give_up_at:
                who = "another process" if holder is None else f"process {holder.pid}"
                raise IndexUnavailable(
                    f"The search index in {self._home} is held by {who}, which does not answer; "
                    "end that process, or try again when it has ended."
                )
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _closed() -> IndexUnavailable:
    return IndexUnavailable("The search index was closed.", retryable=False)
