"""What the owner of the search index and its clients say to each other.

The client's first frame is a Hello, answered by a Welcome; then Requests go one way and Replies
the other, in any order. Vectors travel as bytes, faults as a code and their sentence.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.adapters.edge_faults import ShardBroken
from engine.adapters.index_frames import FrameInvalid
from engine.errors import (
    DeskhandError,
    IndexMismatch,
    IndexUnavailable,
    StorageUnavailable,
    WrongUse,
)
from engine.retrieval.index import (
    IndexAnswer,
    IndexPoint,
    IndexQuery,
    IndexRecord,
    RankedPoints,
    SparseVector,
)

PROTOCOL = 1
"""Changes when an older program could not talk to a newer one."""

MAX_IN_FLIGHT = 64
"""Requests of one connection that are worked on at a time; the owner reads no further ones."""


class Hello(msgspec.Struct, frozen=True):
    """The client's first words."""

    protocol: int


class Welcome(msgspec.Struct, frozen=True):
    """The owner's answer: its protocol and process, so that a client can name who refuses it."""

    protocol: int
    pid: int


class Terms(msgspec.Struct, frozen=True, array_like=True):
    """A SparseVector: little-endian uint32 and float32."""

    indices: bytes
    values: bytes


class Point(msgspec.Struct, frozen=True, array_like=True):
    """An IndexPoint; dense: little-endian float32."""

    id: str
    document_version: str
    audience: tuple[str, ...]
    dense: bytes
    sparse: Terms


class Ranking(msgspec.Struct, frozen=True, array_like=True):
    """A RankedPoints; scores: little-endian float32."""

    ids: tuple[str, ...]
    scores: bytes


class GetRecord(msgspec.Struct, frozen=True, tag=True):
    """`record()`, answered by Held."""


class Start(msgspec.Struct, frozen=True, tag=True):
    """`start()`."""

    record: IndexRecord


class Upsert(msgspec.Struct, frozen=True, tag=True):
    """`upsert()`."""

    tenant: str
    points: tuple[Point, ...]


class SetAudience(msgspec.Struct, frozen=True, tag=True):
    """`set_audience()`."""

    tenant: str
    document_version: str
    audience: tuple[str, ...]


class DeleteVersions(msgspec.Struct, frozen=True, tag=True):
    """`delete_versions()`."""

    tenant: str
    document_versions: tuple[str, ...]


class Flush(msgspec.Struct, frozen=True, tag=True):
    """`flush()`."""


class Search(msgspec.Struct, frozen=True, tag=True):
    """`search()`, answered by Found."""

    tenant: str
    audience: tuple[str, ...]
    dense: tuple[bytes, ...]
    sparse: tuple[Terms, ...]
    limit: int


class Versions(msgspec.Struct, frozen=True, tag=True):
    """`versions()`, answered by a map."""

    tenant: str


class Count(msgspec.Struct, frozen=True, tag=True):
    """`count()`, answered by a number."""

    tenant: str


class Clear(msgspec.Struct, frozen=True, tag=True):
    """`clear()`."""


Call = (
    GetRecord
    | Start
    | Upsert
    | SetAudience
    | DeleteVersions
    | Flush
    | Search
    | Versions
    | Count
    | Clear
)


class Held(msgspec.Struct, frozen=True):
    """What built the index; None: nothing was written."""

    record: IndexRecord | None


class Found(msgspec.Struct, frozen=True):
    """An IndexAnswer."""

    dense: tuple[Ranking, ...]
    sparse: tuple[Ranking, ...]


class Failure(msgspec.Struct, frozen=True):
    """A fault; code: a key of FAULTS."""

    code: str
    message: str
    retryable: bool


class Request(msgspec.Struct, frozen=True):
    """One call; id: the client's, not in use by another of its requests."""

    id: int
    call: Call


