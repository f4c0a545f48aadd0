"""How much each term of a question weighs within what its audience may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audience import Audience
from engine.retrieval.cache import LruCache
from engine.storage.term_statistics import CorpusSize, TermStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class TermWeights:
    """IDF of a question's distinct terms.

    terms: uint32, sorted. in_passages, in_documents: float32, same length, 0 for a term that
    stands nowhere. absent_idf: what such a term would weigh. mean_document_terms: average length.
    """

    terms: NDArray[np.uint32]
    in_passages: NDArray[np.float32]
    in_documents: NDArray[np.float32]
    absent_idf: float
    mean_document_terms: float

    def rarity(self) -> dict[int, float]:
        """IDF by term, that of an absent one for terms that stand nowhere."""
        pairs = zip(self.terms.tolist(), self.in_passages.tolist(), strict=True)
        return {term: idf or self.absent_idf for term, idf in pairs}


class TermWeigher:
    """Looks up IDF, keeping what it found while the knowledge stays at one revision."""

    def __init__(self, statistics: TermStatistics, cache_entries: int) -> None:
        self._statistics = statistics
        self._sizes: LruCache[tuple[str, int], dict[str, CorpusSize]] = LruCache(64)
        self._counts: LruCache[tuple[str, int, tuple[str, ...], int], tuple[int, int]] = LruCache(
            cache_entries * 16
        )

    async def weigh(
        self, terms: NDArray[np.uint32], *, tenant: str, audience: Audience, revision: int
    ) -> TermWeights:
        """Weights of sorted, distinct terms: ln(1 + (N - n + .5) / (n + .5)).

        Source: Robertson and Zaragoza (2009), with the 1 + that keeps it positive.
        Raises: StorageUnavailable.
        """
        sizes = self._sizes.get((tenant, revision))
        if sizes is None:
            sizes = await self._statistics.sizes(tenant)
            self._sizes.put((tenant, revision), sizes)
        readable = tuple(r for r in sorted(sizes) if audience.may_read(r.split(",")))
        passages = sum(sizes[r].passages for r in readable)
        documents = sum(sizes[r].documents for r in readable)
        counts = await self._look_up(terms.tolist(), tenant, readable, revision)
        return TermWeights(
            terms=terms,
            in_passages=_idf(np.array([c[0] for c in counts], np.float32), passages),
            in_documents=_idf(np.array([c[1] for c in counts], np.float32), documents),
            absent_idf=float(np.log1p((passages + 0.5) / 0.5)),
            mean_document_terms=sum(sizes[r].terms for r in readable) / max(documents, 1),
        )

    async def _look_up(
        self, terms: list[int], tenant: str, readable: tuple[str, ...], revision: int
    ) -> list[tuple[int, int]]:
        kept: dict[int, tuple[int, int]] = {}
        missing = []
        for term in terms:
            value = self._counts.get((tenant, revision, readable, term))
            if value is None:
                missing.append(term)
            else:
                kept[term] = value
        if missing:
            found: Mapping[int, tuple[int, int]] = await self._statistics.counts(
                tenant, readable, missing
            )
            for term in missing:
                kept[term] = found.get(term, (0, 0))
                self._counts.put((tenant, revision, readable, term), kept[term])
        return [kept[term] for term in terms]


def _idf(counts: NDArray[np.float32], total: int) -> NDArray[np.float32]:
    weights = np.log1p(np.maximum(total - counts + 0.5, 0.5) / (counts + 0.5))
    return np.where(counts > 0, weights, 0.0).astype(np.float32)
