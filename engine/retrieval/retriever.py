"""From a question to ranked passages within what its audience may read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audience import Audience
from engine.retrieval.cache import CacheState, LruCache
from engine.retrieval.embedder import Embedder
from engine.retrieval.hit import Hit
from engine.retrieval.index import IndexAnswer, IndexQuery, SearchIndex
from engine.retrieval.passage import Candidate, DocumentVectors, LivePassage
from engine.retrieval.query import QueryTexts, query_terms
from engine.retrieval.ranking import Ranked, RankingQuery, rank
from engine.retrieval.weights import TermWeigher
from engine.storage.passages import PassageStore
from engine.storage.term_statistics import TermStatistics
from engine.trace import Retrieved

_SHOWN_DOCUMENTS = 10
_DEEPEST = 1600
"""Most candidates of one search, when the nearest ones belong to too few documents."""

_SHORT_TEXT = 1000
"""Characters whose word pieces are counted without the detour of a thread, in some 20 us."""

_PassageKey = tuple[str, int, str]
"""Tenant, revision of its knowledge, passage id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """What was found.

    hits: best first, near-duplicates collapsed, at most `top_k`. neighbours: passages next to a
    hit in its document, by (document id, ordinal). retrieved: the best passage of each document
    before near-duplicates collapse. query_vector: of the whole question.
    features: what answerability is judged by, see `engine.retrieval.ranking.Ranked`.
    """

    hits: tuple[Hit, ...]
    retrieved: tuple[Retrieved, ...]
    query_vector: NDArray[np.float32]
    features: dict[str, float]
    embedding_tokens: int


