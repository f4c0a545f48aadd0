"""The rankings the engine is compared with, on the very passages it searches.

Every stored passage of a home is ranked, without a filter and without a cut of candidates, from
the vectors and terms that ingestion stored; a document ranks by its best passage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.compose import Engine
from engine.retrieval.lexical import document_vector, terms
from engine.retrieval.passage import PassageVectors

BASELINES = ("bm25", "dense", "convex")
_DENSE_SHARE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class PassagePool:
    """All passages of a home, ready to be ranked.

    names: documents. document_of: each passage's position in `names`.
    dense: float32 unit rows. postings_terms: distinct terms, sorted; the postings of term i are
    those from `postings_starts[i]` to `postings_starts[i + 1]` of `postings_rows` (passages) and
    `postings_weights` (BM25 without IDF).
    """

    names: tuple[str, ...]
    document_of: NDArray[np.int64]
    dense: NDArray[np.float32]
    postings_terms: NDArray[np.uint32]
    postings_starts: NDArray[np.int64]
    postings_rows: NDArray[np.int64]
    postings_weights: NDArray[np.float32]

    @property
    def passages(self) -> int:
        """How many there are."""
        return len(self.document_of)

    def rankings(self, text: str, vector: NDArray[np.float32], k: int) -> dict[str, list[str]]:
        """The first k documents by each of `BASELINES`, best first.

        convex: .7 cosine + .3 BM25 / best BM25, the fusion of design.md.
        """
        cosine = self.dense @ vector
        bm25 = self.bm25(text)
        top = float(bm25.max(initial=0.0))
        share = bm25 / top if top else bm25
        return {
            "bm25": self._documents(np.where(bm25 > 0, bm25, -np.inf), k),
            "dense": self._documents(cosine, k),
            "convex": self._documents(_DENSE_SHARE * cosine + (1 - _DENSE_SHARE) * share, k),
        }

    def bm25(self, text: str) -> NDArray[np.float32]:
        """Each passage's Σ IDF x weight, with IDF = ln(1 + (N - n + .5) / (n + .5)).

        Source: Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), eq. 3.15,
        the IDF kept positive as in Lucene and Qdrant.
        """
        scores = np.zeros(self.passages, np.float32)
        for term in np.unique(terms(text)):
            at = int(np.searchsorted(self.postings_terms, term))
            if at == len(self.postings_terms) or self.postings_terms[at] != term:
                continue
            start, end = self.postings_starts[at], self.postings_starts[at + 1]
            n = int(end - start)
            idf = np.log1p((self.passages - n + 0.5) / (n + 0.5))
            scores[self.postings_rows[start:end]] += idf * self.postings_weights[start:end]
        return scores

    def _documents(self, scores: NDArray[np.float32], k: int) -> list[str]:
        best = np.full(len(self.names), -np.inf, np.float32)
        np.maximum.at(best, self.document_of, scores)
        order = np.argsort(-best, kind="stable")[:k]
        return [self.names[i] for i in order if np.isfinite(best[i])]


async def load_pool(engine: Engine, watch: Callable[[int], None]) -> PassagePool:
    """The pool of all live passages of an engine's tenant; `watch` is told documents read.

    Raises: StorageUnavailable.
    """
    tenant = engine.settings.tenant
    names, document_of, vectors = [], [], []
    known = await engine.documents.known(tenant)
    for position, document in enumerate(known.values()):
        names.append(document.name)
        for candidate in await engine.passages.of_version(tenant, document.version):
            document_of.append(position)
            vectors.append(candidate.vectors)
        watch(position + 1)
    return build_pool(names, document_of, vectors, engine.embedder.dimension)


def build_pool(
    names: Sequence[str],
    document_of: Sequence[int],
    vectors: Sequence[PassageVectors],
    dimension: int,
) -> PassagePool:
    """The pool of these passages; `document_of[i]` is the document of `vectors[i]`."""
    sparse = [document_vector(np.concatenate([v.title_terms, v.terms])) for v in vectors]
    rows = np.repeat(np.arange(len(sparse)), [len(s.indices) for s in sparse])
    all_terms = np.concatenate([s.indices for s in sparse] or [np.empty(0, np.uint32)])
    weights = np.concatenate([s.values for s in sparse] or [np.empty(0, np.float32)])
    order = np.argsort(all_terms, kind="stable")
    distinct, starts = np.unique(all_terms[order], return_index=True)
    dense = np.array([v.dense for v in vectors], np.float32).reshape(-1, dimension)
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    return PassagePool(
        names=tuple(names),
        document_of=np.array(document_of, np.int64),
        dense=dense / np.maximum(lengths, 1e-6),
        postings_terms=distinct,
        postings_starts=np.append(starts, len(all_terms)).astype(np.int64),
        postings_rows=rows[order],
        postings_weights=weights[order],
    )
