"""Vectors of texts that need not be embedded, since they were before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.knowledge.embedded_text import sentence_text
from engine.retrieval.cache import LruCache
from engine.retrieval.memory import PassageMemory

Vector = NDArray[np.float32]


class KnownVectors:
    """What a retriever has of questions of late, and of the sentences of passages."""

    def __init__(
        self, query_vectors: LruCache[str, tuple[Vector, int]], memory: PassageMemory
    ) -> None:
        self._query_vectors = query_vectors
        self._memory = memory

    async def of(
        self, texts: Sequence[str], *, passages: Sequence[str], tenant: str, revision: int
    ) -> dict[str, Vector]:
        """Those of the texts whose vector is known, with it; shape (dimension,).

        passages: ids of those in which the texts may stand as sentences, up to white space; such
        a vector is `stored_vector` of the exact one. Whoever asks knows the texts: nothing else
        of a passage is given away, whatever its audience.

        Raises: StorageUnavailable.
        """
        found = {t: kept[0] for t in texts if (kept := self._query_vectors.get(t)) is not None}
        wanted = {" ".join(text.split()): text for text in texts if text not in found}
        if not wanted or not passages:
            return found
        vectors = await self._memory.vectors(passages, tenant, revision)
        live = await self._memory.live(passages, tenant, revision)
        for id_ in vectors.keys() & live.keys():
            passage = live[id_].passage
            for row, sentence in enumerate(passage.sentences):
                text = wanted.get(" ".join(sentence_text(passage, sentence).split()))
                if text is not None:
                    found[text] = vectors[id_].vectors.sentences[row].astype(np.float32) / 127.0
        return found


def stored_vector(vectors: Vector) -> Vector:
    """Unit vectors as they are once they were stored as int8; any shape."""
    rounded: Vector = np.clip(np.rint(vectors * 127.0), -127, 127) / np.float32(127.0)
    return rounded