class Retriever:
    """Searches one index; keeps query vectors, passages and results of late in memory."""

    def __init__(
        self,
        *,
        index: SearchIndex,
        embedder: Embedder,
        passages: PassageStore,
        statistics: TermStatistics,
        candidates: int,
        top_k: int,
        cache_entries: int,
        passage_cache_bytes: int,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._passages = passages
        self._statistics = statistics
        self._weigher = TermWeigher(statistics, cache_entries)
        self._candidates = candidates
        self._top_k = top_k
        self._query_vectors: LruCache[str, tuple[NDArray[np.float32], int]] = LruCache(
            cache_entries
        )
        self._vectors: LruCache[_PassageKey, Candidate] = LruCache(passage_cache_bytes // 2, _size)
        self._documents: LruCache[_PassageKey, DocumentVectors] = LruCache(
            passage_cache_bytes // 4, _document_size
        )
        self._texts: LruCache[_PassageKey, LivePassage] = LruCache(
            passage_cache_bytes // 4, _text_size
        )

    def caches(self) -> dict[str, CacheState]:
        """State of each cache by name."""
        return {
            "query_vectors": self._query_vectors.state(),
            "passage_vectors": self._vectors.state(),
            "document_vectors": self._documents.state(),
            "passage_texts": self._texts.state(),
        }

    async def retrieve(
        self, texts: QueryTexts, *, tenant: str, audience: Audience, revision: int
    ) -> Retrieval:
        """The passages that bear on a question.

        revision: of the tenant's knowledge, read just before.

        Raises: IndexUnavailable, StorageUnavailable, ModelUnavailable.
        """
        whole, tokens = await self._embed(texts.last.whole)
        if not audience.tags:
            return Retrieval(
                hits=(), retrieved=(), query_vector=whole, features={}, embedding_tokens=tokens
            )
        queries = []
        for text in (texts.last, texts.joined):
            if text is None:
                continue
            vector, spent = (whole, 0) if text is texts.last else await self._embed(text.whole)
            tokens += spent
            words = query_terms(text)
            weights = await self._weigher.weigh(
                words.ids, tenant=tenant, audience=audience, revision=revision
            )
            queries.append(RankingQuery(vector=vector, terms=words, weights=weights))
        limit = self._candidates
        while True:
            answer = await self._search(queries, tenant, audience, limit)
            candidates = await self._live(answer, tenant, audience, revision)
            documents = list(dict.fromkeys(c.document_id for c in candidates.values()))
            found = max((len(r.ids) for r in (*answer.dense, *answer.sparse)), default=0)
            if len(documents) >= _SHOWN_DOCUMENTS or limit >= _DEEPEST or found < limit:
                break
            limit = min(limit * 4, _DEEPEST)
        vectors = await self._document_vectors(documents, tenant, revision)
        ranked = await asyncio.to_thread(rank, queries, candidates, vectors)
        return await self._present(ranked, candidates, tenant, audience, revision, whole, tokens)

    async def _embed(self, text: str) -> tuple[NDArray[np.float32], int]:
        kept = self._query_vectors.get(text)
        if kept is None:
            vector = await self._embedder.embed_query(text)
            if len(text) < _SHORT_TEXT:
                tokens = self._embedder.count_tokens([text])
            else:
                tokens = await asyncio.to_thread(self._embedder.count_tokens, [text])
            kept = (vector, min(tokens[0], self._embedder.max_tokens))
            self._query_vectors.put(text, kept)
        return kept

    async def _search(
        self, queries: Sequence[RankingQuery], tenant: str, audience: Audience, limit: int
    ) -> IndexAnswer:
        return await self._index.search(
            IndexQuery(
                tenant=tenant,
                audience=audience.tags,
                dense=tuple(query.vector for query in queries),
                sparse=tuple(query.terms.sparse() for query in queries),
                limit=limit,
            )
        )

    async def _document_vectors(
        self, ids: Sequence[str], tenant: str, revision: int
    ) -> dict[str, DocumentVectors]:
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

    async def _live(
        self, answer: IndexAnswer, tenant: str, audience: Audience, revision: int
    ) -> dict[str, Candidate]:
        """The candidates that are live and readable now, whatever the index still holds.

        While the knowledge stays at one revision, a passage once found live stays so, and is not
        asked for again.
        """
        ids = list(
            dict.fromkeys(i for ranked in (*answer.dense, *answer.sparse) for i in ranked.ids)
        )
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
        return {i: c for i in ids if (c := found.get(i)) and audience.may_read(c.audience)}

    async def _quoted(
        self, ids: Sequence[str], tenant: str, audience: Audience, revision: int
    ) -> dict[str, LivePassage]:
        """What answers quote of these passages, kept like `_live`'s."""
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
        return {i: p for i, p in found.items() if audience.may_read(p.audience)}

    async def _present(
        self,
        ranked: Ranked,
        candidates: dict[str, Candidate],
        tenant: str,
        audience: Audience,
        revision: int,
        query_vector: NDArray[np.float32],
        tokens: int,
    ) -> Retrieval:
        best_of: dict[str, int] = {}
        for position, passage_id in enumerate(ranked.ids):
            best_of.setdefault(candidates[passage_id].document_id, position)
            if len(best_of) >= _SHOWN_DOCUMENTS:
                break
        chosen = _distinct(ranked, candidates, self._top_k)
        shown = [ranked.ids[p] for p in best_of.values()]
        wanted = list(dict.fromkeys([*(ranked.ids[p] for p in chosen), *shown]))
        live = await self._quoted(wanted, tenant, audience, revision)
        hits = tuple(
            _hit(ranked, position, live[ranked.ids[position]])
            for position in chosen
            if ranked.ids[position] in live
        )
        retrieved = tuple(
            Retrieved(
                chunk_id=ranked.ids[p],
                document_name=live[ranked.ids[p]].document_name,
                score=float(ranked.scores[p]),
            )
            for p in best_of.values()
            if ranked.ids[p] in live
        )
        return Retrieval(
            hits=hits,
            retrieved=retrieved,
            query_vector=query_vector,
            features=ranked.features,
            embedding_tokens=tokens,
        )


def _hit(ranked: Ranked, position: int, passage: LivePassage) -> Hit:
    return Hit(
        passage=passage,
        score=float(ranked.scores[position]),
        cosine=float(ranked.cosines[position]),
        sentence_cosines=ranked.sentence_cosines[position],
        coverage=float(ranked.coverages[position]),
    )


def _distinct(ranked: Ranked, candidates: dict[str, Candidate], wanted: int) -> list[int]:
    """Positions of the best passages without those that repeat a better one almost verbatim."""
    kept: list[int] = []
    sets: list[frozenset[int]] = []
    for position, passage_id in enumerate(ranked.ids):
        terms_here = frozenset(candidates[passage_id].vectors.terms.tolist())
        if any(_overlap(terms_here, other) > 0.85 for other in sets):
            continue
        kept.append(position)
        sets.append(terms_here)
        if len(kept) == wanted:
            break
    return kept


def _overlap(a: frozenset[int], b: frozenset[int]) -> float:
    """Jaccard's index; 0 for two empty sets."""
    union = len(a | b)
    return len(a & b) / union if union else 0.0


def _size(candidate: Candidate) -> int:
    v = candidate.vectors
    return 600 + v.dense.nbytes + v.sentences.nbytes + v.terms.nbytes + v.title_terms.nbytes


def _document_size(vectors: DocumentVectors) -> int:
    v = vectors
    return 500 + v.centroid.nbytes + v.terms.nbytes + v.counts.nbytes + v.title_terms.nbytes


def _text_size(passage: LivePassage) -> int:
    return 800 + 2 * len(passage.passage.text) + 200 * len(passage.passage.sentences)


def neighbours_of(hits: Sequence[Hit], count: int) -> list[tuple[str, int]]:
    """(document id, ordinal) of the passages before and after the first `count` hits."""
    return [
        (hit.passage.document_id, hit.passage.passage.ordinal + step)
        for hit in hits[:count]
        for step in (-1, 1)
        if hit.passage.passage.ordinal + step >= 0
    ]
