"""From a question to ranked passages within what its audience may read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audience import Audience
from engine.retrieval.asked_before import AskedBefore, find_asked_before, nearest_answers
from engine.retrieval.cache import CacheState, LruCache
from engine.retrieval.embedder import Embedder
from engine.retrieval.hit import Hit
from engine.retrieval.index import IndexQuery, RankedPoints, SearchIndex
from engine.retrieval.known_vectors import KnownVectors
from engine.retrieval.memory import PassageMemory
from engine.retrieval.near_duplicates import first_distinct, says_otherwise
from engine.retrieval.neighbours import Neighbours
from engine.retrieval.passage import Candidate, DocumentVectors, LivePassage
from engine.retrieval.query import QueryTerms, QueryText, QueryTexts, query_terms
from engine.retrieval.ranked_hits import best_of_documents, hit_of
from engine.retrieval.ranking import RankingQuery, rank
from engine.retrieval.weights import TermWeigher
from engine.storage.passages import PassageStore
from engine.storage.term_statistics import TermStatistics
from engine.tasks import as_one
from engine.telemetry.catalogue import CACHE, EMBEDDINGS
from engine.telemetry.instruments import add
from engine.trace import Retrieved

_SHOWN_DOCUMENTS = 10
_DEEPEST = 1600
"""Most candidates of one search, when the nearest ones belong to too few documents."""

_SHORT_TEXT = 1000
"""Characters whose word pieces are counted without the detour of a thread, in some 20 us."""

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """What was found.

    hits: best first, near-duplicates collapsed, at most `top_k`; a passage that continues a
    list, table or code of a hit follows that hit. retrieved: the best passage of each document
    before near-duplicates collapse. query_vector: of the whole question.
    features: what answerability is judged by, see `engine.retrieval.ranking.Ranked`.
    rarity: IDF of each term of the question within what may be read; absent_rarity: what a term
    that stands nowhere would weigh. asked_before: a person's answer to the same question, which is
    one of the hits; None where nobody was asked it. Their answers to other questions are no hits.
    """

    hits: tuple[Hit, ...]
    retrieved: tuple[Retrieved, ...]
    query_vector: Vector
    features: dict[str, float]
    rarity: dict[int, float]
    absent_rarity: float
    embedding_tokens: int
    asked_before: AskedBefore | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """On whose behalf, and of which state of the knowledge."""

    tenant: str
    audience: Audience
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """What ranking looks at; tokens: word pieces embedded for it."""

    queries: Sequence[RankingQuery]
    candidates: dict[str, Candidate]
    documents: dict[str, DocumentVectors]
    tokens: int


class Retriever:
    """Searches one index; keeps what was found, query vectors and passages of late in memory.

    What was found is kept by who asks and the revision of the knowledge: a change of a document or
    of who may read it ends it at once.
    """

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
        self._weigher = TermWeigher(statistics, cache_entries)
        self._memory = PassageMemory(passages, statistics, capacity_bytes=passage_cache_bytes)
        self._neighbours = Neighbours(passages, self._memory)
        self._candidates = candidates
        self._top_k = top_k
        self._query_vectors: LruCache[str, tuple[Vector, int]] = LruCache(cache_entries)
        self._found: LruCache[tuple[_Asking, QueryTexts], Retrieval] = LruCache(cache_entries)
        self.known_vectors = KnownVectors(self._query_vectors, self._memory)

    def caches(self) -> dict[str, CacheState]:
        """State of each cache by name."""
        kept = {"retrievals": self._found.state(), "query_vectors": self._query_vectors.state()}
        return {**kept, **self._memory.caches()}

    async def retrieve(
        self, texts: QueryTexts, *, tenant: str, audience: Audience, revision: int
    ) -> Retrieval:
        """The passages that bear on a question.

        revision: of the tenant's knowledge, read just before.

        Raises: IndexUnavailable, StorageUnavailable, ModelUnavailable.
        """
        asking = _Asking(tenant=tenant, audience=audience, revision=revision)
        found = self._found.get((asking, texts))
        result = "miss" if found is None else "hit"
        add(CACHE, workspace=tenant, cache="retrievals", result=result)
        if found is None:
            found = await self._search(texts, asking)
            self._found.put((asking, texts), found)
        return found

    async def _search(self, texts: QueryTexts, asking: _Asking) -> Retrieval:
        if not asking.audience.tags:
            vector, tokens = await self._embed(texts.last.whole, asking.tenant)
            return Retrieval(
                hits=(),
                retrieved=(),
                query_vector=vector,
                features={},
                rarity={},
                absent_rarity=0.0,
                embedding_tokens=tokens,
            )
        gathered = await self._gather(texts, asking)
        queries = gathered.queries
        candidates, asked_before = await self._with_answers(texts, gathered, asking)
        ranked = await asyncio.to_thread(rank, queries, candidates, gathered.documents)
        distinct, repeated = first_distinct(ranked.ids, candidates, self._top_k)
        shown = best_of_documents(ranked, candidates, _SHOWN_DOCUMENTS)
        live = await self._memory.texts(
            [ranked.ids[p] for p in dict.fromkeys([*distinct, *repeated, *shown])],
            asking.tenant,
            asking.audience,
            asking.revision,
        )
        versions = [
            p
            for p, like in repeated.items()
            if (one := live.get(ranked.ids[p]))
            and (other := live.get(ranked.ids[like]))
            and says_otherwise(one, other)
        ]
        chosen = sorted([*distinct, *versions])[: self._top_k]
        hits = [
            hit_of(ranked, p, live[ranked.ids[p]], candidates[ranked.ids[p]].vectors.sentences)
            for p in chosen
            if ranked.ids[p] in live
        ]
        joined = await self._neighbours.joined(
            hits,
            queries[0].vector,
            tenant=asking.tenant,
            audience=asking.audience,
            revision=asking.revision,
        )
        return Retrieval(
            hits=tuple(joined[: self._top_k]),
            retrieved=tuple(
                Retrieved(
                    chunk_id=ranked.ids[p],
                    document_name=live[ranked.ids[p]].document_name,
                    score=float(ranked.scores[p]),
                )
                for p in shown
                if ranked.ids[p] in live
            ),
            query_vector=queries[0].vector,
            features=ranked.features,
            rarity=queries[0].weights.rarity(),
            absent_rarity=queries[0].weights.absent_idf,
            embedding_tokens=gathered.tokens,
            asked_before=asked_before,
        )

    async def _with_answers(
        self, texts: QueryTexts, gathered: _Gathered, asking: _Asking
    ) -> tuple[dict[str, Candidate], AskedBefore | None]:
        """The candidates, of persons' answers that one alone that was given to this question."""
        found = gathered.candidates
        answers = {i: c for i, c in found.items() if c.opens_with_question}
        if not answers:
            return found, None
        alike = nearest_answers(answers, gathered.queries[0].vector)
        live = await self._memory.texts(
            list(alike), asking.tenant, asking.audience, asking.revision
        )
        before = await asyncio.to_thread(find_asked_before, texts, alike, live)
        kept = None if before is None else before.passage.id
        return {i: c for i, c in found.items() if i == kept or i not in answers}, before

    async def passages(
        self, ids: Sequence[str], *, tenant: str, audience: Audience, revision: int
    ) -> dict[str, LivePassage]:
        """Those that are live and readable, by id; what was found of late costs no query.

        Raises: StorageUnavailable.
        """
        return await self._memory.texts(ids, tenant, audience, revision)

    async def features_held_out(
        self,
        text: str,
        of: tuple[str, str],
        *,
        tenant: str,
        audience: Audience,
        revision: int,
    ) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """Features of a question's ranking: with everything, without one passage, and without its
        whole document; empty where nothing else was found.

        of: the passage's and its document's id.

        Raises: IndexUnavailable, StorageUnavailable, ModelUnavailable.
        """
        asking = _Asking(tenant=tenant, audience=audience, revision=revision)
        texts = QueryTexts(last=QueryText(whole=text, focus=""), joined=None)
        found = await self._gather(texts, asking)
        passage, document = of
        pools = (
            found.candidates,
            {i: c for i, c in found.candidates.items() if i != passage},
            {i: c for i, c in found.candidates.items() if c.document_id != document},
        )

        def features() -> list[dict[str, float]]:
            return [rank(found.queries, pool, found.documents).features for pool in pools]

        whole, without_passage, without_document = await asyncio.to_thread(features)
        return whole, without_passage, without_document

    async def _gather(self, texts: QueryTexts, asking: _Asking) -> _Gathered:
        """Everything that ranking a question looks at."""
        asked = [text for text in (texts.last, texts.joined) if text is not None]
        made = [await self._query(text.whole, query_terms(text), asking) for text in asked]
        queries = [query for query, _ in made]
        limit = self._candidates
        while True:
            candidates, longest = await self._find(queries, asking, limit)
            ids = list(dict.fromkeys(c.document_id for c in candidates.values()))
            if len(ids) >= _SHOWN_DOCUMENTS or limit >= _DEEPEST or longest < limit:
                break
            limit = min(limit * 4, _DEEPEST)
        return _Gathered(
            queries=queries,
            candidates=candidates,
            documents=await self._memory.documents(ids, asking.tenant, asking.revision),
            tokens=sum(tokens for _, tokens in made),
        )

    async def _embed(self, text: str, tenant: str) -> tuple[Vector, int]:
        kept = self._query_vectors.get(text)
        result = "miss" if kept is None else "hit"
        add(CACHE, workspace=tenant, cache="query_vectors", result=result)
        if kept is None:
            add(EMBEDDINGS, workspace=tenant)
            vector = await self._embedder.embed_query(text)
            if len(text) < _SHORT_TEXT:
                tokens = self._embedder.count_tokens([text])
            else:
                tokens = await asyncio.to_thread(self._embedder.count_tokens, [text])
            kept = (vector, min(tokens[0], self._embedder.max_tokens))
            self._query_vectors.put(text, kept)
        return kept

    async def _query(
        self, text: str, words: QueryTerms, asking: _Asking
    ) -> tuple[RankingQuery, int]:
        """A text with its vector and its terms' weights, and the word pieces embedded.

        The look-up of weights fits into the time that the model computes without the interpreter.
        """
        async with as_one() as tasks:
            embedding = tasks.create_task(self._embed(text, asking.tenant))
            weights = await self._weigher.weigh(
                words.ids, tenant=asking.tenant, audience=asking.audience, revision=asking.revision
            )
        vector, tokens = embedding.result()
        return RankingQuery(vector=vector, terms=words, weights=weights), tokens

    async def _find(
        self, queries: Sequence[RankingQuery], asking: _Asking, limit: int
    ) -> tuple[dict[str, Candidate], int]:
        """Candidates of every search, and how many the longest search found."""
        answer = await self._index.search(
            IndexQuery(
                tenant=asking.tenant,
                audience=asking.audience.tags,
                dense=tuple(query.vector for query in queries),
                sparse=tuple(query.terms.sparse() for query in queries),
                limit=limit,
            )
        )
        results: tuple[RankedPoints, ...] = (*answer.dense, *answer.sparse)
        ids = list(dict.fromkeys(i for result in results for i in result.ids))
        candidates = await self._memory.candidates(
            ids, asking.tenant, asking.audience, asking.revision
        )
        return candidates, max((len(result.ids) for result in results), default=0)
