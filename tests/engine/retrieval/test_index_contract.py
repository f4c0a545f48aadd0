"""What every adapter of the search-index port must do, checked against numpy."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from engine.adapters.edge_index import EdgeIndex
from engine.adapters.index_client import IndexClient
from engine.adapters.index_lock import read_holder
from engine.adapters.qdrant_index import QdrantIndex
from engine.adapters.shared_index import SharedIndex
from engine.errors import IndexMismatch, IndexUnavailable, WrongUse
from engine.retrieval.index import (
    IndexPoint,
    IndexQuery,
    IndexRecord,
    RankedPoints,
    SearchIndex,
    SparseVector,
)
from engine.settings import QdrantSettings
from tests.qdrant_server.server import QdrantServer

ROOT = Path(__file__).parents[3]
DIMENSION = 32
TERMS = 60
RECORD = IndexRecord(
    embedder="random",
    embedder_version="1",
    dimension=DIMENSION,
    chunker_version="1",
    lexical_version="1",
)
DENSE_TOLERANCE = 0.01
QDRANT_KEY = "a key of the test server"
OWNER = """
import asyncio, sys
from pathlib import Path
from engine.adapters.shared_index import SharedIndex
async def main():
    index = SharedIndex(Path(sys.argv[1]))
    await index.count("t")
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await index.aclose()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def owner_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("owner")
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield home
        process.communicate(timeout=20)
        assert process.returncode == 0


@pytest.fixture(scope="module")
def qdrant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QdrantServer]:
    with QdrantServer(tmp_path_factory.mktemp("qdrant"), api_key=QDRANT_KEY).running() as server:
        yield server


@dataclass(frozen=True)
class Places:
    """Where the adapters put their indexes."""

    tmp_path: Path
    request: pytest.FixtureRequest

    @property
    def owner_home(self) -> Path:
        home: Path = self.request.getfixturevalue("owner_home")
        return home

    @property
    def qdrant(self) -> QdrantServer:
        server: QdrantServer = self.request.getfixturevalue("qdrant")
        return server


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest) -> Places:
    return Places(tmp_path, request)


# Each is an async context manager that gives an empty index.
@asynccontextmanager
async def edge(places: Places) -> AsyncIterator[SearchIndex]:
    index = await EdgeIndex.open(places.tmp_path / "index")
    yield index
    await index.aclose()


@asynccontextmanager
async def client_of_another_process(places: Places) -> AsyncIterator[SearchIndex]:
    holder = read_holder(places.owner_home)
    assert holder is not None
    assert holder.socket is not None
    index = await IndexClient.connect(holder.socket)
    await index.clear()
    yield index
    await index.aclose()


@asynccontextmanager
async def shared(places: Places) -> AsyncIterator[SearchIndex]:
    index = SharedIndex(places.tmp_path)
    yield index
    await index.aclose()


@asynccontextmanager
async def qdrant_server(places: Places) -> AsyncIterator[SearchIndex]:
    index = QdrantIndex(
        QdrantSettings(url=places.qdrant.url, api_key=QDRANT_KEY, timeout_s=60, batch_points=100)
    )
    await index.clear()
    yield index
    await index.aclose()


ADAPTERS = (
    edge,
    pytest.param(client_of_another_process, marks=pytest.mark.slow),
    pytest.param(shared, marks=pytest.mark.slow),
    pytest.param(qdrant_server, marks=pytest.mark.slow),
)


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
async def empty_index(request: pytest.FixtureRequest, places: Places) -> AsyncIterator[SearchIndex]:
    async with request.param(places) as index:
        yield index


@pytest.fixture
async def index(empty_index: SearchIndex) -> SearchIndex:
    await empty_index.start(RECORD)
    return empty_index


