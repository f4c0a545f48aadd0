"""Passages and documents that questions of late looked at, while the knowledge stays the same."""

from __future__ import annotations

from collections.abc import Sequence

from engine.audience import Audience
from engine.retrieval.cache import CacheState, LruCache
from engine.retrieval.passage import Candidate, DocumentVectors, LivePassage
from engine.storage.passages import PassageStore
from engine.storage.term_statistics import TermStatistics

_Key = tuple[str, int, str]
"""Tenant, revision of its knowledge, id. While the knowledge stays at one revision, a passage once
found live stays so, and is not asked for again."""


class PassageMemory:
    """Reads through to the database; holds at most so many bytes. Raises StorageUnavailable."""

    def __init__(
        self, passages: PassageStore, statistics: TermStatistics, *, capacity_bytes: int
    ) -> None:
        self._passages = passages
        self._statistics = statistics
        self._vectors: LruCache[_Key, Candidate] = LruCache(capacity_bytes // 2, _size)
        self._documents: LruCache[_Key, DocumentVectors] = LruCache(
            capacity_bytes // 4, _document_size
        )
        self._texts: LruCache[_Key, LivePassage] = LruCache(capacity_bytes // 4, _text_size)

    def caches(self) -> dict[str, CacheState]:
        """State of each cache by name."""
        return {
            "passage_vectors": self._vectors.state(),
            "document_vectors": self._documents.state(),
            "passage_texts": self._texts.state(),
        }

    async def documents(
        self, ids: Sequence[str], tenant: str, revision: int
    ) -> dict[str, DocumentVectors]:
        """What ranking reads of these documents, by id."""
        found: dict[str, DocumentVectors] = {}
        unchecked: list[str] = []
        for document_id in ids:
            kept = self._documents.get((tenant, revision, document_id))
            if kept is None:
                unchecked.append(document_id)
            else:
                found[document_id] = kept
        if unchecked:
            for document_id, vectors in (
                await self._statistics.documents(tenant, unchecked)
            ).items():
                self._documents.put((tenant, revision, document_id), vectors)
                found[document_id] = vectors
        return found

    async def candidates(
        self, ids: Sequence[str], tenant: str, audience: Audience, revision: int
    ) -> dict[str, Candidate]:
        """Those that are live and readable now, whatever the index still holds, in the order
        given."""
        found = await self.vectors(ids, tenant, revision)
        return {i: c for i in ids if (c := found.get(i)) and audience.may_read(c.audience)}

    async def vectors(self, ids: Sequence[str], tenant: str, revision: int) -> dict[str, Candidate]:
        """Those that are live, whoever may read them."""
        found: dict[str, Candidate] = {}
        unchecked: list[str] = []
        for passage_id in ids:
            kept = self._vectors.get((tenant, revision, passage_id))
            if kept is None:
                unchecked.append(passage_id)
            else:
                found[passage_id] = kept
        if unchecked:
            more = await self._passages.candidates(tenant, unchecked)
            for passage_id, candidate in more.items():
                self._vectors.put((tenant, revision, passage_id), candidate)
            found |= more
        return found

    async def texts(
        self, ids: Sequence[str], tenant: str, audience: Audience, revision: int
    ) -> dict[str, LivePassage]:
        """What answers quote of these passages, live and readable ones only."""
        found = await self.live(ids, tenant, revision)
        return {i: p for i, p in found.items() if audience.may_read(p.audience)}

    async def live(self, ids: Sequence[str], tenant: str, revision: int) -> dict[str, LivePassage]:
        """The same of all that are live, whoever may read them."""
        found: dict[str, LivePassage] = {}
        unchecked: list[str] = []
        for passage_id in ids:
            kept = self._texts.get((tenant, revision, passage_id))
            if kept is None:
                unchecked.append(passage_id)
            else:
                found[passage_id] = kept
        if unchecked:
            for passage_id, passage in (await self._passages.live(tenant, unchecked)).items():
                self._texts.put((tenant, revision, passage_id), passage)
                found[passage_id] = passage
        return found


def _size(candidate: Candidate) -> int:
    v = candidate.vectors
    return 600 + v.dense.nbytes + v.sentences.nbytes + v.terms.nbytes + v.title_terms.nbytes


def _document_size(vectors: DocumentVectors) -> int:
    v = vectors
    return 500 + v.centroid.nbytes + v.terms.nbytes + v.counts.nbytes + v.title_terms.nbytes


def _text_size(passage: LivePassage) -> int:
    return 800 + 2 * len(passage.passage.text) + 200 * len(passage.passage.sentences)
