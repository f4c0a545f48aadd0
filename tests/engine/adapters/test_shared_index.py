from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import stat
import subprocess
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.adapters import index_messages as messages
from engine.adapters import index_socket
from engine.adapters.index_client import IndexClient, OwnerGone
from engine.adapters.index_frames import MAX_FRAME_BYTES, encode_frame
from engine.adapters.index_lock import IndexLock, read_holder
from engine.adapters.index_owner import IndexOwner
from engine.adapters.shared_index import SharedIndex
from engine.errors import IndexUnavailable, WrongUse
from engine.retrieval.index import IndexPoint, IndexRecord, SparseVector

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
RECORD = IndexRecord(
    embedder="random",
    embedder_version="1",
    dimension=16,
    chunker_version="1",
    lexical_version="1",
)
OWNER = """
import asyncio, sys
from pathlib import Path
from engine.adapters.index_owner import IndexOwner
from engine.adapters.shared_index import SharedIndex
async def main():
    index = SharedIndex(Path(sys.argv[1]))
    await index.count("t")
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await index.aclose()
asyncio.run(main())
"""
RACER = """
import asyncio, sys, uuid
from pathlib import Path
import numpy as np
from engine.adapters.index_owner import IndexOwner
from engine.adapters.shared_index import SharedIndex
from engine.retrieval.index import IndexPoint, IndexRecord, SparseVector
async def main():
    index = SharedIndex(Path(sys.argv[1]))
    sys.stdin.readline()
    await index.start(IndexRecord(embedder="random", embedder_version="1", dimension=16,
                                  chunker_version="1", lexical_version="1"))
    terms = SparseVector(indices=np.array([1], np.uint32), values=np.ones(1, np.float32))
    for _ in range(10):
        await index.upsert("t", [
            IndexPoint(id=str(uuid.uuid4()), document_version=sys.argv[2], audience=("everyone",),
                       dense=np.random.normal(size=16).astype(np.float32), sparse=terms)
            for _ in range(20)])
    await index.flush()
    assert (await index.versions("t"))[sys.argv[2]] == 200
    await index.aclose()
asyncio.run(main())
"""


def some_points(count: int) -> list[IndexPoint]:
    rng = np.random.default_rng(3)
    terms = SparseVector(indices=np.array([1, 2], np.uint32), values=np.ones(2, np.float32))
    return [
        IndexPoint(
            id=str(uuid.uuid4()),
            document_version=str(uuid.UUID(int=1)),
            audience=("everyone",),
            dense=rng.normal(size=16).astype(np.float32),
            sparse=terms,
        )
        for _ in range(count)
    ]


@contextmanager
def owner_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            if process.poll() is None:
                process.communicate(timeout=20)


def racer_process(home: Path, version: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RACER, str(home), version],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
async def owner(tmp_path: Path) -> AsyncIterator[SharedIndex]:
    index = SharedIndex(tmp_path)
    await index.start(RECORD)
    yield index
    await index.aclose()


def socket_of(home: Path) -> Path:
    holder = read_holder(home)
    assert holder is not None
    assert holder.socket is not None
    return holder.socket


@pytest.mark.parametrize("seed", range(3))
async def test_a_client_takes_over_when_the_owner_is_killed_amid_its_ingestion(
    tmp_path: Path, seed: int
) -> None:
    points = some_points(2000)
    with owner_process(tmp_path) as process:
        index = SharedIndex(tmp_path)
        await index.start(RECORD)
        holder = read_holder(tmp_path)
        assert holder is not None
        assert holder.pid == process.pid
        kill_at = random.Random(seed).randrange(0, 2000, 50)
        for start in range(0, 2000, 50):
            writing = asyncio.create_task(index.upsert("t", points[start : start + 50]))
            if start == kill_at:
                await asyncio.sleep(random.Random(seed).uniform(0, 0.02))
                process.kill()
            await writing
        await index.flush()
        assert await index.versions("t") == {str(uuid.UUID(int=1)): 2000}
        holder = read_holder(tmp_path)
        assert holder is not None
        assert holder.pid == os.getpid()
        await index.aclose()


async def test_calls_under_way_on_a_clients_connection_all_survive_its_owner(
    tmp_path: Path,
) -> None:
    with owner_process(tmp_path) as process:
        index = SharedIndex(tmp_path)
        await index.start(RECORD)
        calls = [asyncio.create_task(index.upsert("t", some_points(300))) for _ in range(8)]
        await asyncio.sleep(0.02)
        process.kill()
        await asyncio.gather(*calls)
        assert await index.count("t") == 2400
        await index.aclose()


