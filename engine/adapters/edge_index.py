"""The search index in this process: Qdrant Edge behind the port."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from engine.adapters.edge_faults import (
    REBUILD,
    ROOM_TO_GROW,
    ROOM_TO_WORK,
    ShardBroken,
    ShardLocked,
    ShardPanicked,
    edge_faults,
    require_room,
)
from engine.adapters.edge_shard import EdgeShard, nothing_found
from engine.adapters.edge_thread import EdgeThread
from engine.adapters.index_record_file import mismatch, read_record, remove_record, write_record
from engine.errors import IndexUnavailable, StorageUnavailable
from engine.retrieval.index import IndexAnswer, IndexPoint, IndexQuery, IndexRecord

T = TypeVar("T")
_log = logging.getLogger(__name__)

_POINTS_A_CALL = 64
"""Points written in one call: about 11 ms during which nothing else runs; more a call gains no
speed."""

_VERSIONS_A_CALL = 64

_LOCK_WAIT_S = 5.0
"""How long the lock of a process that is just ending is waited for."""


class EdgeIndex:
    """The port `engine.retrieval.index.SearchIndex` over a folder that only this object opens.

    A folder whose record or shard cannot be read opens all the same, so that `clear` can make it
    usable; every other call then raises IndexUnavailable, not retryable.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._record_path = path / "record.json"
        self._shard_path = path / "shard"
        self._thread = EdgeThread()
        self._record: IndexRecord | None = None
        self._shard: EdgeShard | None = None
        self._broken: str | None = None

    @classmethod
    async def open(cls, path: Path, *, vacuum: bool = True) -> EdgeIndex:
        """Opens the index in a folder, made when absent; replays what was not flushed.

        vacuum: rewrites the shard when over a fifth of its points are deleted, which holds the
            interpreter for seconds; False where questions are waiting.

        Raises: IndexUnavailable (the folder cannot be used, or another process has it open),
            StorageUnavailable (disk full).
        """
        index = cls(path)
        try:
            await index._thread.run(partial(index._open, vacuum))
        except BaseException:
            await index._thread.stop(index._close)
            raise
        return index

    async def record(self) -> IndexRecord | None:
        """See the port."""
        return await self._run("reading its record", self._held_record, urgent=True)

    async def start(self, record: IndexRecord) -> None:
        """See the port. An index that holds no point takes any record."""
        await self._run("starting it", partial(self._start, record))

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """See the port. Cut into calls that a question may come between.

        Raises: IndexUnavailable before `start`; IndexMismatch for a vector of another dimension;
            WrongUse for an id that is no UUID.
        """
        for start in range(0, len(points), _POINTS_A_CALL):
            batch = points[start : start + _POINTS_A_CALL]
            await self._run("writing to it", partial(self._upsert, tenant, batch))

    async def set_audience(
        self, tenant: str, document_version: str, audience: tuple[str, ...]
    ) -> None:
        """See the port."""
        await self._write(lambda shard: shard.set_audience(tenant, document_version, audience))

    async def delete_versions(self, tenant: str, document_versions: Sequence[str]) -> None:
        """See the port."""
        for start in range(0, len(document_versions), _VERSIONS_A_CALL):
            batch = document_versions[start : start + _VERSIONS_A_CALL]
            await self._write(
                partial(EdgeShard.delete_versions, tenant=tenant, document_versions=batch)
            )

    async def flush(self) -> None:
        """See the port."""
        await self._write(EdgeShard.flush)

    async def search(self, query: IndexQuery) -> IndexAnswer:
        """See the port. Overtakes writes that wait.

        Raises: IndexMismatch for a vector of another dimension.
        """
        found = await self._read("searching it", lambda shard: shard.search(query), urgent=True)
        return nothing_found(query) if found is None else found

    async def versions(self, tenant: str) -> dict[str, int]:
        """See the port."""
        return await self._read("listing it", lambda shard: shard.versions(tenant)) or {}

    async def count(self, tenant: str) -> int:
        """See the port."""
        return await self._read("counting it", lambda shard: shard.count(tenant)) or 0

    async def clear(self) -> None:
        """See the port. Also makes an index usable that cannot be read."""
        await self._run("clearing it", self._clear)

    async def aclose(self) -> None:
        """See the port. Calls that wait are ended first, then everything is flushed."""
        await self._thread.stop(self._close)

    async def _run(self, doing: str, call: Callable[[], T], *, urgent: bool = False) -> T:
        return await self._thread.run(partial(self._guarded, doing, call), urgent=urgent)

    async def _read(
        self, doing: str, call: Callable[[EdgeShard], T], *, urgent: bool = False
    ) -> T | None:
        def on_shard() -> T | None:
            shard = self._opened()
            return None if shard is None else call(shard)

        return await self._run(doing, on_shard, urgent=urgent)

    async def _write(self, call: Callable[[EdgeShard], None]) -> None:
        def on_shard() -> None:
            shard = self._opened()
            if shard is not None:
                require_room(self._path, ROOM_TO_WORK)
                call(shard)

        await self._run("writing to it", on_shard)

    # From here on everything runs on the index's thread.

    def _guarded(self, doing: str, call: Callable[[], T]) -> T:
        try:
            with edge_faults(self._path, doing):
                return call()
        except ShardPanicked:
            self._close()
            raise

    def _open(self, vacuum: bool) -> None:
        with edge_faults(self._path, "opening it"):
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            require_room(self._path, ROOM_TO_WORK)
            try:
                self._record = read_record(self._record_path)
                shard = self._opened()
            except ShardBroken as exc:
                self._broken = str(exc)
                _log.error("%s", exc)
                return
            if vacuum and shard is not None:
                self._vacuum(shard)

    def _opened(self) -> EdgeShard | None:
        """The shard, opened if need be; None when nothing was written.

        Raises: ShardBroken, ShardLocked, StorageUnavailable.
        """
        if self._broken is not None:
            raise ShardBroken(self._broken)
        if self._shard is None and self._record is not None:
            self._shard = self._load(self._record.dimension)
        return self._shard

    def _load(self, dimension: int) -> EdgeShard:
        give_up_at = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                with edge_faults(self._path, "opening it"):
                    return EdgeShard.load(self._shard_path, dimension)
            except ShardLocked:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.05)
            except IndexUnavailable as exc:
                self._broken = (
                    f"The search index in {self._path} is damaged ({_short(exc.__cause__)}); run "
                    f"`{REBUILD}` to build it anew."
                )
                raise ShardBroken(self._broken) from exc

    def _vacuum(self, shard: EdgeShard) -> None:
        on_disk = sum(file.stat().st_blocks * 512 for file in self._shard_path.rglob("*"))
        try:
            require_room(self._path, ROOM_TO_GROW + on_disk)
            self._guarded("vacuuming it", shard.vacuum)
        except (IndexUnavailable, StorageUnavailable) as exc:
            # The index works without; the next start tries again.
            _log.warning("%s", exc)

    def _held_record(self) -> IndexRecord | None:
        if self._broken is not None:
            raise ShardBroken(self._broken)
        return self._record

    def _start(self, record: IndexRecord) -> None:
        shard = self._opened()
        if self._record == record:
            return
        if self._record is not None and shard is not None and shard.count(None):
            raise mismatch(self._record, record)
        self._clear()
        require_room(self._path, ROOM_TO_GROW)
        self._shard = EdgeShard.create(self._shard_path, record.dimension)
        write_record(self._record_path, record)
        self._record = record

    def _upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        shard = self._opened()
        if shard is None:
            raise IndexUnavailable(
                "The search index holds nothing yet, not even what builds it; run `deskhand "
                "ingest`.",
                retryable=False,
            )
        require_room(self._path, ROOM_TO_GROW)
        shard.upsert(tenant, points)

    def _clear(self) -> None:
        # The record goes first: whatever is left without it counts as nothing.
        remove_record(self._record_path)
        self._record = self._broken = None
        self._close()
        if self._shard_path.exists():
            shutil.rmtree(self._shard_path)

    def _close(self) -> None:
        shard, self._shard = self._shard, None
        if shard is None:
            return
        for last in (shard.flush, shard.close):
            try:
                with edge_faults(self._path, "closing it"):
                    last()
            except StorageUnavailable as exc:
                # Nothing is lost: the write-ahead log holds what was not flushed. Whoever wrote
                # has been told of the full disk.
                _log.info("%s", exc)
            except IndexUnavailable as exc:
                _log.warning("%s", exc)


def _short(cause: BaseException | None) -> str:
    return " ".join(str(cause).split())[:200]
