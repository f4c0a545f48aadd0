"""The points of one collection on a Qdrant server.

Every request names the tenant in its filter: collections are shared by tenants. The client is
imported inside the functions, since that takes a second or more.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.adapters.edge_shard import nothing_found
from engine.adapters.qdrant_connection import QdrantConnection
from engine.adapters.qdrant_faults import wrong_dimension
from engine.errors import IndexUnavailable, WrongUse
from engine.retrieval.index import IndexAnswer, IndexPoint, IndexQuery, RankedPoints, SparseVector
from engine.settings import QdrantSettings
from engine.tasks import as_one

if TYPE_CHECKING:
    from qdrant_client import models

DENSE, SPARSE = "dense", "sparse"
TENANT, AUDIENCE, VERSION = "tenant", "audience", "document_version"

_VERSIONS_A_REQUEST = 256
GRAPH_WIDTH = 256
"""Candidates that a search of the graph keeps: twice the default, for recall under a filter."""

OVERSAMPLING = {"scalar": 1.5, "binary": 3.0}
"""Quantised candidates that are compared again with the whole vectors, over those wanted."""


class QdrantPoints:
    """Reads and writes the collection of this name or alias. Every write is idempotent and has
    been applied, on as many replicas as the settings ask for, when it returns.

    dimension: of the dense vectors.

    Raises from every method: IndexUnavailable, and CollectionGone where there is no collection.
    """

    def __init__(
        self,
        connection: QdrantConnection,
        settings: QdrantSettings,
        collection: str,
        dimension: int,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._collection = collection
        self._dimension = dimension

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """Writes points, replacing those of the same id.

        Raises: IndexMismatch for a vector of another dimension, WrongUse for an id that is no
            UUID; then none is written.
        """
        await self.write_raw([self._rendered(tenant, point) for point in points])

    async def write_raw(self, points: Sequence[models.PointStruct]) -> None:
        """Writes points that have their final shape, several requests at a time."""
        from qdrant_client import models

        slots = asyncio.Semaphore(self._settings.parallel_requests)

        async def send(batch: Sequence[models.PointStruct]) -> None:
            async with slots:
                _require_done(
                    await self._connection.write(
                        lambda client: client.upsert(
                            self._collection,
                            list(batch),
                            wait=True,
                            ordering=models.WriteOrdering.MEDIUM,
                        )
                    )
                )

        size = self._settings.batch_points
        async with as_one() as tasks:
            for start in range(0, len(points), size):
                tasks.create_task(send(points[start : start + size]))

    async def set_audience(
        self, tenant: str, document_version: str, audience: tuple[str, ...]
    ) -> None:
        """Replaces the tags of every point of a document version."""
        from qdrant_client import models

        where = _of_versions(tenant, [document_version])
        _require_done(
            await self._connection.write(
                lambda client: client.set_payload(
                    self._collection,
                    {AUDIENCE: list(audience)},
                    where,
                    wait=True,
                    ordering=models.WriteOrdering.MEDIUM,
                )
            )
        )

    async def delete_versions(self, tenant: str, document_versions: Sequence[str]) -> None:
        """Deletes every point of these document versions."""
        from qdrant_client import models

        for start in range(0, len(document_versions), _VERSIONS_A_REQUEST):
            where = _of_versions(tenant, document_versions[start : start + _VERSIONS_A_REQUEST])
            _require_done(
                await self._connection.write(
                    lambda client, where=where: client.delete(  # type: ignore[misc]
                        self._collection,
                        models.FilterSelector(filter=where),
                        wait=True,
                        ordering=models.WriteOrdering.MEDIUM,
                    )
                )
            )

    async def search(self, query: IndexQuery) -> IndexAnswer:
        """The nearest points of each vector among those the audience may read, in one request.

        Raises: IndexMismatch for a vector of another dimension.
        """
        for vector in query.dense:
            self._require_dimension(vector)
        asked = [bool(terms.indices.size) for terms in query.sparse]
        if not query.audience or query.limit < 1 or not (query.dense or any(asked)):
            return nothing_found(query)
        requests = self._requests(query)
        answers = await self._connection.read(
            lambda client: client.query_batch_points(self._collection, requests)
        )
        found = iter([_ranked(answer.points) for answer in answers])
        nothing = RankedPoints(ids=(), scores=np.empty(0, np.float32))
        return IndexAnswer(
            dense=tuple(next(found) for _ in query.dense),
            sparse=tuple(next(found) if has_terms else nothing for has_terms in asked),
        )

    async def versions(self, tenant: str) -> dict[str, int]:
        """Points by document version."""
        where = _equals(TENANT, tenant)
        most = await self.count(tenant)  # no more versions than points
        if not most:
            return {}
        facet = await self._connection.write(
            lambda client: client.facet(
                self._collection, VERSION, facet_filter=where, limit=most, exact=True
            )
        )
        return {str(hit.value): hit.count for hit in facet.hits if hit.count}

    async def count(self, tenant: str | None) -> int:
        """Points of a tenant; None: of all."""
        where = None if tenant is None else _equals(TENANT, tenant)
        counted = await self._connection.read(
            lambda client: client.count(self._collection, count_filter=where, exact=True)
        )
        return counted.count

    def _requests(self, query: IndexQuery) -> list[models.QueryRequest]:
        from qdrant_client import models

        where = _readable(query.tenant, query.audience)

        def request(
            near: list[float] | models.SparseVector, using: str, params: models.SearchParams
        ) -> models.QueryRequest:
            return models.QueryRequest(
                query=near,
                using=using,
                filter=where,
                params=params,
                limit=query.limit,
                with_payload=False,
                with_vector=False,
            )

        dense = self._dense_params()
        # Term statistics of what this asker may read, and of nothing else.
        sparse = models.SearchParams(idf=models.IdfCorpusParams(corpus=where))
        return [
            *(request(vector.tolist(), DENSE, dense) for vector in query.dense),
            *(
                request(_sparse(terms), SPARSE, sparse)
                for terms in query.sparse
                if terms.indices.size
            ),
        ]

    def _dense_params(self) -> models.SearchParams:
        from qdrant_client import models

        if self._settings.exact:
            return models.SearchParams(exact=True)
        oversampling = OVERSAMPLING.get(self._settings.quantization)
        quantised = (
            models.QuantizationSearchParams(rescore=True, oversampling=oversampling)
            if oversampling
            else None
        )
        return models.SearchParams(
            hnsw_ef=GRAPH_WIDTH,
            quantization=quantised,
            acorn=models.AcornSearchParams(enable=True),
        )

    def _rendered(self, tenant: str, point: IndexPoint) -> models.PointStruct:
        from qdrant_client import models

        self._require_dimension(point.dense)
        try:
            uuid.UUID(point.id)
        except ValueError:
            raise WrongUse(f"{point.id[:60]!r} is no UUID, as a point's id must be.") from None
        # A point without terms has no sparse vector, so it does not count in the IDF.
        vectors: dict[str, Any] = {DENSE: point.dense.tolist()}
        if point.sparse.indices.size:
            vectors[SPARSE] = _sparse(point.sparse)
        return models.PointStruct(
            id=point.id,
            vector=vectors,
            payload={
                TENANT: tenant,
                AUDIENCE: list(point.audience),
                VERSION: point.document_version,
            },
        )

    def _require_dimension(self, vector: np.ndarray[Any, Any]) -> None:
        if vector.shape != (self._dimension,):
            raise wrong_dimension(
                f"it has shape {vector.shape}, the index holds {self._dimension} numbers"
            )


def _sparse(terms: SparseVector) -> models.SparseVector:
    from qdrant_client import models

    return models.SparseVector(indices=terms.indices.tolist(), values=terms.values.tolist())


def _ranked(points: Sequence[models.ScoredPoint]) -> RankedPoints:
    return RankedPoints(
        ids=tuple(str(point.id) for point in points),
        scores=np.array([point.score for point in points], dtype=np.float32),
    )


def _require_done(result: models.UpdateResult) -> None:
    """A write that the server has only taken note of is not yet seen by searches.

    Raises: IndexUnavailable.
    """
    if result.status != "completed":
        raise IndexUnavailable(
            f"The Qdrant server has not applied a write in time ({result.status.value}); try again."
        )


def _equals(field: str, value: str) -> models.Filter:
    from qdrant_client import models

    return models.Filter(
        must=[models.FieldCondition(key=field, match=models.MatchValue(value=value))]
    )


def _readable(tenant: str, audience: Iterable[str]) -> models.Filter:
    from qdrant_client import models

    tags = models.MatchAny(any=sorted(audience))
    return models.Filter(
        must=[
            models.FieldCondition(key=TENANT, match=models.MatchValue(value=tenant)),
            models.FieldCondition(key=AUDIENCE, match=tags),
        ]
    )


def _of_versions(tenant: str, document_versions: Sequence[str]) -> models.Filter:
    from qdrant_client import models

    versions = models.MatchAny(any=list(document_versions))
    return models.Filter(
        must=[
            models.FieldCondition(key=TENANT, match=models.MatchValue(value=tenant)),
            models.FieldCondition(key=VERSION, match=versions),
        ]
    )