@dataclass
class World:
    """Points as the index should hold them, and what a search over them should give."""

    rng: np.random.Generator
    points: dict[str, tuple[str, IndexPoint]] = field(default_factory=dict)

    def point(
        self,
        audience: tuple[str, ...] = ("everyone",),
        version: str | None = None,
        terms: int | None = None,
    ) -> IndexPoint:
        count = int(self.rng.integers(0, 9)) if terms is None else terms
        return IndexPoint(
            id=str(uuid.UUID(bytes=self.rng.bytes(16))),
            document_version=version or str(uuid.UUID(bytes=self.rng.bytes(16))),
            audience=audience,
            dense=self.unit(),
            sparse=self.sparse(count),
        )

    def unit(self) -> np.ndarray:
        vector = self.rng.normal(size=DIMENSION)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def sparse(self, count: int) -> SparseVector:
        # Among the largest 32-bit numbers: terms are hashes.
        indices = self.rng.choice(TERMS, size=count, replace=False).astype(np.uint32)
        weights = self.rng.uniform(0.1, 2.2, size=count).astype(np.float32)
        return SparseVector(indices=np.uint32(2**32 - TERMS) + indices, values=weights)

    def query(self, tenant: str, audience: set[str], limit: int = 10) -> IndexQuery:
        return IndexQuery(
            tenant=tenant,
            audience=frozenset(audience),
            dense=(self.unit(), self.unit()),
            sparse=(self.sparse(5), self.sparse(1)),
            limit=limit,
        )

    async def write(self, index: SearchIndex, tenant: str, points: list[IndexPoint]) -> None:
        await index.upsert(tenant, points)
        self.points.update({point.id: (tenant, point) for point in points})

    def readable(self, query: IndexQuery) -> list[IndexPoint]:
        return [
            point
            for tenant, point in self.points.values()
            if tenant == query.tenant and not query.audience.isdisjoint(point.audience)
        ]

    def dense_scores(self, query: IndexQuery, vector: np.ndarray) -> dict[str, float]:
        return {point.id: float(point.dense @ vector) for point in self.readable(query)}

    def sparse_scores(self, query: IndexQuery, terms: SparseVector) -> dict[str, float]:
        """Weight x ln(1 + (N - df + .5) / (df + .5)) x term frequency, N: points with terms."""
        points = [point for point in self.readable(query) if len(point.sparse.indices)]
        weights = dict(zip(terms.indices.tolist(), terms.values.tolist(), strict=True))
        held = [
            dict(zip(p.sparse.indices.tolist(), p.sparse.values.tolist(), strict=True))
            for p in points
        ]
        scores = {}
        for point, mine in zip(points, held, strict=True):
            shared_terms = weights.keys() & mine.keys()
            if shared_terms:
                total = 0.0
                for term in shared_terms:
                    df = sum(term in other for other in held)
                    idf = np.log(1 + (len(points) - df + 0.5) / (df + 0.5))
                    total += weights[term] * idf * mine[term]
                scores[point.id] = float(total)
        return scores

    async def check(self, index: SearchIndex, query: IndexQuery) -> None:
        answer = await index.search(query)
        assert len(answer.dense) == len(query.dense)
        assert len(answer.sparse) == len(query.sparse)
        for vector, dense in zip(query.dense, answer.dense, strict=True):
            agree(dense, self.dense_scores(query, vector), query.limit, DENSE_TOLERANCE)
        for terms, sparse in zip(query.sparse, answer.sparse, strict=True):
            agree(sparse, self.sparse_scores(query, terms), query.limit, 1e-4)


def agree(found: RankedPoints, expected: dict[str, float], limit: int, tolerance: float) -> None:
    assert len(found.ids) == len(set(found.ids)) == min(limit, len(expected))
    assert set(found.ids) <= expected.keys()
    assert found.scores.dtype == np.float32
    exact = np.array([expected[id_] for id_ in found.ids])
    np.testing.assert_allclose(found.scores, exact, atol=tolerance)
    assert (np.diff(found.scores) <= 0).all()
    best = sorted(expected.values(), reverse=True)[: len(found.ids)]
    np.testing.assert_allclose(found.scores, best, atol=tolerance)


