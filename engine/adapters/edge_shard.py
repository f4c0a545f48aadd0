"""Qdrant Edge holding passages: the only place that knows its API.

Every call blocks and holds the interpreter until it ends; `EdgeIndex` keeps them on one thread.
The import is inside the functions, since it costs start-up time in programs that do not search.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.adapters.edge_faults import REBUILD
from engine.adapters.reader_keys import ReaderKeys, reader_key
from engine.errors import IndexMismatch, WrongUse
from engine.retrieval.index import (
    IndexAnswer,
    IndexPoint,
    IndexQuery,
    RankedPoints,
)

if TYPE_CHECKING:
    import qdrant_edge as qdrant

_DENSE, _SPARSE = "dense", "sparse"
_READERS, _TENANT, _VERSION = "readers", "tenant", "document_version"

_NO_HNSW_KB = 10**9
"""Indexing threshold that no segment reaches: exact search keeps its recall under a filter."""

_EVERY = 10**9
"""Limit of a facet that must name every value."""

_MANY_KEYS = 64
"""Up to here several MatchValue conditions are cheaper than one MatchAny (measured)."""


class EdgeShard:
    """An open shard. Its scores for dense vectors are within .002 of the cosine (8-bit vectors).

    Raises from every method: what Qdrant Edge raises, panics (BaseException) included.
    """

    def __init__(self, shard: qdrant.EdgeShard, dimension: int) -> None:
        self._shard = shard
        self._dimension = dimension
        self._keys = ReaderKeys()

    @classmethod
    def create(cls, path: Path, dimension: int) -> EdgeShard:
        """A new shard in a folder that holds none."""
        import qdrant_edge as qdrant

        path.mkdir(parents=True, exist_ok=True)
        vectors = qdrant.EdgeVectorParams(
            dimension, qdrant.Distance.Cosine, datatype=qdrant.VectorStorageDatatype.Turbo8
        )
        config = qdrant.EdgeConfig(
            vectors={_DENSE: vectors},
            sparse_vectors={_SPARSE: qdrant.EdgeSparseVectorParams(modifier=qdrant.Modifier.Idf)},
            optimizers=qdrant.EdgeOptimizersConfig(indexing_threshold=_NO_HNSW_KB),
            wal_enabled=True,
        )
        shard = qdrant.EdgeShard.create(str(path), config)
        for field in (_READERS, _TENANT, _VERSION):
            params = qdrant.KeywordIndexParams(memory=qdrant.Memory.Pinned)
            shard.update(qdrant.UpdateOperation.create_field_index(field, params))
        shard.flush()
        return cls(shard, dimension)

    @classmethod
    def load(cls, path: Path, dimension: int) -> EdgeShard:
        """The shard of a folder, with what its write-ahead log holds beyond the last flush."""
        import qdrant_edge as qdrant

        opened = cls(qdrant.EdgeShard.load(str(path)), dimension)
        for key in opened._facet(_READERS, None):
            opened._keys.restore(key)
        return opened

    def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """Writes points, replacing those of the same id.

        Raises: IndexMismatch for a vector of another dimension, WrongUse for an id that is no
            UUID; then none is written.
        """
        import qdrant_edge as qdrant

        records = []
        for point in points:
            if point.dense.shape != (self._dimension,):
                raise self._wrong_dimension(point.dense.shape)
            # A point without terms has no sparse vector, so it does not count in the IDF.
            vectors: dict[str, Any] = {_DENSE: point.dense.tolist()}
            if len(point.sparse.indices):
                vectors[_SPARSE] = qdrant.SparseVector(
                    point.sparse.indices.tolist(), point.sparse.values.tolist()
                )
            payload = {
                _READERS: reader_key(tenant, point.audience),
                _TENANT: tenant,
                _VERSION: point.document_version,
            }
            try:
                records.append(qdrant.Point(point.id, vectors, payload))
            except ValueError as exc:
                raise WrongUse(f"{point.id[:60]!r} is no UUID, as a point's id must be.") from exc
        # Known before they are written: a write that fails halfway must not leave points hidden.
        for audience in {point.audience for point in points}:
            self._keys.add(tenant, audience)
        self._shard.update(qdrant.UpdateOperation.upsert_points(records))

    def set_audience(self, tenant: str, document_version: str, audience: tuple[str, ...]) -> None:
        """Replaces the tags of every point of a document version."""
        import qdrant_edge as qdrant

        key = self._keys.add(tenant, audience)
        where = self._of_versions(tenant, [document_version])
        self._shard.update(qdrant.UpdateOperation.set_payload_by_filter(where, {_READERS: key}))

    def delete_versions(self, tenant: str, document_versions: Sequence[str]) -> None:
        """Deletes every point of these document versions."""
        import qdrant_edge as qdrant

        where = self._of_versions(tenant, document_versions)
        self._shard.update(qdrant.UpdateOperation.delete_points_by_filter(where))

    def search(self, query: IndexQuery) -> IndexAnswer:
        """The nearest points of each vector, among those that the query's readers may see.

        Raises: IndexMismatch for a vector of another dimension.
        """
        import qdrant_edge as qdrant

        for vector in query.dense:
            if vector.shape != (self._dimension,):
                raise self._wrong_dimension(vector.shape)
        keys = self._keys.readable(query.tenant, query.audience)
        if not keys or query.limit < 1:
            return nothing_found(query)
        where = _carrying_any(keys)
        within = qdrant.SearchParams(idf=qdrant.IdfParams(where))

        def request(near: qdrant.Query, params: qdrant.SearchParams | None) -> qdrant.QueryRequest:
            return qdrant.QueryRequest(
                query.limit, query=near, filter=where, with_payload=False, params=params
            )

        requests = [
            request(qdrant.Query.Nearest(vector.tolist(), _DENSE), None) for vector in query.dense
        ]
        for terms in query.sparse:
            weights = qdrant.SparseVector(terms.indices.tolist(), terms.values.tolist())
            requests.append(request(qdrant.Query.Nearest(weights, _SPARSE), within))
        # One batch shares a pass over the filter: 2 + 2 vectors cost 1.8 ms, one by one 2.3.
        answers = self._shard.query_batch(qdrant.QueryBatchRequest(requests))
        found = [_ranked(hits) for hits in answers]
        cut = len(query.dense)
        return IndexAnswer(dense=tuple(found[:cut]), sparse=tuple(found[cut:]))

    def versions(self, tenant: str) -> dict[str, int]:
        """Points by document version."""
        return self._facet(_VERSION, _equals(_TENANT, tenant))

    def count(self, tenant: str | None) -> int:
        """Points of a tenant; None: of all."""
        import qdrant_edge as qdrant

        where = None if tenant is None else _equals(_TENANT, tenant)
        return self._shard.count(qdrant.CountRequest(filter=where))

    def vacuum(self) -> None:
        """Rewrites the shard when over a fifth of its points are deleted (Edge decides).

        Holds the interpreter: 1 s at 20,000 points, 6 s at 100,000. Never builds HNSW.
        """
        if self._shard.optimize():
            self._shard.flush()

    def flush(self) -> None:
        """Puts everything written before on disk."""
        self._shard.flush()

    def close(self) -> None:
        """Frees the folder for another open."""
        self._shard.close()

    def _facet(self, field: str, where: qdrant.Filter | None) -> dict[str, int]:
        import qdrant_edge as qdrant

        request = qdrant.FacetRequest(field, limit=_EVERY, exact=True, filter=where)
        # A value whose last point was deleted is still named, with a count of 0.
        return {str(hit.value): hit.count for hit in self._shard.facet(request).hits if hit.count}

    def _of_versions(self, tenant: str, document_versions: Sequence[str]) -> qdrant.Filter:
        import qdrant_edge as qdrant

        any_of = qdrant.FieldCondition(_VERSION, match=qdrant.MatchAny(list(document_versions)))
        return qdrant.Filter(must=[any_of, _equals(_TENANT, tenant)])

    def _wrong_dimension(self, shape: tuple[int, ...]) -> IndexMismatch:
        return IndexMismatch(
            f"A vector of shape {shape} does not fit the search index, which holds vectors of "
            f"{self._dimension} numbers; run `{REBUILD}` to build it anew."
        )


def nothing_found(query: IndexQuery) -> IndexAnswer:
    """The answer to a query whose readers may see nothing."""
    empty = RankedPoints(ids=(), scores=np.empty(0, dtype=np.float32))
    return IndexAnswer(dense=(empty,) * len(query.dense), sparse=(empty,) * len(query.sparse))


def _ranked(hits: Sequence[qdrant.ScoredPoint]) -> RankedPoints:
    return RankedPoints(
        ids=tuple(str(hit.id) for hit in hits),
        scores=np.array([hit.score for hit in hits], dtype=np.float32),
    )


def _equals(field: str, value: str) -> qdrant.Filter:
    import qdrant_edge as qdrant

    return qdrant.Filter(must=[qdrant.FieldCondition(field, match=qdrant.MatchValue(value))])


def _carrying_any(keys: list[str]) -> qdrant.Filter:
    """Never called without keys: an empty `should` matches every point."""
    import qdrant_edge as qdrant

    if len(keys) > _MANY_KEYS:
        return qdrant.Filter(must=[qdrant.FieldCondition(_READERS, match=qdrant.MatchAny(keys))])
    return qdrant.Filter(
        should=[qdrant.FieldCondition(_READERS, match=qdrant.MatchValue(key)) for key in keys]
    )
