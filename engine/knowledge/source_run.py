"""One run over one source: documents are listed, read, published, and removed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DeskhandError, DocumentEmpty, DocumentForNobody, DocumentUnreadable
from engine.knowledge.document import RawDocument
from engine.knowledge.forgetting import exists
from engine.knowledge.names import spoken_name
from engine.knowledge.own_audience import OwnAudience, heeded
from engine.knowledge.prepare import Chunked, chunk
from engine.knowledge.progress import Progress, Summary, Watch
from engine.knowledge.publisher import PublishedGroup, Publisher
from engine.knowledge.rights import narrow, remaining_readers, stamp
from engine.knowledge.source import Found, Listing, Unreadable
from engine.knowledge.source_tags import GivenTags, SourceTags
from engine.knowledge.source_uri import lies_in
from engine.storage.document_rows import Known
from engine.storage.sources import Failure
from engine.tasks import as_one, in_thread
from engine.trust import Trust

if TYPE_CHECKING:
    from engine.knowledge.ingest import Ingestion

log = logging.getLogger(__name__)

_LISTED_AHEAD = 4096
_TIER_MARKS = {Trust.OFFICIAL: "f", Trust.TEAM: "", Trust.OPEN: "o"}


class SourceRun:
    """The state of one run."""

    def __init__(
        self,
        ingestion: Ingestion,
        listing: Listing,
        source_id: str,
        known: dict[str, Known],
        tags: SourceTags,
        watch: Watch,
    ) -> None:
        self.summary = Summary()
        self._in = ingestion
        self._listing = listing
        self._source_id = source_id
        self._known = known
        self._tags = tags
        self._watch = watch
        self._seen: set[str] = set()
        self._read: set[str] = set()
        self._emptied: set[str] = set()
        self._adopted: dict[str, str] = {}
        self._listed = 0
        self._complete = False
        self._done = 0

    async def narrow_readers(self) -> None:
        """Before anything is read: live versions leave those for whom their source is no more.

        So nobody goes on reading what could not be read anew, be it that this run ends early.
        """
        changes = [
            (self._known[uri], left) for uri, left in self._to_narrow(self._scope()).items() if left
        ]
        await narrow(self._in.tenant, changes, index=self._in.index, documents=self._in.documents)

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
        """Removes documents of this source that it no longer holds, or that hold nothing any more.

        Also those in its folder that no longer exist, though another source read them last, and
        old versions that could not be read anew and that nobody is sure to be meant by.
        """
        scope = self._scope()
        gone = {
            uri
            for uri in scope
            if uri not in self._seen
            and self._listing.was_listed(uri)
            and (self._known[uri].source_id == self._source_id or not exists(uri))
        }
        gone |= (self._emptied & self._known.keys()) - self._read
        kept = (scope | (self._seen & self._known.keys())) - gone - self._read
        unsure = self._to_narrow(kept)
        gone |= {uri for uri, left in unsure.items() if not left}
        await narrow(
            self._in.tenant,
            [(self._known[uri], left) for uri, left in unsure.items() if left],
            index=self._in.index,
            documents=self._in.documents,
        )
        if not gone:
            return
        ids = [self._known[uri].id for uri in gone]
        versions = await self._in.documents.remove(self._in.tenant, ids)
        await self._in.index.delete_versions(self._in.tenant, versions)
        await self._in.index.flush()
        self.summary.removed += len(gone)

    def _scope(self) -> set[str]:
        """Known documents that are this source's or lie in it."""
        return {
            uri
            for uri, known in self._known.items()
            if known.source_id == self._source_id or lies_in(uri, self._listing.uri)
        }

    def _to_narrow(self, uris: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The documents whose live version must leave readers, with the tags left to each."""
        changes = {}
        for uri in uris:
            left = remaining_readers(self._known[uri], self._given(uri).tags)
            if left is not None:
                changes[uri] = left
        return changes

    def _given(self, uri: str) -> GivenTags:
        return self._tags.of(uri, self._held_by(uri))

    def _held_by(self, uri: str) -> set[str | None]:
        known = self._known.get(uri)
        held_by: set[str | None] = {known.source_id} if known else set()
        if known is None or uri in self._seen:
            held_by.add(self._source_id)
        return held_by

    def _keeper(self, uri: str) -> Known | None:
        """The document as known, where it stays with another source: the one whose tags it bears.

        Else a document belongs to the source that read it last.
        """
        known = self._known.get(uri)
        if known is None or known.source_id == self._source_id:
            return None
        return known if self._given(uri).source_id == known.source_id else None

    async def _parse_all(self, folder: Path, out: asyncio.Queue[Chunked | None]) -> None:
        found_ones = in_thread(self._listing.items, ahead=_LISTED_AHEAD)
        slots = asyncio.Semaphore(self._in.parallel_parses)
        async with as_one() as tasks:
            async for item in found_ones:
                self._listed += 1
                if isinstance(item, Unreadable):
                    if item.emptied is not None:
                        self._emptied.add(item.emptied)
                        self._fail(item.uri, item.name, item.reason)
                        continue
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
        if known is None or known.content_hash != self._stamp(found):
            return False
        mine = known.source_id == self._source_id
        if (mine and known.name != found.document.name) or not (mine or self._keeper(found.uri)):
            self._adopted[known.id] = found.document.name
        self._read.add(found.uri)
        self.summary.unchanged += 1
        self._done += 1
        self._report(found.document.name)
        return True

    def _stamp(self, found: Found) -> str:
        """What the document's version is made of; empty while its content is not known."""
        if not found.document.content_hash:
            return ""
        tags = self._given(found.uri).tags
        # Another tier has the document read anew, as it decides what is kept of it.
        tier = self._tags.trust_of(found.uri, self._held_by(found.uri))
        reader = f"{_TIER_MARKS[tier]}{self._in.parser.version}"
        return stamp(found.document.content_hash, tags, reader)

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
            settled, parsed = heeded(self._in.own_audience, self._settled(found.uri, raw), parsed)
            chunked = await asyncio.to_thread(chunk, found.uri, settled, parsed, self._in.embedder)
            if keeper := self._keeper(found.uri):
                chunked = replace(chunked, source_id=keeper.source_id)
        except DocumentUnreadable as error:
            if isinstance(error, DocumentEmpty | DocumentForNobody):
                self._emptied.add(found.uri)
            self._fail(found.uri, name, str(error), retryable=error.retryable)
            return
        except DeskhandError:
            raise
        except Exception as error:  # a document that breaks must not keep the others out
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.warning(
                "%s broke its reading: %s at %s:%s",
                spoken_name(name),
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
        self._read.add(found.uri)
        self.summary.warnings += chunked.warnings
        await out.put(chunked)

    def _settled(self, uri: str, raw: RawDocument) -> RawDocument:
        """The document with its stamp, its source's tags, and the name its source knows it by."""
        keeper = self._keeper(uri)
        decides = self._in.own_audience is OwnAudience.DECIDES
        return replace(
            raw,
            name=keeper.name if keeper else raw.name,
            content_hash=self._stamp(Found(uri=uri, document=raw)),
            audience=(raw.audience if decides else ()) or self._given(uri).tags,
            trust=self._tags.trust_of(uri, self._held_by(uri)),
        )

    def _count(self, group: PublishedGroup) -> None:
        self.summary.added += group.added
        self.summary.changed += group.changed
        self.summary.unchanged += group.unchanged
        self.summary.passages += group.passages
        self.summary.tokens += group.tokens
        self._done += group.added + group.changed + group.unchanged
        self._report(group.last_name)

    def _fail(self, uri: str, name: str, reason: str, *, retryable: bool = False) -> None:
        failure = Failure(uri=uri, name=name, reason=reason, retryable=retryable)
        self.summary.failed.append(failure)
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


def _broke(name: str, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"{spoken_name(name)} is nested too deeply to be read"
    kind = type(error).__name__
    return f"{spoken_name(name)} cannot be read ({kind}); save it in another format and ingest that"
