"""The port behind which a search index holds the passages' vectors.

The index holds vectors and what is needed to filter them, nothing to read: texts, spans and
sentence vectors are rows of `engine.storage`, and a document's row says which version of it is
live. So a document changes for readers in one transaction of the database, whatever the index
does; points of versions that are not live are leftovers that the next ingestion deletes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseVector:
    """Term weights: `values[i]` is the weight of the term whose 32-bit hash is `indices[i]`.

    indices: uint32, unique, any order. values: float32, same length, positive.
    """

    indices: NDArray[np.uint32]
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPoint:
    """One passage as the index holds it.

    id: UUID (canonical text form) of the passage.
    document_version: UUID of the version of the document it belongs to.
    audience: the document's tags, never empty.
    dense: unit vector, float32, shape (dimension,).
    sparse: BM25 term frequencies (saturated, length-normalised), without IDF.
    """

    id: str
    document_version: str
    audience: tuple[str, ...]
    dense: NDArray[np.float32]
    sparse: SparseVector


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRecord:
    """What built an index; vectors and passages made otherwise do not mix with it."""

    embedder: str
    embedder_version: str
    dimension: int
    chunker_version: str
    lexical_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexQuery:
    """Several searches in one round trip, all within one tenant and one audience.

    audience: tags, any of which a point must carry; empty finds nothing.
    dense: unit vectors. sparse: query term weights (1 for a plain query).
    limit: points wanted from each search.
    """

    tenant: str
    audience: frozenset[str]
    dense: tuple[NDArray[np.float32], ...]
    sparse: tuple[SparseVector, ...]
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPoints:
    """One search's result, best first.

    scores: cosine for a dense search; the sum of weight x IDF x term frequency for a sparse one,
        IDF computed within the tenant and the audience. Same length as ids.
    """

    ids: tuple[str, ...]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAnswer:
    """Results in the order of the query's vectors."""

    dense: tuple[RankedPoints, ...]
    sparse: tuple[RankedPoints, ...]


class SearchIndex(Protocol):
    """Finds passages by vector. Every write is idempotent, so it may be sent again.

    Nothing in it blocks the event loop. Raises IndexUnavailable (retryable) when the index
    cannot be reached, StorageUnavailable when the disk is full.
    """

    async def record(self) -> IndexRecord | None:
        """What built this index; None for one that nothing has been written to."""
        ...

    async def start(self, record: IndexRecord) -> None:
        """Makes the index ready for points built by `record`; idempotent.

        Raises: IndexMismatch when it holds points built otherwise.
        """
        ...

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """Writes points, replacing those of the same id; durable only after `flush`."""
        ...

    async def set_audience(
        self, tenant: str, document_version: str, audience: tuple[str, ...]
    ) -> None:
        """Replaces the tags of every point of a document version."""
        ...

    async def delete_versions(self, tenant: str, document_versions: Sequence[str]) -> None:
        """Deletes every point of these document versions; absent ones are no error."""
        ...

    async def flush(self) -> None:
        """Returns once everything written before is on disk."""
        ...

    async def search(self, query: IndexQuery) -> IndexAnswer:
        """The nearest points of each vector; fewer than `limit` where there are fewer."""
        ...

    async def versions(self, tenant: str) -> dict[str, int]:
        """Points by document version; what an ingestion compares with the live versions."""
        ...

    async def count(self, tenant: str) -> int:
        """Points of a tenant."""
        ...

    async def clear(self) -> None:
        """Deletes every point and the record, of every tenant: the first step of a rebuild."""
        ...

    async def aclose(self) -> None:
        """Frees the index for other processes; idempotent."""
        ...


class IndexRebuild(Protocol):
    """An index being built beside the one that serves; nobody reads it yet."""

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """As in SearchIndex."""
        ...

    async def keep_others(self, tenant: str) -> None:
        """Copies what every other tenant has in the serving index, where it was built alike."""
        ...

    async def serve(self) -> None:
        """Lets it serve instead of the old one, in one step for every reader."""
        ...


@runtime_checkable
class RebuildsAside(Protocol):
    """What a search index offers, beyond the port, that can be rebuilt without downtime."""

    def rebuilding(self, record: IndexRecord) -> AbstractAsyncContextManager[IndexRebuild]:
        """An empty index made by `record`; the old one goes when the block ends after `serve`.

        When the block raises the old one serves, again if need be, and the new one goes.

        Raises: IndexUnavailable.
        """
        ...


@runtime_checkable
class HasShape(Protocol):
    """What a search index offers, beyond the port, whose shape is fixed when it is made."""

    async def misshapen(self) -> tuple[str, ...]:
        """How it is made otherwise than the settings say now, each in a few words.

        Raises: IndexUnavailable.
        """
        ...
