"""One collection of the test server: Qdrant's REST models in front of a real embedded shard."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import qdrant_edge as edge
from qdrant_client import models


class Refused(Exception):
    """What the server answers with a 4xx status and one sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Collection:
    """A shard with named dense and sparse vectors, as `CreateCollection` asks for it."""

    def __init__(self, name: str, path: Path, wanted: models.CreateCollection) -> None:
        self.name = name
        self.wanted = wanted
        self.indexed: dict[str, models.KeywordIndexParams] = {}
        self._path = path
        self._shard = edge.EdgeShard.create(str(path), _config(wanted))

    def info(self) -> dict[str, Any]:
        """The body of `GET /collections/NAME`."""
        wanted = self.wanted
        params = models.CollectionParams(
            vectors=wanted.vectors,
            sparse_vectors=wanted.sparse_vectors,
            shard_number=wanted.shard_number or 1,
            replication_factor=wanted.replication_factor or 1,
            write_consistency_factor=wanted.write_consistency_factor or 1,
        )
        config = models.CollectionConfig(
            params=params,
            hnsw_config=models.HnswConfig(m=16, ef_construct=100, full_scan_threshold=10_000),
            optimizer_config=models.OptimizersConfig(
                deleted_threshold=0.2,
                vacuum_min_vector_number=1000,
                default_segment_number=0,
                flush_interval_sec=5,
            ),
            quantization_config=wanted.quantization_config,
            metadata=wanted.metadata,
        )
        schema = {
            name: models.PayloadIndexInfo(
                data_type=models.PayloadSchemaType.KEYWORD, params=field, points=0
            )
            for name, field in self.indexed.items()
        }
        info = models.CollectionInfo(
            status=models.CollectionStatus.GREEN,
            optimizer_status=models.OptimizersStatusOneOf.OK,
            points_count=self.count(None),
            segments_count=1,
            config=config,
            payload_schema=schema,
        )
        return info.model_dump(mode="json", exclude_none=True)

    def create_index(self, field: str, params: models.KeywordIndexParams) -> None:
        self.indexed[field] = params
        keyword = edge.KeywordIndexParams(is_tenant=params.is_tenant)
        self._shard.update(edge.UpdateOperation.create_field_index(field, keyword))

    def upsert(self, points: list[models.PointStruct]) -> None:
        self._shard.update(edge.UpdateOperation.upsert_points([self._point(p) for p in points]))

    def set_payload(self, payload: dict[str, Any], where: models.Filter) -> None:
        self._shard.update(edge.UpdateOperation.set_payload_by_filter(self._filter(where), payload))

    def delete(self, where: models.Filter) -> None:
        self._shard.update(edge.UpdateOperation.delete_points_by_filter(self._filter(where)))

    def query(self, requests: list[models.QueryRequest]) -> list[list[dict[str, Any]]]:
        asked = [self._query(request) for request in requests]
        answers = self._shard.query_batch(edge.QueryBatchRequest(asked)) if asked else []
        return [
            [{"id": str(hit.id), "version": hit.version, "score": hit.score} for hit in hits]
            for hits in answers
        ]

    def count(self, where: models.Filter | None) -> int:
        found: int = self._shard.count(
            edge.CountRequest(filter=self._filter(where) if where else None)
        )
        return found

    def facet(self, request: models.FacetRequest) -> list[dict[str, Any]]:
        if request.key not in self.indexed:
            raise Refused(400, f"Wrong input: Field {request.key} is not indexed for faceting")
        where = self._filter(request.filter) if request.filter else None
        found = self._shard.facet(
            edge.FacetRequest(request.key, limit=request.limit or 10, exact=True, filter=where)
        )
        return [{"value": hit.value, "count": hit.count} for hit in found.hits]

    def scroll(self, request: models.ScrollRequest) -> dict[str, Any]:
        if request.order_by is not None or request.with_payload not in (True, False):
            raise Refused(400, "the test server scrolls by id with whole payloads only")
        records, after = self._shard.scroll(
            edge.ScrollRequest(
                offset=request.offset,
                limit=request.limit or 10,
                filter=self._filter(request.filter) if request.filter else None,
                with_payload=bool(request.with_payload),
                with_vector=bool(request.with_vector),
            )
        )
        points = [
            {"id": str(r.id), "payload": r.payload, "vector": _rendered(r.vector)} for r in records
        ]
        return {"points": points, "next_page_offset": None if after is None else str(after)}

    def drop(self) -> None:
        self._shard.close()
        shutil.rmtree(self._path)

    def _point(self, point: models.PointStruct) -> edge.Point:
        if not isinstance(point.vector, dict):
            raise Refused(400, "Wrong input: Not existing vector name error: ")
        vectors: dict[str, Any] = {}
        for name, vector in point.vector.items():
            if isinstance(vector, models.SparseVector):
                self._require(name, self.wanted.sparse_vectors)
                vectors[name] = edge.SparseVector(vector.indices, vector.values)
            else:
                self._require(name, self.wanted.vectors)
                vectors[name] = self._sized(name, vector)
        return edge.Point(str(point.id), vectors, point.payload)

    def _query(self, request: models.QueryRequest) -> edge.QueryRequest:
        known = {"query", "using", "filter", "params", "limit", "with_payload", "with_vector"}
        odd = request.model_fields_set - known
        if odd:
            raise Refused(400, f"the test server does not know {sorted(odd)} of a query")
        if not request.limit or request.limit < 1:
            raise Refused(422, "Validation error in JSON body: [limit: value 0 invalid]")
        using = request.using or ""
        near = (
            request.query.nearest
            if isinstance(request.query, models.NearestQuery)
            else (request.query)
        )
        if isinstance(near, models.SparseVector):
            self._require(using, self.wanted.sparse_vectors)
            if len(near.indices) != len(near.values) or len(set(near.indices)) != len(near.indices):
                raise Refused(422, "Validation error: sparse vector indices must be unique")
            query = edge.Query.Nearest(edge.SparseVector(near.indices, near.values), using)
        elif isinstance(near, list):
            self._require(using, self.wanted.vectors)
            query = edge.Query.Nearest(self._sized(using, near), using)
        else:
            raise Refused(400, "the test server knows nearest queries only")
        return edge.QueryRequest(
            request.limit,
            query=query,
            filter=self._filter(request.filter) if request.filter else None,
            with_payload=bool(request.with_payload),
            with_vector=bool(request.with_vector),
            params=self._params(request.params, using),
        )

    def _params(self, params: models.SearchParams | None, using: str) -> edge.SearchParams | None:
        if params is None:
            return None
        idf = None
        if params.idf is not None:
            if using not in (self.wanted.sparse_vectors or {}):
                raise Refused(400, "Wrong input: `idf` applies to sparse vectors with the modifier")
            if isinstance(params.idf, models.IdfCorpusParams):
                idf = edge.IdfParams(self._filter(params.idf.corpus))
        return edge.SearchParams(exact=bool(params.exact), idf=idf)

    def _sized(self, name: str, vector: Any) -> list[float]:
        wanted = self.wanted.vectors
        size = wanted[name].size if isinstance(wanted, dict) else 0
        if len(vector) != size:
            raise Refused(
                400,
                f"Wrong input: Vector dimension error: expected dim: {size}, got {len(vector)}",
            )
        if not all(math.isfinite(number) for number in vector):
            raise Refused(400, "Wrong input: a vector holds a number that is not finite")
        return [float(number) for number in vector]

    def _require(self, name: str, known: Any) -> None:
        if name not in (known or {}):
            raise Refused(400, f"Wrong input: Not existing vector name error: {name}")

    def _filter(self, where: models.Filter) -> edge.Filter:
        if where.min_should is not None:
            raise Refused(400, "the test server does not know min_should")
        return edge.Filter(
            must=self._conditions(where.must),
            should=self._conditions(where.should),
            must_not=self._conditions(where.must_not),
        )

    def _conditions(self, conditions: Any) -> list[Any] | None:
        if conditions is None:
            return None
        every = conditions if isinstance(conditions, list) else [conditions]
        return [self._condition(condition) for condition in every]

    def _condition(self, condition: Any) -> Any:
        if isinstance(condition, models.Filter):
            return self._filter(condition)
        if not isinstance(condition, models.FieldCondition):
            raise Refused(400, f"the test server does not know {type(condition).__name__}")
        if condition.key not in self.indexed:  # as in strict mode
            raise Refused(400, f"Bad request: Index required but not found for {condition.key}")
        if isinstance(condition.match, models.MatchValue):
            return edge.FieldCondition(condition.key, match=edge.MatchValue(condition.match.value))
        if isinstance(condition.match, models.MatchAny):
            return edge.FieldCondition(condition.key, match=edge.MatchAny(condition.match.any))
        raise Refused(400, f"the test server does not know {condition.match!r}")


def _config(wanted: models.CreateCollection) -> edge.EdgeConfig:
    if not isinstance(wanted.vectors, dict):
        raise Refused(400, "the test server has named vectors only")
    dense = {}
    for name, params in wanted.vectors.items():
        if params.distance != models.Distance.COSINE:
            raise Refused(400, "the test server compares by cosine only")
        dense[name] = edge.EdgeVectorParams(params.size, edge.Distance.Cosine)
    sparse = {
        name: edge.EdgeSparseVectorParams(
            modifier=edge.Modifier.Idf if params.modifier == models.Modifier.IDF else None
        )
        for name, params in (wanted.sparse_vectors or {}).items()
    }
    return edge.EdgeConfig(
        vectors=dense,
        sparse_vectors=sparse,
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=10**9),
        wal_enabled=False,
    )


def _rendered(vector: Any) -> Any:
    if isinstance(vector, dict):
        return {name: _rendered(part) for name, part in vector.items()}
    if isinstance(vector, edge.SparseVector):
        return {"indices": vector.indices, "values": vector.values}
    return vector
