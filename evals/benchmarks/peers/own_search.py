"""The engine's searches for labelled questions, and everything a peer needs to do the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.audience import FULL_MEMBER
from engine.compose import Engine
from engine.knowledge.embedded_text import passage_text
from engine.retrieval.embedder import Embedder
from engine.retrieval.hit import Hit
from engine.retrieval.index import IndexQuery, RankedPoints
from engine.retrieval.query import QueryText, QueryTexts, query_terms
from engine.retrieval.retriever import Retriever
from engine.storage.term_statistics import TermStatistics
from evals.benchmarks.peers.exchange import Exchange
from evals.benchmarks.timing import timed
from evals.case import Case
from evals.terminal import Ticker

_WARM_UP = 20
_TEXTS_AT_ONCE = 500
_DENSE_SHARE = 0.7

Vectors = Mapping[str, NDArray[np.float32]]
"""Query vectors by text, in the order they are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSearch:
    """ms: of each search, of every round. ranked: the documents it found, best first."""

    ms: Sequence[float]
    ranked: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFound:
    """What the engine found, and what it was asked.

    document_names: the document of each passage of the exchange. gold: of each question after the
    warm-up, as of everything else here.
    index: the index's hybrid query alone, within the audience, as `fused`: what the peers do too.
    retrieval: everything that a question gets: that query, the ranking of its candidates by
    sentences, titles and documents, near-duplicates, and the passages' texts.
    """

    exchange: Exchange
    document_names: Sequence[str]
    gold: Sequence[Collection[str]]
    index: OwnSearch
    retrieval: OwnSearch


class GivenVectors:
    """The port `engine.retrieval.embedder.Embedder` over query vectors made before."""

    def __init__(self, real: Embedder, vectors: Vectors) -> None:
        self._vectors = vectors
        self.name, self.version = real.name, real.version
        self.dimension, self.max_tokens = real.dimension, real.max_tokens

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """See the port. Raises: KeyError for a text whose vector was not given."""
        return self._vectors[text]

    async def embed_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See the port. Raises: KeyError for a text whose vector was not given."""
        return np.stack([self._vectors[text] for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Nothing is embedded, so nothing is counted."""
        return [0] * len(texts)

    async def aclose(self) -> None:
        """See the port."""


async def search_with_engine(engine: Engine, cases: Sequence[Case], *, k: int) -> OwnFound:
    """Both searches for every question, with at most k passages, as a full member.

    The last turn alone is asked, as the peers have no other. The cases' vectors are made here,
    before the clock runs. The retriever is new, so that nothing is in its memory but the warm-up.

    Raises: IndexUnavailable, StorageUnavailable, ModelUnavailable.
    """
    passages = await _read_back(engine)
    texts = [case.question.text for case in cases]
    asked = {text: await engine.embedder.embed_query(text) for text in texts}
    warm_up = min(_WARM_UP, len(texts))
    name_of = dict(zip(passages.ids, passages.document_names, strict=True))
    return OwnFound(
        exchange=Exchange(
            passages=passages.texts,
            passage_vectors=passages.vectors,
            questions=texts,
            question_vectors=np.stack([asked[text] for text in texts]),
            warm_up=warm_up,
            k=k,
        ),
        document_names=passages.document_names,
        gold=[set(case.gains) for case in cases[warm_up:]],
        index=await _ask_index(engine, asked, name_of, warm_up=warm_up, k=k),
        retrieval=await _ask_retriever(engine, asked, warm_up=warm_up, k=k),
    )


async def search_again(engine: Engine, before: OwnFound) -> OwnFound:
    """The same searches once more, their times added: how busy a machine is changes while the
    peers run, so the engine is timed before and after them.

    Raises: IndexUnavailable, StorageUnavailable.
    """
    given = before.exchange
    asked = dict(zip(given.questions, given.question_vectors, strict=True))
    index = await _ask_index(engine, asked, None, warm_up=given.warm_up, k=given.k)
    retrieval = await _ask_retriever(engine, asked, warm_up=given.warm_up, k=given.k)
    return replace(
        before,
        index=replace(before.index, ms=[*before.index.ms, *index.ms]),
        retrieval=replace(before.retrieval, ms=[*before.retrieval.ms, *retrieval.ms]),
    )


