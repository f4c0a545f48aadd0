"""One run over a source: what is new is read, what is gone disappears, the rest costs nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.clock import Clock
from engine.errors import DeskhandError, DocumentUnreadable, SourceUnreadable
from engine.knowledge.chunk import CHUNKER_VERSION
from engine.knowledge.document import RawDocument
from engine.knowledge.embedded_text import EMBEDDED_TEXT_VERSION
from engine.knowledge.parser import Parser
from engine.knowledge.prepare import Chunked, chunk
from engine.knowledge.publisher import PublishedGroup, Publisher
from engine.knowledge.repair import repair_index
from engine.knowledge.source import Found, Listing, Unreadable, list_source
from engine.retrieval.embedder import Embedder
from engine.retrieval.index import IndexRecord, SearchIndex
from engine.retrieval.lexical import LEXICAL_VERSION
from engine.storage.documents import DocumentStore, Known
from engine.storage.passages import PassageStore
from engine.storage.sources import Failure, SourceStore
from engine.tasks import as_one, in_thread

log = logging.getLogger(__name__)

_LISTED_AHEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands. listed: documents seen so far; complete: there are no more.

    done: of those, the ones dealt with. passages: published so far. current: a name, or "".
    """

    listed: int
    complete: bool
    done: int
    passages: int
    current: str


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a run did, by document. passages: published by this run; ignored: no documents."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Failure] = field(default_factory=list)
    passages: int = 0
    ignored: int = 0
    tokens: int = 0
    seconds: float = 0.0


