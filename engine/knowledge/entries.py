"""Live entries as documents of the knowledge base, so that answers find and cite them.

The table of entries is the truth: after each change its document is brought up to date, and on
start all of them are, by whoever opens the knowledge. Nothing is listed anew for one entry.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from engine.clock import Clock
from engine.containment import citable_url, contained_label
from engine.knowledge.answer_text import ANSWER_TEXT_VERSION, answer_passage, asked
from engine.knowledge.document import RawDocument
from engine.knowledge.ingest import Ingestion
from engine.knowledge.prepare import Chunked, assemble, embed_group, embedded_texts
from engine.storage.document_rows import Known
from engine.storage.entries import EntryStore
from engine.storage.entry import Entry

ANSWERS = "deskhand://answers"
"""The source of all entries."""

_GROUP = 64
_LONGEST_TITLE = 500


def uri_of(entry_id: str) -> str:
    """The address under which an entry's document is known."""
    return f"{ANSWERS}/{entry_id}"


def byline_of(entry: Entry) -> str:
    """How an entry is cited."""
    when = entry.confirmed_at or entry.made_at
    return f"Answered by {entry.author} on {when.day} {when:%B %Y}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryKnowledge:
    """Keeps one tenant's documents as its entries are. Safe to interrupt and to run beside others.

    tenant: of the entries; the documents are the ingestion's.
    """

    tenant: str
    entries: EntryStore
    clock: Clock

    async def bring_all(self, ingestion: Ingestion) -> int:
        """Makes the documents be the entries that are used now; how many changed.

        Raises: IndexMismatch, IndexUnavailable, StorageUnavailable, ModelUnavailable.
        """
        used = await self.entries.used(self.tenant, self.clock())
        known = await ingestion.documents.known_in(ingestion.tenant, ANSWERS)
        if not used and not known:
            return 0
        named = {uri_of(entry.id) for entry in used}
        gone = [document for uri, document in known.items() if uri not in named]
        await self._remove(ingestion, gone)
        fresh = [
            entry
            for entry in used
            if uri_of(entry.id) not in known or known[uri_of(entry.id)].content_hash != _hash(entry)
        ]
        if fresh:
            source = await ingestion.sources.add(ingestion.tenant, ANSWERS, (), at=self.clock())
            for start in range(0, len(fresh), _GROUP):
                await self._publish(ingestion, source, fresh[start : start + _GROUP])
            await ingestion.sources.finish(ingestion.tenant, source, (), at=self.clock())
        return len(gone) + len(fresh)

    async def bring(self, ingestion: Ingestion, entry_id: str) -> None:
        """The same for one entry; looks at nothing else.

        Raises: as `bring_all`.
        """
        entry = await self.entries.get(self.tenant, entry_id)
        uri = uri_of(entry_id)
        known = await ingestion.documents.known_at(ingestion.tenant, uri)
        if entry is None or not entry.is_used(self.clock()):
            await self._remove(ingestion, [known] if known else [])
        elif known is None or known.content_hash != _hash(entry):
            source = await ingestion.sources.add(ingestion.tenant, ANSWERS, (), at=self.clock())
            await self._publish(ingestion, source, [entry])
            await ingestion.sources.finish(ingestion.tenant, source, (), at=self.clock())
        else:
            return
        now = await self.entries.get(self.tenant, entry_id)
        if now != entry:  # changed meanwhile, by whom this document may have been overtaken
            await self.bring(ingestion, entry_id)

    async def _remove(self, ingestion: Ingestion, gone: Sequence[Known]) -> None:
        if gone:
            versions = await ingestion.documents.remove(ingestion.tenant, [d.id for d in gone])
            await ingestion.index.delete_versions(ingestion.tenant, versions)
            await ingestion.index.flush()

    async def _publish(self, ingestion: Ingestion, source: str, group: Sequence[Entry]) -> None:
        chunked = [await asyncio.to_thread(_chunk, entry, ingestion) for entry in group]
        embedded = await embed_group(
            ingestion.tenant, chunked, embedder=ingestion.embedder, store=ingestion.passages
        )
        prepared = await asyncio.to_thread(
            assemble, embedded, source_id=source, ingested_at=self.clock()
        )
        await ingestion.index.upsert(ingestion.tenant, prepared.points)
        await ingestion.index.flush()
        published = await ingestion.documents.publish(ingestion.tenant, prepared.versions)
        if published.superseded:
            await ingestion.index.delete_versions(ingestion.tenant, published.superseded)


def _hash(entry: Entry) -> str:
    parts = (
        ANSWER_TEXT_VERSION,
        entry.question,
        entry.answer,
        byline_of(entry),
        ",".join(entry.audience),
        entry.category or "",
        entry.permalink or "",
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _chunk(entry: Entry, ingestion: Ingestion) -> Chunked:
    title = asked(entry.question)[:_LONGEST_TITLE]
    passage = answer_passage(
        entry.question, entry.answer, count_tokens=ingestion.embedder.count_tokens
    )
    uri = uri_of(entry.id)
    return Chunked(
        uri=uri,
        raw=RawDocument(name=uri, content_hash=_hash(entry), modified_at=entry.made_at),
        title=title,
        url=citable_url(entry.permalink) if entry.permalink else None,
        category=contained_label(entry.category),
        audience=entry.audience,
        passages=(passage,),
        texts=(embedded_texts(title, passage),),
        byline=byline_of(entry),
    )
