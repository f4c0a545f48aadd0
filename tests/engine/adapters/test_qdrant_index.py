"""The Qdrant adapter beyond the port's contract: faults, keys, replicas, rebuilds."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import models

from engine.adapters.qdrant_index import QdrantIndex
from engine.errors import IndexMismatch, IndexUnavailable, StorageUnavailable
from engine.retrieval.index import (
    IndexPoint,
    IndexQuery,
    IndexRecord,
    RebuildsAside,
    SparseVector,
)
from engine.settings import QdrantSettings
from tests.qdrant_server.server import QdrantServer, Trouble

pytestmark = pytest.mark.slow  # faults wait for their time limits

KEY = "qd-secret-0123456789"
RECORD = IndexRecord(
    embedder="random", embedder_version="1", dimension=8, chunker_version="1", lexical_version="1"
)
TERMS = SparseVector(indices=np.array([1, 2], np.uint32), values=np.ones(2, np.float32))
OTHER = replace(RECORD, embedder="another")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QdrantServer]:
    with QdrantServer(tmp_path_factory.mktemp("qdrant")).running() as server:
        yield server


@pytest.fixture
def server(running: QdrantServer) -> Iterator[QdrantServer]:
    """Empty, open to everybody and well."""
    yield running
    running.trouble, running.troubled, running.times = None, "", None
    running.api_key, running.version = None, "1.20.0"
    running.requests.clear()
    running.drop_all()


def settings_of(server: QdrantServer, **changes: object) -> QdrantSettings:
    return QdrantSettings(**{"url": server.url, "timeout_s": 20, **changes})  # type: ignore[arg-type]


@asynccontextmanager
async def opened(server: QdrantServer, **changes: object) -> AsyncIterator[QdrantIndex]:
    index = QdrantIndex(settings_of(server, **changes))
    yield index
    await index.aclose()


@pytest.fixture
async def index(server: QdrantServer) -> AsyncIterator[QdrantIndex]:
    async with opened(server) as made:
        await made.start(RECORD)
        yield made


def points(count: int, *, version: str | None = None, seed: int = 3) -> list[IndexPoint]:
    rng = np.random.default_rng(seed)
    return [
        IndexPoint(
            id=str(uuid.uuid4()),
            document_version=version or str(uuid.uuid4()),
            audience=("everyone",),
            dense=(v := rng.normal(size=8).astype(np.float32)) / np.linalg.norm(v),
            sparse=TERMS,
        )
        for _ in range(count)
    ]


def query(tenant: str = "t") -> IndexQuery:
    return IndexQuery(
        tenant=tenant,
        audience=frozenset({"everyone"}),
        dense=(np.ones(8, np.float32) / np.sqrt(np.float32(8)),),
        sparse=(TERMS,),
        limit=50,
    )


async def found(index: QdrantIndex, tenant: str = "t") -> set[str]:
    answer = await index.search(query(tenant))
    return {*answer.dense[0].ids, *answer.sparse[0].ids}


SENTENCES = {
    Trouble.UNAUTHORISED: "refuses the key (401); set QDRANT_API_KEY to one that may read and",
    Trouble.FORBIDDEN: "refuses the key (403); set QDRANT_API_KEY to one that may read and",
    Trouble.BROKEN: "failed (500); try again, and look at its log if this stays.",
    Trouble.BUSY: "is overloaded; try again later.",
    Trouble.LIMITED: "is overloaded; try again in 1 s.",
    Trouble.HANG: "did not answer within 1 s; try again, and look at its load if this stays.",
    Trouble.DISCONNECT: "cannot be reached; check that it runs, and QDRANT_URL.",
    Trouble.GARBAGE: "does not speak Qdrant's protocol; check QDRANT_URL.",
    Trouble.NOT_QDRANT: "does not speak Qdrant's protocol; check QDRANT_URL.",
}
FOR_GOOD = {Trouble.UNAUTHORISED, Trouble.FORBIDDEN, Trouble.GARBAGE, Trouble.NOT_QDRANT}


@pytest.mark.parametrize("trouble", SENTENCES)
async def test_each_fault_is_one_sentence_without_the_key_and_within_the_time_limit(
    server: QdrantServer, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened(server, api_key=KEY) as first:
        await first.start(RECORD)
    async with opened(server, api_key=KEY, timeout_s=1) as index:
        assert await index.count("t") == 0
        server.trouble = trouble
        started = time.monotonic()
        with pytest.raises(IndexUnavailable) as raised:
            await index.search(query())
    text = str(raised.value)
    assert SENTENCES[trouble] in text
    assert text.count(". ") == 0
    assert f"127.0.0.1:{server.port}" in text
    assert raised.value.retryable == (trouble not in FOR_GOOD)
    assert time.monotonic() - started < 5
    assert KEY not in caplog.text + repr(raised.value) + repr(raised.value.__context__)
    server.trouble = None
    async with opened(server, api_key=KEY) as index:
        assert await found(index) == set()


async def test_a_server_that_is_not_there_is_one_sentence(server: QdrantServer) -> None:
    closed = replace_port(settings_of(server, timeout_s=1), 1)
    index = QdrantIndex(closed)
    with pytest.raises(IndexUnavailable, match=r"127\.0\.0\.1:1 cannot be reached") as raised:
        await index.start(RECORD)
    assert raised.value.retryable
    await index.aclose()


def replace_port(settings: QdrantSettings, port: int) -> QdrantSettings:
    return settings.model_copy(update={"url": f"http://127.0.0.1:{port}"})


async def test_a_full_disk_of_the_server_is_said_as_such(
    server: QdrantServer, index: QdrantIndex
) -> None:
    server.trouble, server.troubled = Trouble.FULL, "PUT"
    with pytest.raises(StorageUnavailable, match=r"disk of the Qdrant server at .* is full"):
        await index.upsert("t", points(1))


@pytest.mark.parametrize(
    "trouble", [Trouble.BUSY, Trouble.BUSY_FOR_A_SECOND, Trouble.LIMITED, Trouble.DISCONNECT]
)
async def test_what_passes_is_tried_again_and_nobody_notices(
    server: QdrantServer, index: QdrantIndex, trouble: Trouble
) -> None:
    server.trouble, server.times = trouble, 2
    mine = points(3)
    await index.upsert("t", mine)
    assert await found(index) == {point.id for point in mine}


async def test_a_wrong_key_and_then_the_right_one(server: QdrantServer) -> None:
    server.api_key = KEY
    async with opened(server, api_key="wrong-key-42") as index:
        with pytest.raises(IndexUnavailable, match=r"refuses the key \(401\)") as raised:
            await index.start(RECORD)
        assert "wrong-key-42" not in str(raised.value)
    async with opened(server, api_key=KEY) as index:
        await index.start(RECORD)
        assert await index.record() == RECORD


async def test_vectors_of_another_dimension_on_the_server_name_the_rebuild(
    server: QdrantServer, index: QdrantIndex
) -> None:
    for collection in server.collections.values():
        collection.wanted.vectors["dense"].size = 5  # type: ignore[index,union-attr]
    with pytest.raises(IndexMismatch, match="`deskhand ingest --rebuild`"):
        await index.upsert("t", points(1))


async def test_an_older_server_is_refused(server: QdrantServer) -> None:
    server.version = "1.17.3"
    async with opened(server) as index:
        with pytest.raises(
            IndexUnavailable, match=r"is version 1\.17\.3; Deskhand needs"
        ) as raised:
            await index.start(RECORD)
        assert not raised.value.retryable


async def test_a_strangers_collection_is_left_alone(server: QdrantServer) -> None:
    async with opened(server) as index:
        await index.start(RECORD)
        for collection in server.collections.values():
            collection.wanted.metadata = {"made by": "somebody else"}
        with pytest.raises(IndexUnavailable, match="DESKHAND_QDRANT__COLLECTION"):
            await index.start(RECORD)


async def test_the_record_stands_in_the_collections_metadata_for_an_operator_to_see(
    server: QdrantServer, index: QdrantIndex
) -> None:
    (name,) = server.collections
    assert server.aliases == {"deskhand": name}
    assert server.collections[name].wanted.metadata == {
        "deskhand": {
            "alias": "deskhand",
            "embedder": "random",
            "embedder_version": "1",
            "dimension": 8,
            "chunker_version": "1",
            "lexical_version": "1",
        }
    }


async def test_many_that_start_at_once_make_one_collection(server: QdrantServer) -> None:
    indexes = [QdrantIndex(settings_of(server)) for _ in range(6)]
    await asyncio.gather(*(index.start(RECORD) for index in indexes))
    assert len(server.collections) == 1
    mine = points(6)
    for index, point in zip(indexes, mine, strict=True):
        await index.upsert("t", [point])
    assert [await index.count("t") for index in indexes] == [6] * 6
    await asyncio.gather(*(index.aclose() for index in indexes))


async def test_the_settings_shape_a_new_collection(server: QdrantServer) -> None:
    shape = {"shard_number": 6, "replication_factor": 2, "write_consistency_factor": 2}
    async with opened(server, quantization="scalar", on_disk=True, **shape) as index:
        await index.start(RECORD)
        await index.upsert("t", points(3))
        assert len(await found(index)) == 3
    (collection,) = server.collections.values()
    made = collection.wanted
    assert made.model_dump(include=set(shape)) == shape
    assert isinstance(made.vectors, dict)
    assert made.sparse_vectors is not None
    assert made.vectors["dense"].memory == models.Memory.COLD
    assert isinstance(made.quantization_config, models.ScalarQuantization)
    assert made.quantization_config.scalar.memory == models.Memory.PINNED
    assert made.sparse_vectors["sparse"].modifier == models.Modifier.IDF
    assert {name: p.is_tenant for name, p in collection.indexed.items()} == {
        "tenant": True,
        "audience": None,
        "document_version": None,
    }


async def test_large_writes_go_in_bounded_requests(
    server: QdrantServer,
) -> None:
    async with opened(server, batch_points=10, parallel_requests=2) as index:
        await index.start(RECORD)
        server.requests.clear()
        await index.upsert("t", points(95))
        assert await index.count("t") == 95
    assert sum("PUT" in request for request in server.requests) == 10


async def test_it_offers_to_be_rebuilt_aside(index: QdrantIndex) -> None:
    assert isinstance(index, RebuildsAside)


async def test_readers_see_the_old_until_the_new_serves_and_then_the_new(
    server: QdrantServer, index: QdrantIndex
) -> None:
    old, new, others = points(3), points(4, seed=4), points(2, seed=5)
    await index.upsert("t", old)
    await index.upsert("other", others)
    (before,) = server.collections
    async with opened(server) as reader:
        await reader.start(RECORD)
        async with index.rebuilding(RECORD) as fresh:
            await fresh.upsert("t", new)
            await fresh.keep_others("t")
            assert await found(reader) == {point.id for point in old}
            await fresh.serve()
            assert await found(reader) == {point.id for point in new}
        assert await found(reader, "other") == {point.id for point in others}
        assert await reader.count("t") == 4
    (after,) = server.collections
    assert after != before
    assert server.aliases == {"deskhand": after}


async def test_a_rebuild_for_another_embedder_stops_the_readers_of_the_old_one(
    server: QdrantServer, index: QdrantIndex
) -> None:
    await index.upsert("other", points(2))
    async with opened(server) as builder, builder.rebuilding(OTHER) as fresh:
        await fresh.upsert("t", points(4))
        await fresh.keep_others("t")  # what was embedded otherwise is of no use
        await fresh.serve()
    index._read_at = float("-inf")  # ten seconds later
    with pytest.raises(IndexMismatch, match="built with embedder another where random is in use"):
        await index.search(query())
    async with opened(server) as reader:
        await reader.start(OTHER)
        assert (await reader.count("t"), await reader.count("other")) == (4, 0)


@pytest.mark.parametrize("served", [False, True])
async def test_a_rebuild_that_fails_leaves_the_old_serving(
    server: QdrantServer, index: QdrantIndex, served: bool
) -> None:
    old = points(3)
    await index.upsert("t", old)
    before = dict(server.aliases)

    async def rebuild() -> None:
        async with index.rebuilding(RECORD) as fresh:
            await fresh.upsert("t", points(4))
            if served:
                await fresh.serve()
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power"):
        await rebuild()
    assert await found(index) == {point.id for point in old}
    assert (server.aliases, len(server.collections)) == (before, 1)


async def test_what_a_killed_rebuild_left_is_dropped_by_the_next(
    server: QdrantServer, index: QdrantIndex
) -> None:
    await index.upsert("t", points(3))
    async with opened(server, timeout_s=0.5) as killed:
        with suppress(IndexUnavailable):
            async with killed.rebuilding(RECORD) as fresh:
                await fresh.upsert("t", points(4))
                server.trouble, server.troubled = Trouble.DISCONNECT, "DELETE"
                raise IndexUnavailable("killed")
    server.trouble = None
    assert len(server.collections) == 2
    assert await index.count("t") == 3
    async with index.rebuilding(RECORD) as fresh:
        await fresh.upsert("t", points(5))
        await fresh.serve()
    assert len(server.collections) == 1
    assert await index.count("t") == 5


async def test_a_restarted_server_is_found_again(tmp_path: Path) -> None:
    server = QdrantServer(tmp_path)
    mine = points(3)
    with server.running():
        index = QdrantIndex(settings_of(server, timeout_s=2))
        await index.start(RECORD)
        await index.upsert("t", mine)
    with pytest.raises(IndexUnavailable, match="cannot be reached"):
        await index.search(query())
    with server.running():
        assert await found(index) == {point.id for point in mine}
        await index.aclose()


async def test_a_collection_made_otherwise_than_the_settings_say_now_is_told_part_by_part(
    server: QdrantServer, index: QdrantIndex
) -> None:
    assert await index.misshapen() == ()
    wanted = {
        "shard_number": 6,
        "replication_factor": 2,
        "write_consistency_factor": 2,
        "quantization": "scalar",
        "on_disk": True,
    }
    async with opened(server, **wanted) as other:
        assert await other.misshapen() == (
            "shard_number is 1, not 6",
            "replication_factor is 1, not 2",
            "write_consistency_factor is 1, not 2",
            "quantization is none, not scalar",
            "on_disk is false, not true",
        )
        async with other.rebuilding(RECORD) as rebuild:
            await rebuild.serve()
        assert await other.misshapen() == ()
    assert await index.misshapen() == (
        "quantization is scalar, not none",
        "on_disk is true, not false",
    )