@pytest.fixture
def world() -> World:
    return World(np.random.default_rng(7))


async def test_finds_the_best_points_of_each_vector_in_order_with_numpys_scores(
    index: SearchIndex, world: World
) -> None:
    await world.write(index, "t", [world.point() for _ in range(300)])
    for _ in range(10):
        await world.check(index, world.query("t", {"everyone"}))


async def test_a_limit_beyond_the_corpus_gives_every_point_and_a_limit_of_0_none(
    index: SearchIndex, world: World
) -> None:
    await world.write(index, "t", [world.point() for _ in range(20)])
    await world.check(index, world.query("t", {"everyone"}, limit=10_000))
    await world.check(index, world.query("t", {"everyone"}, limit=0))


async def test_no_world_shows_a_point_to_another_tenant_or_audience(index: SearchIndex) -> None:
    tags = ["everyone", "public", "channel:C1", "group:S1", "user:U1"]
    for seed in range(12):
        world = World(np.random.default_rng(seed))
        versions = [str(uuid.UUID(bytes=world.rng.bytes(16))) for _ in range(8)]

        def draw(world: World = world) -> tuple[str, ...]:
            drawn = world.rng.choice(len(tags), size=world.rng.integers(1, 4), replace=False)
            return tuple(tags[n] for n in drawn)

        for step in range(12):
            tenant = f"world {seed} tenant {world.rng.integers(3)}"
            version = versions[world.rng.integers(8)]
            mine = [
                p for t, p in world.points.values() if (t, p.document_version) == (tenant, version)
            ]
            if step % 4 < 2:
                fresh = [world.point(draw(), version) for _ in range(world.rng.integers(1, 30))]
                again = [replace(p, dense=world.unit(), audience=draw()) for p in mine[:3]]
                await world.write(index, tenant, fresh + again)
            elif step % 4 == 2:
                audience = draw()
                await index.set_audience(tenant, version, audience)
                world.points |= {p.id: (tenant, replace(p, audience=audience)) for p in mine}
            else:
                await index.delete_versions(tenant, [version])
                for point in mine:
                    del world.points[point.id]
            for _ in range(3):
                asker = f"world {seed} tenant {world.rng.integers(4)}"
                await world.check(index, world.query(asker, set(draw())))


async def test_many_different_readers_are_told_apart_as_well_as_few(
    index: SearchIndex, world: World
) -> None:
    points = [world.point((f"user:U{n % 100}", f"group:S{n % 7}")) for n in range(300)]
    await world.write(index, "t", points)
    await world.check(index, world.query("t", {f"user:U{n}" for n in range(90)}, limit=500))
    await world.check(index, world.query("t", {"group:S3", "user:U5"}, limit=500))


async def test_a_terms_frequency_elsewhere_does_not_change_a_score(
    index: SearchIndex, world: World
) -> None:
    await world.write(index, "t", [world.point(terms=8) for _ in range(40)])
    query = world.query("t", {"everyone"})
    before = await index.search(query)
    await world.write(index, "t", [world.point(("group:S1",), terms=9) for _ in range(200)])
    await world.write(index, "other", [world.point(terms=9) for _ in range(200)])
    after = await index.search(query)
    for one, two in zip(before.sparse, after.sparse, strict=True):
        assert one.ids == two.ids
        np.testing.assert_array_equal(one.scores, two.scores)


async def test_an_audience_that_shares_no_tag_finds_nothing(
    index: SearchIndex, world: World
) -> None:
    await world.write(index, "t", [world.point() for _ in range(5)])
    for tenant, audience in (("t", set()), ("t", {"public"}), ("nobody", {"everyone"})):
        answer = await index.search(world.query(tenant, audience))
        assert [ranked.ids for ranked in answer.dense + answer.sparse] == [()] * 4