async def test_an_owner_that_closes_ends_the_calls_it_has_and_a_client_takes_over(
    owner: SharedIndex, tmp_path: Path
) -> None:
    client = SharedIndex(tmp_path)
    assert await client.record() == RECORD
    calls = [asyncio.create_task(client.upsert("t", some_points(300))) for _ in range(8)]
    await asyncio.sleep(0.02)
    await owner.aclose()
    await asyncio.gather(*calls)
    assert await client.count("t") == 2400
    assert socket_of(tmp_path).exists()
    await client.aclose()
    assert not (tmp_path / "index.sock").exists()
    assert read_holder(tmp_path) is None


async def test_a_call_that_reached_a_closing_owner_is_still_answered(
    tmp_path: Path,
) -> None:
    lock = IndexLock.try_take(tmp_path)
    assert lock is not None
    owner = await IndexOwner.start(tmp_path, lock, vacuum=False)
    await owner.index.start(RECORD)
    client = await IndexClient.connect(socket_of(tmp_path))
    gate = threading.Event()
    busy = asyncio.ensure_future(owner.index._thread.run(gate.wait))
    call = asyncio.create_task(client.upsert("t", some_points(50)))
    await asyncio.sleep(0.2)
    closing = asyncio.create_task(owner.aclose())
    await asyncio.sleep(0.1)
    assert not closing.done()
    gate.set()
    await asyncio.gather(busy, call, closing)
    with pytest.raises(OwnerGone):
        await client.count("t")
    await client.aclose()
    index = SharedIndex(tmp_path)
    assert await index.count("t") == 50
    await index.aclose()


async def test_a_cancelled_close_still_frees_the_index(owner: SharedIndex, tmp_path: Path) -> None:
    closing = asyncio.create_task(owner.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    other = SharedIndex(tmp_path)
    assert await other.record() == RECORD
    await other.aclose()


async def test_processes_that_race_to_open_share_one_index(tmp_path: Path) -> None:
    racers = [racer_process(tmp_path, str(uuid.UUID(int=n))) for n in range(3)]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    for racer in racers:
        await asyncio.to_thread(racer.communicate, timeout=60)
        assert racer.returncode == 0
    index = SharedIndex(tmp_path)
    assert await index.versions("t") == {str(uuid.UUID(int=n)): 200 for n in range(3)}
    await index.aclose()


async def test_first_calls_at_the_same_time_elect_once(tmp_path: Path) -> None:
    index = SharedIndex(tmp_path)
    cancelled = asyncio.create_task(index.count("t"))
    others = [asyncio.create_task(index.count("t")) for _ in range(5)]
    await asyncio.sleep(0)
    cancelled.cancel()
    assert await asyncio.gather(*others) == [0] * 5
    assert cancelled.cancelled()
    await index.aclose()


async def test_closing_while_another_holds_the_lock_ends_the_calls_that_wait(
    tmp_path: Path,
) -> None:
    lock = IndexLock.try_take(tmp_path)
    assert lock is not None
    index = SharedIndex(tmp_path)
    call = asyncio.create_task(index.count("t"))
    await asyncio.sleep(0.05)
    await index.aclose()
    with pytest.raises(IndexUnavailable, match="closed"):
        await call
    lock.release()


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.003, 0.01, 0.03])
async def test_closing_at_any_moment_of_the_election_frees_the_lock(
    tmp_path: Path, after_s: float
) -> None:
    index = SharedIndex(tmp_path)
    call = asyncio.create_task(index.count("t"))
    await asyncio.sleep(after_s)
    await index.aclose()
    with suppress(IndexUnavailable):
        await call
    lock = IndexLock.try_take(tmp_path)
    assert lock is not None
    lock.release()


async def test_lock_and_socket_belong_to_this_user_alone(
    owner: SharedIndex, tmp_path: Path
) -> None:
    path = socket_of(tmp_path)
    assert path == tmp_path / "index.sock"
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "index.lock").stat().st_mode) == 0o600


async def test_a_home_with_a_long_path_is_shared_too(tmp_path: Path) -> None:
    home = tmp_path / ("long " * 20) / ("long " * 20)
    first, second = SharedIndex(home), SharedIndex(home)
    await first.start(RECORD)
    assert await second.record() == RECORD
    folder = socket_of(home).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    await second.aclose()
    await first.aclose()
    folder.chmod(0o755)
    with pytest.raises(IndexUnavailable, match="not a folder of this user alone"):
        await SharedIndex(home).record()
    folder.rmdir()
    lock = IndexLock.try_take(home)
    assert lock is not None
    lock.release()


async def test_a_stale_socket_of_a_dead_owner_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "index.sock"))
    index = SharedIndex(tmp_path)
    await index.start(RECORD)
    client = SharedIndex(tmp_path)
    assert await client.record() == RECORD
    await client.aclose()
    await index.aclose()


