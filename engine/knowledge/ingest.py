"""Sources into knowledge: what is new is read, what is gone disappears, the rest costs nothing."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.clock import Clock
from engine.errors import SourceUnreadable
from engine.knowledge.chunk import CHUNKER_VERSION
from engine.knowledge.embedded_text import EMBEDDED_TEXT_VERSION
from engine.knowledge.forgetting import Forgotten, forget_source
from engine.knowledge.own_audience import OwnAudience
from engine.knowledge.parser import Parser
from engine.knowledge.progress import Summary, Watch
from engine.knowledge.repair import repair_index
from engine.knowledge.source import Listing, list_source
from engine.knowledge.source_run import SourceRun
from engine.knowledge.source_tags import SourceTags
from engine.retrieval.embedder import Embedder
from engine.retrieval.index import IndexRecord, SearchIndex
from engine.retrieval.lexical import LEXICAL_VERSION
from engine.storage.documents import DocumentStore
from engine.storage.passages import PassageStore
from engine.storage.sources import SourceStore
from engine.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """Brings sources into the knowledge of one tenant.

    Safe to interrupt at any point and to run beside others: a document's new version goes live
    in one transaction after its points are on disk, and a run that finds a document published by
    another lets it be.

    private_hosts: hosts of this network that sites are read from.
    own_audience: what a document's own statement of its readers counts beside its source's.
    """

    tenant: str
    parser: Parser
    embedder: Embedder
    index: SearchIndex
    documents: DocumentStore
    passages: PassageStore
    sources: SourceStore
    clock: Clock
    max_bytes: int
    parallel_parses: int
    private_hosts: tuple[str, ...] = ()
    own_audience: OwnAudience = OwnAudience.DECIDES

    def index_record(self) -> IndexRecord:
        """What this program builds an index with."""
        return index_record(self.embedder)

    async def run(
        self,
        source: str,
        audience: tuple[str, ...],
        watch: Watch,
        trust: Trust | None = None,
    ) -> Summary:
        """Ingests one source.

        audience, trust: tags and tier of its documents from now on; empty and None leave a known
        source those it has, and give a new one those of the source it lies in.

        Raises: SourceUnreadable before anything is changed; IndexMismatch, IndexUnavailable,
        StorageUnavailable, ModelUnavailable in the middle, with all that was published kept.
        """
        listing = await asyncio.to_thread(
            list_source, source, (), self.max_bytes, self.private_hosts
        )
        await self._refuse_lost_sitemap(listing)
        return await self.run_listed(listing, audience, watch, trust)

    async def run_listed(
        self,
        listing: Listing,
        audience: tuple[str, ...],
        watch: Watch,
        trust: Trust | None = None,
    ) -> Summary:
        """As `run`, over a source that somebody else has listed."""
        started = time.monotonic()
        await self.index.start(self.index_record())
        await self.repair()
        source_id = await self.sources.add(
            self.tenant, listing.uri, audience, at=self.clock(), trust=trust
        )
        tags = SourceTags(await self.sources.all(self.tenant))
        known = await self.documents.known(self.tenant)
        run = SourceRun(self, listing, source_id, known, tags, watch)
        await run.narrow_readers()
        with tempfile.TemporaryDirectory(prefix="deskhand-") as folder:
            await run.read_all(Path(folder))
        await run.remove_missing()
        run.summary.ignored = listing.ignored
        run.summary.failed.sort(key=lambda failure: failure.name)
        await self.sources.finish(self.tenant, source_id, run.summary.failed, at=self.clock())
        run.summary.seconds = time.monotonic() - started
        return run.summary

    async def _refuse_lost_sitemap(self, listing: Listing) -> None:
        """A site that had pages and shows only its first one has not said that they are gone."""
        if not listing.without_sitemap:
            return
        before = await self.sources.all(self.tenant)
        if any(s.uri == listing.uri and s.documents > 1 for s in before):
            raise SourceUnreadable(
                f"{listing.uri} was read by its sitemap and shows none now, so that its pages are "
                "unknown; run the command again later, or remove it by `deskhand sources --remove`"
            )

    async def forget(self, source_id: str) -> Forgotten:
        """Removes a source with what it alone holds; see `engine.knowledge.forgetting`."""
        return await forget_source(
            self.tenant,
            source_id,
            index=self.index,
            documents=self.documents,
            sources=self.sources,
            clock=self.clock,
        )

    async def drop(self, is_gone: Callable[[str], bool]) -> int:
        """Removes the documents of these uris ahead of any run; how many there were.

        Raises: IndexUnavailable, StorageUnavailable.
        """
        known = await self.documents.known(self.tenant)
        ids = [document.id for uri, document in known.items() if is_gone(uri)]
        if ids:
            versions = await self.documents.remove(self.tenant, ids)
            await self.index.delete_versions(self.tenant, versions)
            await self.index.flush()
        return len(ids)

    async def repair(self) -> None:
        """Makes the index hold the live versions, whole; see `engine.knowledge.repair`."""
        await repair_index(
            self.tenant,
            embedder=self.embedder,
            index=self.index,
            documents=self.documents,
            passages=self.passages,
        )


def index_record(embedder: Embedder) -> IndexRecord:
    """What an index of this embedder and this program's chunker is built with."""
    return IndexRecord(
        embedder=embedder.name,
        embedder_version=embedder.version,
        dimension=embedder.dimension,
        chunker_version=f"{CHUNKER_VERSION}.{EMBEDDED_TEXT_VERSION}",
        lexical_version=LEXICAL_VERSION,
    )
