"""A collection that is built beside the one that serves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from engine.adapters.qdrant_connection import QdrantConnection
from engine.adapters.qdrant_points import TENANT, QdrantPoints
from engine.retrieval.index import IndexPoint

_PAGE = 256
"""Points read at once, with their vectors."""


class QdrantRebuild:
    """The port `engine.retrieval.index.IndexRebuild`.

    old: the collection that serves, where it was built alike; None: nothing can be kept of it.
    switch: lets the new one serve.
    """

    def __init__(
        self,
        connection: QdrantConnection,
        fresh: QdrantPoints,
        *,
        old: str | None,
        switch: Callable[[], Awaitable[None]],
    ) -> None:
        self._connection = connection
        self._fresh = fresh
        self._old = old
        self.serve = switch

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """See the port."""
        await self._fresh.upsert(tenant, points)

    async def keep_others(self, tenant: str) -> None:
        """See the port. What they write between this and the switch is missing from the new
        collection until their next ingestion, or next start, repairs it."""
        if self._old is None:
            return
        from qdrant_client import models

        mine = models.FieldCondition(key=TENANT, match=models.MatchValue(value=tenant))
        others = models.Filter(must_not=[mine])
        old, offset = self._old, None
        while True:
            records, offset = await self._connection.write(
                lambda client, offset=offset: client.scroll(  # type: ignore[misc]
                    old,
                    scroll_filter=others,
                    limit=_PAGE,
                    offset=offset,
                    with_payload=True,
                    with_vectors=True,
                )
            )
            points = [
                models.PointStruct(id=r.id, vector=r.vector or {}, payload=r.payload)
                for r in records
            ]
            if points:
                await self._fresh.write_raw(points)
            if offset is None:
                return
