"""The search index on a Qdrant server or cluster."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from engine.adapters.edge_shard import nothing_found
from engine.adapters.index_record_file import mismatch
from engine.adapters.qdrant_collections import QdrantCollections
from engine.adapters.qdrant_connection import QdrantConnection
from engine.adapters.qdrant_faults import CollectionGone
from engine.adapters.qdrant_points import QdrantPoints
from engine.adapters.qdrant_rebuild import QdrantRebuild
from engine.errors import DeskhandError, IndexUnavailable
from engine.retrieval.index import IndexAnswer, IndexPoint, IndexQuery, IndexRecord
from engine.settings import QdrantSettings

T = TypeVar("T")
_log = logging.getLogger(__name__)

_RECORD_AGE_S = 10.0
"""So long what built the index is taken for granted; another process may rebuild it."""


class QdrantIndex:
    """The port `engine.retrieval.index.SearchIndex` over an alias, shared by every process and
    every tenant. `engine.retrieval.index.RebuildsAside` too: a rebuild costs no downtime.

    Connects on first use. Raises from every call: IndexUnavailable; IndexMismatch once another
    process has rebuilt the index with other parts than those of `start`.
    """

    def __init__(self, settings: QdrantSettings) -> None:
        self._settings = settings
        self._connection = QdrantConnection(settings)
        self._collections = QdrantCollections(self._connection, settings)
        self._wanted: IndexRecord | None = None
        self._held: IndexRecord | None = None
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()

    async def record(self) -> IndexRecord | None:
        """See the port."""
        return await self._collections.record()

    async def misshapen(self) -> tuple[str, ...]:
        """See `engine.retrieval.index.HasShape`."""
        return await self._collections.differences()

    async def start(self, record: IndexRecord) -> None:
        """See the port. Safe in several processes at once: one collection comes of it."""
        await self._connection.require_version()
        async with self._changing:
            held = await self._collections.record()
            if held != record:
                if held is not None and await self._points_of(held).count(None):
                    raise mismatch(held, record)
                old = await self._collections.serving()
                name = self._collections.name_of(record)
                await self._collections.create(name, record)
                await self._collections.switch(name)
                if old is not None and old != name:
                    await self._collections.drop(old)
            self._wanted = record
            self._know(record)

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """See the port.

        Raises: IndexUnavailable before `start`; IndexMismatch for a vector of another dimension;
            WrongUse for an id that is no UUID.
        """

        async def write(held: QdrantPoints) -> bool:
            await held.upsert(tenant, points)
            return True

        if not await self._on_points(write):
            raise IndexUnavailable(
                "The search index holds nothing yet, not even what builds it; run `deskhand "
                "ingest`.",
                retryable=False,
            )

    async def set_audience(
        self, tenant: str, document_version: str, audience: tuple[str, ...]
    ) -> None:
        """See the port."""
        await self._on_points(lambda held: held.set_audience(tenant, document_version, audience))

    async def delete_versions(self, tenant: str, document_versions: Sequence[str]) -> None:
        """See the port."""
        await self._on_points(lambda held: held.delete_versions(tenant, document_versions))

    async def flush(self) -> None:
        """See the port. Every write waits for the server, which keeps it in its log: no more to
        do."""

    async def search(self, query: IndexQuery) -> IndexAnswer:
        """See the port.

        Raises: IndexMismatch for a vector of another dimension.
        """
        return await self._on_points(lambda held: held.search(query)) or nothing_found(query)

    async def versions(self, tenant: str) -> dict[str, int]:
        """See the port."""
        return await self._on_points(lambda held: held.versions(tenant)) or {}

    async def count(self, tenant: str) -> int:
        """See the port."""
        return await self._on_points(lambda held: held.count(tenant)) or 0

    async def clear(self) -> None:
        """See the port: the points of every tenant go."""
        async with self._changing:
            self._wanted = None
            self._know(None)
            await self._collections.drop_all()

    @asynccontextmanager
    async def rebuilding(self, record: IndexRecord) -> AsyncIterator[QdrantRebuild]:
        """See `RebuildsAside`. The old collection is dropped after the switch; what a rebuild
        that was killed has left is dropped by the next one, so let only one run at a time.
        """
        await self._connection.require_version()
        old = await self._collections.serving()
        await self._collections.drop_leftovers(old)
        name = self._collections.fresh_name()
        await self._collections.create(name, record)
        try:
            held = await self._collections.record() if old is not None else None
            yield QdrantRebuild(
                self._connection,
                self._points_of(record, name),
                old=old if held == record else None,
                switch=lambda: self._collections.switch(name),
            )
        except BaseException:
            await asyncio.shield(self._abandon(name, old))
            raise
        self._wanted = record
        self._know(record)
        if old is not None:
            await self._drop_or_leave(old)

    async def aclose(self) -> None:
        """See the port. Closes the connection; the server keeps the index."""
        await self._connection.aclose()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _abandon(self, name: str, old: str | None) -> None:
        try:
            if old is not None and await self._collections.serving() == name:
                await self._collections.switch(old)
        except DeskhandError as error:
            _log.warning("the collection %s serves instead of %s: %s", name, old, error)
            return
        await self._drop_or_leave(name)

    async def _drop_or_leave(self, name: str) -> None:
        try:
            await self._collections.drop(name)
        except DeskhandError as error:
            _log.warning("the next rebuild drops the collection %s: %s", name, error)

    async def _on_points(self, call: Callable[[QdrantPoints], Awaitable[T]]) -> T | None:
        """What a call on the serving collection gives; None where there is none."""
        held = await self._record_held()
        if held is None:
            return None
        try:
            return await call(self._points_of(held))
        except CollectionGone:
            self._read_at = float("-inf")
            held = await self._record_held()
            return None if held is None else await call(self._points_of(held))

    async def _record_held(self) -> IndexRecord | None:
        """What built the serving collection, as of a few seconds ago.

        Raises: IndexMismatch.
        """
        if self._held is None or time.monotonic() - self._read_at > _RECORD_AGE_S:
            if self._reading is None:
                self._reading = asyncio.create_task(self._read_record())
            # Shielded: the calls of others wait for the same answer as a cancelled one's.
            await asyncio.shield(self._reading)
        held = self._held
        if held is not None and self._wanted is not None and held != self._wanted:
            raise mismatch(held, self._wanted)
        return held

    async def _read_record(self) -> None:
        try:
            self._know(await self._collections.record())
        finally:
            self._reading = None

    def _know(self, held: IndexRecord | None) -> None:
        self._held = held
        self._read_at = time.monotonic()

    def _points_of(self, record: IndexRecord, name: str | None = None) -> QdrantPoints:
        collection = self._collections.alias if name is None else name
        return QdrantPoints(self._connection, self._settings, collection, record.dimension)