async def _ask_index(
    engine: Engine, asked: Vectors, name_of: Mapping[str, str] | None, *, warm_up: int, k: int
) -> OwnSearch:
    async def search(text: str) -> list[str]:
        terms = query_terms(QueryText(whole=text, focus=""))
        answer = await engine.index.search(
            IndexQuery(
                tenant=engine.settings.tenant,
                audience=FULL_MEMBER.tags,
                dense=(asked[text],),
                sparse=(terms.sparse(),),
                limit=engine.settings.retrieval.candidates,
            )
        )
        return fused(answer.dense[0], answer.sparse[0], k)

    found = [await timed(partial(search, text)) for text in asked][warm_up:]
    names = name_of or {}
    ranked = [list(dict.fromkeys(names.get(i, i) for i in ids)) for _, ids in found]
    return OwnSearch(ms=[ms for ms, _ in found], ranked=ranked)


async def _ask_retriever(engine: Engine, asked: Vectors, *, warm_up: int, k: int) -> OwnSearch:
    tenant, settings = engine.settings.tenant, engine.settings.retrieval
    revision = await engine.documents.revision(tenant)
    retriever = Retriever(
        index=engine.index,
        embedder=GivenVectors(engine.embedder, asked),
        passages=engine.passages,
        statistics=TermStatistics(engine.database),
        candidates=settings.candidates,
        top_k=k,
        cache_entries=settings.cache_entries,
        passage_cache_bytes=settings.passage_cache_bytes,
    )

    async def search(text: str) -> tuple[Hit, ...]:
        query = QueryTexts(last=QueryText(whole=text, focus=""), joined=None)
        found = await retriever.retrieve(
            query, tenant=tenant, audience=FULL_MEMBER, revision=revision
        )
        return found.hits

    found = [await timed(partial(search, text)) for text in asked][warm_up:]
    ranked = [list(dict.fromkeys(hit.passage.document_name for hit in hits)) for _, hits in found]
    return OwnSearch(ms=[ms for ms, _ in found], ranked=ranked)


def fused(dense: RankedPoints, sparse: RankedPoints, k: int) -> list[str]:
    """The first k ids by .7 cosine + .3 BM25 / best BM25, a score that was not found being 0.

    The convex fusion that `evals.passage_pool` ranks by, of what an index finds in one query.
    """
    scores = dict(zip(dense.ids, (_DENSE_SHARE * dense.scores).tolist(), strict=True))
    best = float(sparse.scores.max(initial=0.0))
    shares = (1 - _DENSE_SHARE) * sparse.scores / best if best > 0 else sparse.scores
    for point, share in zip(sparse.ids, shares.tolist(), strict=True):
        scores[point] = scores.get(point, 0.0) + share
    return sorted(scores, key=scores.__getitem__, reverse=True)[:k]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passages:
    """Of every live passage: its id, the text its vector was made of, the vector, its document."""

    ids: Sequence[str]
    texts: Sequence[str]
    vectors: NDArray[np.float32]
    document_names: Sequence[str]


async def _read_back(engine: Engine) -> _Passages:
    tenant, ticker = engine.settings.tenant, Ticker("reading passages back")
    vectors: dict[str, NDArray[np.float16]] = {}
    for document in (await engine.documents.known(tenant)).values():
        for candidate in await engine.passages.of_version(tenant, document.version):
            vectors[candidate.id] = candidate.vectors.dense
        ticker.tick(f"{len(vectors):,}")
    ids, texts, names = list(vectors), [], []
    for start in range(0, len(ids), _TEXTS_AT_ONCE):
        part = ids[start : start + _TEXTS_AT_ONCE]
        live = await engine.passages.live(tenant, part)
        for passage_id in part:
            texts.append(passage_text(live[passage_id].title, live[passage_id].passage))
            names.append(live[passage_id].document_name)
    rows = np.stack(list(vectors.values())).astype(np.float32)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return _Passages(ids=ids, texts=texts, vectors=unit, document_names=names)