async def test_odd_tenants_and_tags_cannot_forge_the_readers_of_others(
    index: SearchIndex, world: World
) -> None:
    odd = [
        ("t", ('everyone","public',)),
        ("t", ("everyone,public",)),
        ('t","everyone', ("public",)),
        ('["t"', ('everyone"]',)),
        ("t\0", ("everyone",)),
        ("", ("",)),
        ("ü", ("u\u0308", "👩‍💻", "\u202e")),
        ("u\u0308", ("ü",)),
        ("t", ("everyone", "public")),
        ("t ", ("everyone ",)),
        ("\\u00fc", ("\\", '"')),
    ]
    for tenant, audience in odd:
        await world.write(index, tenant, [world.point(audience)])
    for tenant in {tenant for tenant, _ in odd}:
        for tag in {tag for _, audience in odd for tag in audience}:
            await world.check(index, world.query(tenant, {tag}))
        assert await index.count(tenant) == sum(other == tenant for other, _ in odd)


async def test_a_document_may_have_hundreds_of_tags(index: SearchIndex, world: World) -> None:
    tags = tuple(f"channel:C{n:08}" for n in range(500))
    await world.write(index, "t", [world.point(tags), world.point(tags[::-1]), world.point()])
    await world.check(index, world.query("t", {"channel:C00000499"}))


async def test_points_and_queries_may_have_no_terms(index: SearchIndex, world: World) -> None:
    await world.write(index, "t", [world.point(terms=0) for _ in range(5)])
    none = world.sparse(0)
    await world.check(
        index, replace(world.query("t", {"everyone"}), sparse=(none, world.sparse(3)))
    )
    await world.write(index, "t", [world.point(terms=4) for _ in range(5)])
    await world.check(
        index, replace(world.query("t", {"everyone"}), sparse=(none, world.sparse(9)))
    )
    nothing = replace(world.query("t", {"everyone"}), dense=(), sparse=())
    await world.check(index, nothing)


async def test_writing_a_point_again_replaces_it(index: SearchIndex, world: World) -> None:
    first = world.point(terms=5)
    await world.write(index, "t", [first])
    await world.write(index, "t", [first])
    second = replace(world.point(("public",), terms=0), id=first.id)
    await world.write(index, "t", [second])
    assert await index.count("t") == 1
    assert await index.versions("t") == {second.document_version: 1}
    await world.check(index, world.query("t", {"everyone"}))
    await world.check(index, world.query("t", {"public"}))


async def test_a_new_audience_takes_effect_at_once_and_only_in_its_tenant(
    index: SearchIndex, world: World
) -> None:
    version = str(uuid.uuid4())
    ours = [world.point(version=version) for _ in range(3)]
    await world.write(index, "t", ours)
    await world.write(index, "other", [world.point(version=version)])
    await index.set_audience("t", version, ("group:S1",))
    world.points |= {p.id: ("t", replace(p, audience=("group:S1",))) for p in ours}
    for tenant in ("t", "other"):
        for tag in ("everyone", "group:S1"):
            await world.check(index, world.query(tenant, {tag}))


async def test_deleting_versions_takes_their_points_of_that_tenant_and_no_others(
    index: SearchIndex, world: World
) -> None:
    versions = [str(uuid.uuid4()) for _ in range(150)]
    for tenant in ("t", "other"):
        await world.write(index, tenant, [world.point(version=version) for version in versions * 2])
    await index.delete_versions("t", [*versions[:140], str(uuid.uuid4())])
    await index.delete_versions("t", versions[:140])
    await index.delete_versions("t", [])
    assert await index.versions("t") == dict.fromkeys(versions[140:], 2)
    assert await index.versions("other") == dict.fromkeys(versions, 2)
    assert (await index.count("t"), await index.count("other")) == (20, 300)


