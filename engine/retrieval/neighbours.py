"""Passages that go on where a hit was cut: the rest of its steps, rows or code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audience import Audience
from engine.knowledge.document import SentenceKind
from engine.retrieval.hit import Hit
from engine.retrieval.memory import PassageMemory
from engine.retrieval.passage import Candidate, LivePassage
from engine.storage.passages import PassageStore

_CUTTABLE = frozenset({SentenceKind.STEP, SentenceKind.BULLET, SentenceKind.ROW, SentenceKind.CODE})
_ANCHORS = 3
_SHARE = 0.95
"""A neighbour's share of the score of the hit that it continues."""


class Neighbours:
    """Finds them, and puts each behind the hit that it continues."""

    def __init__(self, passages: PassageStore, memory: PassageMemory) -> None:
        self._passages = passages
        self._memory = memory

    async def joined(
        self,
        hits: Sequence[Hit],
        query: NDArray[np.float32],
        *,
        tenant: str,
        audience: Audience,
        revision: int,
    ) -> list[Hit]:
        """The hits in their order, with the neighbours that this audience may read.

        query: the question's vector.

        Raises: StorageUnavailable.
        """
        found = list(hits)
        places = cut_places(found)
        if not places:
            return found
        wanted = {(hit.passage.document_id, ordinal) for hit, ordinal in places}
        passages = await self._passages.neighbours(tenant, wanted)
        readable = [p for p in passages.values() if audience.may_read(p.audience)]
        vectors = await self._memory.candidates(
            [p.id for p in readable], tenant, audience, revision
        )
        for hit, ordinal in places:
            passage = passages.get((hit.passage.document_id, ordinal))
            if passage is None or passage.id not in vectors:
                continue
            neighbour = _neighbour(hit, passage, vectors[passage.id], query)
            if goes_on(hit, neighbour):
                found.insert(found.index(hit) + 1, neighbour)
        return found


def cut_places(hits: Sequence[Hit]) -> list[tuple[Hit, int]]:
    """The best hits that begin or end within a list, a table or code, and the ordinal at which it
    goes on in the same document."""
    places = []
    for hit in hits[:_ANCHORS]:
        sentences = hit.passage.passage.sentences
        ordinal = hit.passage.passage.ordinal
        if sentences and sentences[-1].kind in _CUTTABLE:
            places.append((hit, ordinal + 1))
        if ordinal > 0 and any(s.kind in _CUTTABLE for s in sentences[:2]):
            places.append((hit, ordinal - 1))
    held = {(h.passage.document_id, h.passage.passage.ordinal) for h in hits}
    return [(hit, o) for hit, o in places if (hit.passage.document_id, o) not in held]


def goes_on(hit: Hit, other: Hit) -> bool:
    """True when the neighbour holds more of the very list, table or code block."""
    first, second = sorted((hit, other), key=lambda h: h.passage.passage.ordinal)
    ends, begins = first.passage.passage.sentences, second.passage.passage.sentences
    if not ends or not begins:
        return False
    group = ends[-1].group
    return ends[-1].kind in _CUTTABLE and any(s.group == group for s in begins)


def _neighbour(hit: Hit, passage: LivePassage, found: Candidate, query: NDArray[np.float32]) -> Hit:
    return Hit(
        passage=passage,
        score=hit.score * _SHARE,
        cosine=float(found.vectors.dense.astype(np.float32) @ query),
        sentence_cosines=found.vectors.sentences.astype(np.float32) @ query / np.float32(127.0),
        sentence_vectors=found.vectors.sentences,
        coverage=hit.coverage,
    )
