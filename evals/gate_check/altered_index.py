"""A search index whose results are altered on their way back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.index import (
    IndexAnswer,
    IndexPoint,
    IndexQuery,
    IndexRecord,
    RankedPoints,
    SearchIndex,
)

Choose = Callable[[NDArray[np.float64]], NDArray[np.intp]]
"""From a draw in [0, 1) for each passage found, best first, to the places of those that stay."""


class AlteredIndex:
    """The port `SearchIndex` around another one; only what a search finds is changed.

    A passage's draw follows from the seed, the question and the passage: every search of one
    question draws alike, and the order of questions does not matter.
    """

    def __init__(self, inner: SearchIndex, choose: Choose, *, seed: int, least_limit: int = 0):
        """least_limit: passages that a search finds at least, before it is chosen among them."""
        self._inner = inner
        self._choose = choose
        self._seed = seed
        self._least_limit = least_limit

    async def search(self, query: IndexQuery) -> IndexAnswer:
        """What was chosen of what the other index finds."""
        limit = max(query.limit, self._least_limit)
        found = await self._inner.search(replace(query, limit=limit))
        return IndexAnswer(
            dense=tuple(self._altered(ranked, query) for ranked in found.dense),
            sparse=tuple(self._altered(ranked, query) for ranked in found.sparse),
        )

    def _altered(self, found: RankedPoints, query: IndexQuery) -> RankedPoints:
        key = self._seed.to_bytes(8) + b"".join(vector.tobytes() for vector in query.dense)
        draws = np.array([_draw(key, passage) for passage in found.ids], np.float64)
        kept = self._choose(draws)
        return RankedPoints(ids=tuple(found.ids[i] for i in kept), scores=found.scores[kept])

    async def record(self) -> IndexRecord | None:
        """The other's."""
        return await self._inner.record()

    async def start(self, record: IndexRecord) -> None:
        """Starts the other."""
        await self._inner.start(record)

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """Writes to the other."""
        await self._inner.upsert(tenant, points)

    async def set_audience(
        self, tenant: str, document_version: str, audience: tuple[str, ...]
    ) -> None:
        """Writes to the other."""
        await self._inner.set_audience(tenant, document_version, audience)

    async def delete_versions(self, tenant: str, document_versions: Sequence[str]) -> None:
        """Deletes in the other."""
        await self._inner.delete_versions(tenant, document_versions)

    async def flush(self) -> None:
        """Flushes the other."""
        await self._inner.flush()

    async def versions(self, tenant: str) -> dict[str, int]:
        """The other's."""
        return await self._inner.versions(tenant)

    async def count(self, tenant: str) -> int:
        """The other's."""
        return await self._inner.count(tenant)

    async def clear(self) -> None:
        """Clears the other."""
        await self._inner.clear()

    async def aclose(self) -> None:
        """Closes the other."""
        await self._inner.aclose()


def _draw(key: bytes, passage: str) -> float:
    digest = hashlib.blake2b(passage.encode(), key=hashlib.sha256(key).digest(), digest_size=8)
    return int.from_bytes(digest.digest()) / 2**64


def any_passages(count: int) -> Choose:
    """That many passages, whichever: a retriever that is broken."""

    def choose(draws: NDArray[np.float64]) -> NDArray[np.intp]:
        return np.sort(np.argsort(draws)[:count])

    return choose


def all_but(share: float) -> Choose:
    """Each passage is lost with this probability: noise."""

    def choose(draws: NDArray[np.float64]) -> NDArray[np.intp]:
        return np.flatnonzero(draws >= share)

    return choose