async def test_clear_takes_everything_and_lets_another_record_start(
    index: SearchIndex, world: World
) -> None:
    await world.write(index, "t", [world.point() for _ in range(5)])
    await index.flush()
    await index.clear()
    world.points.clear()
    assert await index.record() is None
    assert await index.count("t") == 0
    await world.check(index, world.query("t", {"everyone"}))
    await index.clear()
    other = replace(RECORD, embedder="another")
    await index.start(other)
    assert await index.record() == other
    await world.write(index, "t", [world.point()])
    await world.check(index, world.query("t", {"everyone"}))


async def test_an_index_that_nothing_was_written_to_is_empty(
    empty_index: SearchIndex, world: World
) -> None:
    assert await empty_index.record() is None
    assert await empty_index.count("t") == 0
    assert await empty_index.versions("t") == {}
    await empty_index.delete_versions("t", [str(uuid.uuid4())])
    await empty_index.set_audience("t", str(uuid.uuid4()), ("everyone",))
    await empty_index.flush()
    await world.check(empty_index, world.query("t", {"everyone"}))
    with pytest.raises(IndexUnavailable, match="deskhand ingest"):
        await empty_index.upsert("t", [world.point()])


async def test_starting_again_with_the_same_record_keeps_the_points(
    index: SearchIndex, world: World
) -> None:
    await world.write(index, "t", [world.point()])
    await index.start(RECORD)
    assert await index.record() == RECORD
    assert await index.count("t") == 1


async def test_points_built_otherwise_are_refused_with_what_differs_and_the_remedy(
    index: SearchIndex, world: World
) -> None:
    other = replace(RECORD, embedder="another", dimension=8)
    await world.write(index, "t", [world.point()])
    with pytest.raises(IndexMismatch) as raised:
        await index.start(other)
    assert not raised.value.retryable
    assert str(raised.value) == (
        "The search index was built with embedder random where another is in use, dimension 32 "
        "where 8 is in use; run `deskhand ingest --rebuild` to build it anew."
    )
    assert await index.record() == RECORD
    assert await index.count("t") == 1


async def test_an_index_without_points_takes_another_record(index: SearchIndex) -> None:
    other = replace(RECORD, dimension=8)
    await index.start(other)
    assert await index.record() == other


async def test_vectors_of_another_dimension_and_ids_that_are_no_uuid_are_refused(
    index: SearchIndex, world: World
) -> None:
    short = world.unit()[:5]
    with pytest.raises(IndexMismatch, match="32 numbers"):
        await index.upsert("t", [world.point(), replace(world.point(), dense=short)])
    with pytest.raises(IndexMismatch, match="32 numbers"):
        await index.search(replace(world.query("t", {"everyone"}), dense=(short,)))
    with pytest.raises(WrongUse, match="'x' is no UUID"):
        await index.upsert("t", [replace(world.point(), id="x")])
    assert await index.count("t") == 0


async def test_calls_may_overlap(index: SearchIndex, world: World) -> None:
    await world.write(index, "t", [world.point() for _ in range(200)])
    async with asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(index.upsert("other", [world.point() for _ in range(300)]))
        for _ in range(40):
            tasks.create_task(world.check(index, world.query("t", {"everyone"})))
    assert await index.count("other") == 1500


async def test_a_cancelled_call_leaves_the_index_usable(index: SearchIndex, world: World) -> None:
    await world.write(index, "t", [world.point() for _ in range(50)])
    points = [world.point() for _ in range(2000)]
    calls = [
        asyncio.create_task(index.upsert("other", points)),
        asyncio.create_task(index.search(world.query("t", {"everyone"}))),
    ]
    await asyncio.sleep(0.01)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    await world.check(index, world.query("t", {"everyone"}))
    assert await index.count("other") < 2000


async def test_closing_twice_is_no_error(index: SearchIndex) -> None:
    await index.aclose()
    await index.aclose()
    with pytest.raises(IndexUnavailable):
        await index.count("t")
