from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import uuid
from collections.abc import Awaitable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from engine.adapters import edge_index
from engine.adapters.edge_index import EdgeIndex
from engine.adapters.edge_shard import EdgeShard
from engine.adapters.edge_thread import EdgeThread
from engine.errors import IndexUnavailable, StorageUnavailable
from engine.retrieval.index import IndexPoint, IndexQuery, IndexRecord, SparseVector

ROOT = Path(__file__).parents[3]
MEGABYTE = 2**20
RECORD = IndexRecord(
    embedder="random",
    embedder_version="1",
    dimension=16,
    chunker_version="1",
    lexical_version="1",
)
WRITER = """
import asyncio, sys, uuid
from pathlib import Path
import numpy as np
from engine.adapters.edge_index import EdgeIndex
from engine.retrieval.index import IndexPoint, IndexRecord, SparseVector
async def main():
    index = await EdgeIndex.open(Path(sys.argv[1]))
    await index.start(IndexRecord(embedder="random", embedder_version="1", dimension=16,
                                  chunker_version="1", lexical_version="1"))
    terms = SparseVector(indices=np.array([1, 2], np.uint32), values=np.ones(2, np.float32))
    for step in range(10_000):
        points = [IndexPoint(id=str(uuid.uuid4()), document_version=str(uuid.UUID(int=step)),
                             audience=("everyone",), sparse=terms,
                             dense=np.random.normal(size=16).astype(np.float32)) for _ in range(20)]
        await index.upsert("t", points)
        if step % 7 == 6:
            await index.set_audience("t", str(uuid.UUID(int=step)), ("public",))
        if step % 10 == 9:
            await index.flush()
        print(*(point.id for point in points), flush=True)
asyncio.run(main())
"""


def some_points(count: int, version: str | None = None, seed: int = 3) -> list[IndexPoint]:
    rng = np.random.default_rng(seed)
    terms = SparseVector(indices=np.array([1, 2], np.uint32), values=np.ones(2, np.float32))
    version = version or str(uuid.uuid4())
    return [
        IndexPoint(
            id=str(uuid.uuid4()),
            document_version=version,
            audience=("everyone",),
            dense=rng.normal(size=16).astype(np.float32),
            sparse=terms,
        )
        for _ in range(count)
    ]


async def ids_for(index: EdgeIndex, *audience: str) -> set[str]:
    query = IndexQuery(
        tenant="t",
        audience=frozenset(audience),
        dense=(np.ones(16, np.float32),),
        sparse=(),
        limit=1_000_000,
    )
    return set((await index.search(query)).dense[0].ids)


async def started(path: Path) -> EdgeIndex:
    index = await EdgeIndex.open(path)
    await index.start(RECORD)
    return index


def write_until_killed(path: Path, after: int) -> list[list[str]]:
    """The ids of each write that was acknowledged, by a process killed amid a later one."""
    acknowledged: list[list[str]] = []
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            acknowledged.append(line.split())
            if len(acknowledged) == after:
                writer.kill()
    return acknowledged


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_every_acknowledged_point_survives_a_kill_at_any_moment(
    tmp_path: Path, seed: int
) -> None:
    acknowledged = write_until_killed(tmp_path, after=random.Random(seed).randint(1, 60))
    index = await EdgeIndex.open(tmp_path)
    assert await index.record() == RECORD
    for step, ids in enumerate(acknowledged):
        audience = "public" if step % 7 == 6 else "everyone"
        assert set(ids) <= await ids_for(index, audience)
    assert await ids_for(index, "everyone", "public") >= {
        id_ for ids in acknowledged for id_ in ids
    }
    await index.aclose()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=320m", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a small disk can only be mounted by root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path, leave: int) -> Path:
    stat = os.statvfs(disk)
    ballast = disk / f"ballast {leave}"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, stat.f_bavail * stat.f_frsize - leave)
    return ballast


async def test_a_full_disk_is_refused_in_time_and_nothing_written_before_is_lost(
    small_disk: Path,
) -> None:
    index = await started(small_disk / "index")
    kept = some_points(500)
    await index.upsert("t", kept)
    await index.flush()
    unflushed = some_points(100)
    await index.upsert("t", unflushed)
    ballasts = [fill(small_disk, 200 * MEGABYTE)]
    with pytest.raises(StorageUnavailable, match=r"The disk that holds .* is full; free at least"):
        await index.upsert("t", some_points(10))
    await index.flush()
    ballasts.append(fill(small_disk, 5 * MEGABYTE))
    with pytest.raises(StorageUnavailable, match="full"):
        await index.flush()
    assert await index.count("t") == 600
    await index.aclose()
    with pytest.raises(StorageUnavailable, match="full"):
        await EdgeIndex.open(small_disk / "index")
    for ballast in ballasts:
        ballast.unlink()
    index = await EdgeIndex.open(small_disk / "index")
    assert await ids_for(index, "everyone") == {point.id for point in kept + unflushed}
    await index.upsert("t", some_points(10))
    await index.aclose()


