"""Documents cut into passages go live, group by group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.clock import Clock
from engine.knowledge.prepare import Chunked, Embedded, assemble, embed_group
from engine.retrieval.embedder import Embedder
from engine.retrieval.index import SearchIndex
from engine.storage.documents import DocumentStore
from engine.storage.passages import PassageStore
from engine.tasks import as_one

_GROUP_PASSAGES = 256
"""Passages embedded and published together; also Edge's largest good upsert."""

_FIRST_GROUP_PASSAGES = 16
"""The first group, doubled with each up to the full size, so that who watches soon sees some."""

_GROUP_WAIT_S = 2.0
"""A group that is not full is published anyway when no document came for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedGroup:
    """Documents that just went live, counted. unchanged: another run had published them already.

    passages: points written. tokens: word pieces embedded. last_name: of its last document.
    """

    added: int
    changed: int
    unchanged: int
    passages: int
    tokens: int
    last_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Embeds the documents of one source and makes them live.

    The embedder works on one group while the one before is stored and the next one is read, so
    that it seldom waits; five groups at most are in memory. A document's new version goes live in
    one transaction, after its points are on disk.
    """

    tenant: str
    source_id: str
    embedder: Embedder
    index: SearchIndex
    documents: DocumentStore
    passages: PassageStore
    clock: Clock

    async def run(
        self, parsed: asyncio.Queue[Chunked | None], tell: Callable[[PublishedGroup], None]
    ) -> None:
        """Publishes what the queue holds until its None; tells of each group once it is live.

        Raises: ModelUnavailable, IndexMismatch, IndexUnavailable, StorageUnavailable, with every
        group told of kept and nothing of the others.
        """
        gathered: asyncio.Queue[list[Chunked] | None] = asyncio.Queue(maxsize=1)
        embedded: asyncio.Queue[Embedded | None] = asyncio.Queue(maxsize=1)
        async with as_one() as tasks:
            tasks.create_task(self._gather_all(parsed, gathered))
            tasks.create_task(self._embed_all(gathered, embedded))
            tasks.create_task(self._publish_all(embedded, tell))

    async def _gather_all(
        self, parsed: asyncio.Queue[Chunked | None], out: asyncio.Queue[list[Chunked] | None]
    ) -> None:
        group: list[Chunked] = []
        wanted = min(_FIRST_GROUP_PASSAGES, _GROUP_PASSAGES)
        last = False
        while not last:
            item: Chunked | None = None
            try:
                async with asyncio.timeout(_GROUP_WAIT_S):
                    item = await parsed.get()
                last = item is None
            except TimeoutError:
                if group:
                    await out.put(group)
                    group = []
                continue
            if item is not None:
                group.append(item)
            if group and (last or sum(len(c.passages) for c in group) >= wanted):
                await out.put(group)
                group = []
                wanted = min(2 * wanted, _GROUP_PASSAGES)
        await out.put(None)

    async def _embed_all(
        self, gathered: asyncio.Queue[list[Chunked] | None], out: asyncio.Queue[Embedded | None]
    ) -> None:
        while (group := await gathered.get()) is not None:
            await out.put(await self._embed(group))
        await out.put(None)

    async def _embed(self, group: Sequence[Chunked]) -> Embedded:
        return await embed_group(self.tenant, group, embedder=self.embedder, store=self.passages)

    async def _publish_all(
        self, embedded: asyncio.Queue[Embedded | None], tell: Callable[[PublishedGroup], None]
    ) -> None:
        while (group := await embedded.get()) is not None:
            tell(await self._publish(group))

    async def _publish(self, group: Embedded) -> PublishedGroup:
        prepared = await asyncio.to_thread(
            assemble, group, source_id=self.source_id, ingested_at=self.clock()
        )
        for start in range(0, len(prepared.points), _GROUP_PASSAGES):
            await self.index.upsert(self.tenant, prepared.points[start : start + _GROUP_PASSAGES])
        await self.index.flush()
        published = await self.documents.publish(self.tenant, prepared.versions)
        if published.superseded:
            await self.index.delete_versions(self.tenant, published.superseded)
        done = len(published.added) + len(published.changed)
        return PublishedGroup(
            added=len(published.added),
            changed=len(published.changed),
            unchanged=len(prepared.versions) - done,
            passages=len(prepared.points),
            tokens=prepared.tokens,
            last_name=prepared.versions[-1].document.name,
        )