async def test_a_peer_of_another_user_is_dropped(
    owner: SharedIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.adapters.index_owner.peer_is_trusted", lambda _: False)
    with pytest.raises(OwnerGone):
        await IndexClient.connect(socket_of(tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names the peer's user")
def test_a_peer_is_trusted_when_it_runs_as_this_user_or_root(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = socket.socketpair()
    with one, two:
        assert index_socket.peer_is_trusted(one)
        mine = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: mine + 1)
        assert index_socket.peer_is_trusted(one) == (mine == 0)


GREETING = encode_frame(messages.Hello(messages.PROTOCOL))
GARBAGE = [
    b"",
    b"\0",
    b"GET / HTTP/1.1\r\n\r\n",
    random.Random(1).randbytes(100_000),
    (MAX_FRAME_BYTES + 1).to_bytes(4, "big"),
    (0).to_bytes(4, "big"),
    GREETING + random.Random(2).randbytes(100_000),
    GREETING + (3).to_bytes(4, "big") + b"\xc1\xc1\xc1",
    GREETING + (1000).to_bytes(4, "big") + b"\x91" * 1000,
    GREETING + (50).to_bytes(4, "big") + b"half a frame",
    GREETING + GREETING,
]


@pytest.mark.parametrize("sent", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_on_the_socket_does_not_hurt_the_owner(
    owner: SharedIndex, tmp_path: Path, sent: bytes
) -> None:
    client = SharedIndex(tmp_path)
    await client.upsert("t", some_points(5))
    reader, writer = await asyncio.open_unix_connection(socket_of(tmp_path))
    writer.write(sent)
    writer.write_eof()
    await reader.read()
    writer.close()
    assert await client.count("t") == 5
    assert await owner.count("t") == 5
    await client.aclose()


@pytest.mark.parametrize("length", [0, MAX_FRAME_BYTES + 1, 2**32 - 1])
async def test_a_frame_of_a_wrong_length_ends_the_connection_before_it_is_read(
    owner: SharedIndex, tmp_path: Path, length: int
) -> None:
    reader, writer = await asyncio.open_unix_connection(socket_of(tmp_path))
    writer.write(length.to_bytes(4, "big"))
    # The owner greets within 5 s or drops a silent client, so it must be quicker than that.
    async with asyncio.timeout(4):
        assert await reader.read() == b""
    writer.close()


async def test_a_call_that_does_not_fit_is_refused_and_the_connection_goes_on(
    owner: SharedIndex, tmp_path: Path
) -> None:
    client = await IndexClient.connect(socket_of(tmp_path))
    terms = messages.Terms(b"1234", b"")
    for dense, sparse in (((b"123",), ()), ((), (terms,))):
        call = messages.Search("t", ("everyone",), dense, sparse, 5)
        with pytest.raises(WrongUse, match="does not fit"):
            await client._call(call, messages.Found)
    assert await client.record() == RECORD
    await client.aclose()


async def test_a_call_too_large_for_a_frame_is_refused_before_it_is_sent(
    owner: SharedIndex, tmp_path: Path
) -> None:
    client = await IndexClient.connect(socket_of(tmp_path))
    with pytest.raises(WrongUse, match="too many"):
        await client.delete_versions("t", ["x" * 2**20] * 64)
    assert await client.record() == RECORD
    await client.aclose()


async def test_an_owner_of_another_version_is_named(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode_frame(messages.Welcome(messages.PROTOCOL + 1, 4321)))
        await reader.read()
        writer.close()

    path = tmp_path / "index.sock"
    server = await asyncio.start_unix_server(answer, path)
    lock = IndexLock.try_take(tmp_path)
    assert lock is not None
    lock.announce(path)
    index = SharedIndex(tmp_path)
    with pytest.raises(IndexUnavailable, match=r"another version of Deskhand \(process 4321\)"):
        await index.record()
    await index.aclose()
    lock.release()
    server.close()


async def test_an_owner_that_does_not_answer_is_named_after_the_time_limit(tmp_path: Path) -> None:
    with owner_process(tmp_path) as process:
        index = SharedIndex(tmp_path, wait_s=0.3)
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(IndexUnavailable, match=f"held by process {process.pid}") as raised:
            await index.record()
        assert raised.value.retryable
        process.send_signal(signal.SIGCONT)
        patient = SharedIndex(tmp_path)
        assert await patient.record() is None
        await patient.aclose()
        await index.aclose()


async def test_no_message_carries_more_than_a_faults_kind_and_sentence() -> None:
    failure = messages.render_failure(IndexUnavailable("Try again.", retryable=False))
    assert msgspec.to_builtins(failure) == {
        "code": "unavailable",
        "message": "Try again.",
        "retryable": False,
    }
    fault = messages.parse_failure(failure)
    assert (type(fault), str(fault), fault.retryable) == (IndexUnavailable, "Try again.", False)