@pytest.mark.parametrize(
    "damage", ["segment.json", "version.info", "edge_config.json", "status.dat"]
)
async def test_a_damaged_shard_says_what_to_do_and_clear_makes_it_usable(
    tmp_path: Path, damage: str
) -> None:
    index = await started(tmp_path)
    await index.upsert("t", some_points(10))
    await index.aclose()
    files = [*(tmp_path / "shard").rglob(damage)]
    assert files
    for file in files:
        file.write_bytes(b"?")
    index = await EdgeIndex.open(tmp_path)
    for call in (index.record, partial(index.count, "t"), partial(index.start, RECORD)):
        with pytest.raises(IndexUnavailable, match=r"`deskhand ingest --rebuild`") as raised:
            await call()
        assert not raised.value.retryable
    await index.clear()
    await index.start(RECORD)
    await index.upsert("t", some_points(10))
    assert await index.count("t") == 10
    await index.aclose()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"embedder": 1}', json.dumps(dict.fromkeys(RECORD.__slots__, "x"))]
)
async def test_a_damaged_record_says_what_to_do_and_clear_makes_it_usable(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "record.json").write_text(text)
    index = await EdgeIndex.open(tmp_path)
    with pytest.raises(IndexUnavailable, match=r"`deskhand ingest --rebuild`"):
        await index.record()
    await index.clear()
    assert await index.record() is None
    await index.aclose()


async def test_a_shard_without_a_record_counts_as_nothing_written(tmp_path: Path) -> None:
    index = await started(tmp_path)
    await index.upsert("t", some_points(10))
    await index.aclose()
    (tmp_path / "record.json").unlink()
    index = await started(tmp_path)
    assert await index.count("t") == 0
    await index.aclose()


async def test_a_folder_is_open_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_index, "_LOCK_WAIT_S", 0.1)
    index = await started(tmp_path)
    with pytest.raises(IndexUnavailable, match="open in another process"):
        await EdgeIndex.open(tmp_path)
    await index.upsert("t", some_points(1))
    await index.aclose()


@pytest.mark.slow
async def test_deleted_points_are_swept_out_at_the_next_start_without_building_hnsw(
    tmp_path: Path,
) -> None:
    index = await started(tmp_path)
    gone, kept = some_points(900, str(uuid.uuid4())), some_points(600, str(uuid.uuid4()))
    await index.upsert("t", gone + kept)
    await index.delete_versions("t", [gone[0].document_version])
    before = set((tmp_path / "shard" / "segments").iterdir())
    await index.aclose()
    index = await EdgeIndex.open(tmp_path)
    segments = set((tmp_path / "shard" / "segments").iterdir())
    assert segments.isdisjoint(before)
    for segment in segments:
        assert '"type":"plain"' in (segment / "segment.json").read_text()
    assert await ids_for(index, "everyone") == {point.id for point in kept}
    await index.upsert("t", gone)
    assert await index.count("t") == 1500
    await index.aclose()


async def test_a_panic_is_a_fault_and_the_next_call_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PanicException(BaseException):
        pass

    def panic(*_: object) -> int:
        raise PanicException("index out of bounds")

    index = await started(tmp_path)
    await index.upsert("t", some_points(10))
    with monkeypatch.context() as patch:
        patch.setattr(EdgeShard, "count", panic)
        with pytest.raises(IndexUnavailable, match="index out of bounds"):
            await index.count("t")
    assert await index.count("t") == 10
    await index.aclose()


async def test_urgent_calls_overtake_waiting_ones_and_the_others_keep_their_order() -> None:
    thread = EdgeThread()
    ran: list[str] = []
    gate = threading.Event()
    calls: list[asyncio.Future[object]] = [asyncio.ensure_future(thread.run(gate.wait))]
    calls += [
        asyncio.ensure_future(thread.run(partial(ran.append, f"write {n}"))) for n in range(3)
    ]
    calls.append(asyncio.ensure_future(thread.run(partial(ran.append, "search"), urgent=True)))
    await asyncio.sleep(0)
    calls[2].cancel()
    closing = asyncio.ensure_future(thread.stop(partial(ran.append, "close")))
    await asyncio.sleep(0)
    with pytest.raises(IndexUnavailable, match="closed"):
        await thread.run(partial(ran.append, "too late"))
    gate.set()
    await closing
    await thread.stop(partial(ran.append, "close again"))
    assert ran == ["search", "write 0", "write 2", "close"]


async def test_a_question_overtakes_writes_that_wait(tmp_path: Path) -> None:
    index = await started(tmp_path)
    gate = threading.Event()
    done: list[str] = []

    async def note(name: str, call: Awaitable[object]) -> None:
        await call
        done.append(name)

    calls = [
        asyncio.ensure_future(index._thread.run(gate.wait)),
        asyncio.ensure_future(note("write", index.upsert("t", some_points(5)))),
        asyncio.ensure_future(note("search", ids_for(index, "everyone"))),
    ]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*calls)
    assert done == ["search", "write"]
    await index.aclose()


def test_importing_the_adapters_does_not_load_the_search_engine() -> None:
    code = "import sys, engine.adapters.shared_index; sys.exit('qdrant_edge' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