class Reply(msgspec.Struct, frozen=True):
    """What became of a request; result: msgpack of what the call is answered by."""

    id: int
    result: msgspec.Raw = msgspec.Raw(b"\xc0")
    failure: Failure | None = None


FAULTS: Mapping[str, type[DeskhandError]] = {
    "mismatch": IndexMismatch,
    "storage": StorageUnavailable,
    "broken": ShardBroken,
    "unavailable": IndexUnavailable,
    "wrong_use": WrongUse,
}
"""A kind stands before those it is derived from."""


def render_failure(fault: DeskhandError) -> Failure:
    """A fault as it travels: its kind and its sentence, no more."""
    codes = (code for code, kind in FAULTS.items() if isinstance(fault, kind))
    return Failure(code=next(codes, "unavailable"), message=str(fault), retryable=fault.retryable)


def parse_failure(failure: Failure) -> DeskhandError:
    """The fault that the owner raised."""
    kind = FAULTS.get(failure.code, IndexUnavailable)
    return kind(failure.message, retryable=failure.retryable)


def render_terms(vector: SparseVector) -> Terms:
    """A sparse vector as it travels."""
    return Terms(
        indices=vector.indices.astype("<u4").tobytes(),
        values=vector.values.astype("<f4").tobytes(),
    )


def parse_terms(terms: Terms) -> SparseVector:
    """Raises: FrameInvalid when the parts do not have the same length."""
    try:
        indices = np.frombuffer(terms.indices, dtype="<u4").astype(np.uint32, copy=False)
    except ValueError as exc:
        raise FrameInvalid(str(exc)) from exc
    values = _floats(terms.values)
    if len(indices) != len(values):
        raise FrameInvalid("indices and values differ in length")
    return SparseVector(indices=indices, values=values)


def render_point(point: IndexPoint) -> Point:
    """A point as it travels."""
    return Point(
        id=point.id,
        document_version=point.document_version,
        audience=point.audience,
        dense=point.dense.astype("<f4").tobytes(),
        sparse=render_terms(point.sparse),
    )


def parse_point(point: Point) -> IndexPoint:
    """Raises: FrameInvalid."""
    return IndexPoint(
        id=point.id,
        document_version=point.document_version,
        audience=point.audience,
        dense=_floats(point.dense),
        sparse=parse_terms(point.sparse),
    )


def render_search(query: IndexQuery) -> Search:
    """A query as it travels."""
    return Search(
        tenant=query.tenant,
        audience=tuple(query.audience),
        dense=tuple(vector.astype("<f4").tobytes() for vector in query.dense),
        sparse=tuple(render_terms(vector) for vector in query.sparse),
        limit=query.limit,
    )


def parse_search(search: Search) -> IndexQuery:
    """Raises: FrameInvalid."""
    return IndexQuery(
        tenant=search.tenant,
        audience=frozenset(search.audience),
        dense=tuple(_floats(vector) for vector in search.dense),
        sparse=tuple(parse_terms(terms) for terms in search.sparse),
        limit=search.limit,
    )


def render_answer(answer: IndexAnswer) -> Found:
    """An answer as it travels."""

    def rendered(points: RankedPoints) -> Ranking:
        return Ranking(ids=points.ids, scores=points.scores.astype("<f4").tobytes())

    return Found(
        dense=tuple(rendered(points) for points in answer.dense),
        sparse=tuple(rendered(points) for points in answer.sparse),
    )


def parse_answer(found: Found) -> IndexAnswer:
    """Raises: FrameInvalid."""

    def parsed(ranking: Ranking) -> RankedPoints:
        return RankedPoints(ids=ranking.ids, scores=_floats(ranking.scores))

    return IndexAnswer(
        dense=tuple(parsed(ranking) for ranking in found.dense),
        sparse=tuple(parsed(ranking) for ranking in found.sparse),
    )


def _floats(data: bytes) -> NDArray[np.float32]:
    try:
        return np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)
    except ValueError as exc:
        raise FrameInvalid(str(exc)) from exc