Watch = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """Brings sources into the knowledge of one tenant.

    Safe to interrupt at any point and to run beside others: a document's new version goes live
    in one transaction after its points are on disk, and a run that finds a document published by
    another lets it be.
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

    def index_record(self) -> IndexRecord:
        """What this program builds an index with."""
        return index_record(self.embedder)

    async def run(self, source: str, audience: tuple[str, ...], watch: Watch) -> Summary:
        """Ingests one source.

        Raises: SourceUnreadable before anything is changed; IndexMismatch, IndexUnavailable,
        StorageUnavailable, ModelUnavailable in the middle, with all that was published kept.
        """
        started = time.monotonic()
        listing = await asyncio.to_thread(list_source, source, audience, self.max_bytes)
        await self._refuse_lost_sitemap(listing)
        await self.index.start(self.index_record())
        await self.repair()
        source_id = await self.sources.add(self.tenant, listing.uri, audience, at=self.clock())
        run = _Run(self, listing, source_id, await self.documents.known(self.tenant), watch)
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

    async def forget(self, source_id: str) -> int:
        """Removes a source with all its documents; returns how many there were."""
        ids = await self.documents.ids_of_source(self.tenant, source_id)
        versions = await self.documents.remove(self.tenant, ids)
        await self.index.delete_versions(self.tenant, versions)
        await self.index.flush()
        await self.sources.remove(self.tenant, source_id)
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


class _Run:
    """The state of one run."""

    def __init__(
        self,
        ingestion: Ingestion,
        listing: Listing,
        source_id: str,
        known: dict[str, Known],
        watch: Watch,
    ) -> None:
        self.summary = Summary()
        self._in = ingestion
        self._listing = listing
        self._source_id = source_id
        self._known = known
        self._watch = watch
        self._seen: set[str] = set()
        self._adopted: dict[str, str] = {}
        self._listed = 0
        self._complete = False
        self._done = 0

    async def read_all(self, folder: Path) -> None:
        """Reads and publishes; the stages of several documents overlap, memory stays bounded."""
        parsed: asyncio.Queue[Chunked | None] = asyncio.Queue(maxsize=32)
        publisher = Publisher(
            tenant=self._in.tenant,
            source_id=self._source_id,
            embedder=self._in.embedder,
            index=self._in.index,
            documents=self._in.documents,
            passages=self._in.passages,
            clock=self._in.clock,
        )
        async with as_one() as tasks:
            tasks.create_task(self._parse_all(folder, parsed))
            tasks.create_task(publisher.run(parsed, self._count))
        if self._adopted:
            await self._in.documents.adopt(self._in.tenant, self._source_id, self._adopted)

    async def remove_missing(self) -> None:
        """Removes documents of this source that it no longer holds.

        Also those in its folder that no longer exist, though another source read them last.
        """
        is_local = self._listing.filesystem is None  # elsewhere only a listing of its own can say
        inside = f"{self._listing.uri}{os.sep}"
        gone = [
            known
            for uri, known in self._known.items()
            if uri not in self._seen
            and self._listing.was_listed(uri)
            and (
                known.source_id == self._source_id
                or (is_local and uri.startswith(inside) and not _on_disk(uri))
            )
        ]
        if not gone:
            return
        versions = await self._in.documents.remove(self._in.tenant, [k.id for k in gone])
        await self._in.index.delete_versions(self._in.tenant, versions)
        await self._in.index.flush()
        self.summary.removed += len(gone)

    async def _parse_all(self, folder: Path, out: asyncio.Queue[Chunked | None]) -> None:
        found_ones = in_thread(self._listing.items, ahead=_LISTED_AHEAD)
        slots = asyncio.Semaphore(self._in.parallel_parses)
        async with as_one() as tasks:
            async for item in found_ones:
                self._listed += 1
                if isinstance(item, Unreadable):
                    self._seen.add(item.uri)
                    self._hold_rows(item)
                    self._fail(item.uri, item.name, item.reason)
                    continue
                if item.uri in self._seen:
                    continue
                self._seen.add(item.uri)
                if self._is_unchanged(item):
                    continue
                await slots.acquire()
                task = tasks.create_task(self._parse(item, folder, out))
                task.add_done_callback(lambda _: slots.release())
            self._complete = True
        self._report("")
        await out.put(None)

    def _hold_rows(self, bad: Unreadable) -> None:
        """Nothing of a corpus with a bad row counts as removed: it may be the row that broke."""
        corpus = bad.uri.removesuffix(bad.name)
        if corpus.endswith("#") and corpus not in self._listing.unlisted:
            self._listing.unlisted.append(corpus)

    def _is_unchanged(self, found: Found) -> bool:
        known = self._known.get(found.uri)
        if known is None or known.content_hash != self._stamp(found.document):
            return False
        if known.source_id != self._source_id or known.name != found.document.name:
            self._adopted[known.id] = found.document.name
        self.summary.unchanged += 1
        self._done += 1
        self._report(found.document.name)
        return True

    def _stamp(self, document: RawDocument) -> str:
        """The content's hash together with the version of what reads it."""
        if not document.content_hash:
            return ""
        return f"{document.content_hash[:48]}-{self._in.parser.version[:15]}"

    async def _parse(self, found: Found, folder: Path, out: asyncio.Queue[Chunked | None]) -> None:
        name = found.document.name
        raw = found.document
        try:
            if found.remote_path is not None:
                raw = await asyncio.to_thread(
                    self._listing.fetch, found, folder, self._in.max_bytes
                )
                if self._is_unchanged(replace(found, document=raw)):
                    return
            parsed = await self._in.parser.parse(raw)
            raw = replace(raw, content_hash=self._stamp(raw))
            chunked = await asyncio.to_thread(chunk, found.uri, raw, parsed, self._in.embedder)
        except DocumentUnreadable as error:
            self._fail(found.uri, name, str(error))
            return
        except DeskhandError:
            raise
        except Exception as error:  # a document that breaks must not keep the others out
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.warning(
                "%s broke its reading: %s at %s:%s",
                name,
                type(error).__name__,
                Path(where.filename).name,
                where.lineno,
            )
            self._fail(found.uri, name, _broke(name, error))
            return
        finally:
            if found.remote_path is not None and raw.path is not None:
                with contextlib.suppress(OSError):
                    raw.path.unlink()
        self._report(name)
        await out.put(chunked)

    def _count(self, group: PublishedGroup) -> None:
        self.summary.added += group.added
        self.summary.changed += group.changed
        self.summary.unchanged += group.unchanged
        self.summary.passages += group.passages
        self.summary.tokens += group.tokens
        self._done += group.added + group.changed + group.unchanged
        self._report(group.last_name)

    def _fail(self, uri: str, name: str, reason: str) -> None:
        self.summary.failed.append(Failure(uri=uri, name=name, reason=reason))
        self._done += 1
        self._report(name)

    def _report(self, current: str) -> None:
        self._watch(
            Progress(
                listed=self._listed,
                complete=self._complete,
                done=self._done,
                passages=self.summary.passages,
                current=current,
            )
        )


def _on_disk(uri: str) -> bool:
    """True while the file, or the corpus whose row it is, exists."""
    return os.path.lexists(uri) or os.path.lexists(uri.rpartition("#")[0])


def _broke(name: str, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"{name} is nested too deeply to be read"
    kind = type(error).__name__
    return f"{name} cannot be read ({kind}); save it in another format and ingest that"
