"""The search index of another process, through its socket."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from engine.adapters import index_messages as messages
from engine.adapters.index_frames import (
    STREAM_BYTES,
    FrameInvalid,
    decode,
    encode_frame,
    read_frame,
)
from engine.adapters.index_socket import peer_is_trusted
from engine.errors import IndexUnavailable
from engine.retrieval.index import IndexAnswer, IndexPoint, IndexQuery, IndexRecord

T = TypeVar("T")

_ANSWER_WAIT_S = 60.0
"""Far beyond the longest call; only a stopped process takes so long."""

_POINTS_A_REQUEST = 256


class OwnerGone(IndexUnavailable):
    """The process that held the index has ended; the call may or may not have been done."""


class IndexClient:
    """The port `engine.retrieval.index.SearchIndex` over one connection to the index's owner.

    Several calls may wait at a time. Raises from every call: OwnerGone once the owner has ended.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, owner_pid: int
    ) -> None:
        self.owner_pid = owner_pid
        self._writer = writer
        self._ids = itertools.count()
        self._slots = asyncio.Semaphore(messages.MAX_IN_FLIGHT)
        self._waiting: dict[int, asyncio.Future[messages.Reply]] = {}
        self._gone = False
        self._reading = asyncio.create_task(self._read(reader))

    @classmethod
    async def connect(cls, path: Path, *, wait_s: float = 5.0) -> IndexClient:
        """A client of the owner that serves at this socket.

        Raises: OwnerGone when nobody serves there, or greets within `wait_s`; IndexUnavailable
            when the owner is another version of the program or another user's.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=STREAM_BYTES)
        except OSError as exc:
            raise _gone() from exc
        try:
            if not peer_is_trusted(writer.get_extra_info("socket")):
                raise IndexUnavailable(
                    f"The search index at {path} is served by another user; run this as that user.",
                    retryable=False,
                )
            async with asyncio.timeout(wait_s):
                writer.write(encode_frame(messages.Hello(messages.PROTOCOL)))
                welcome = decode(await read_frame(reader), messages.Welcome)
            if welcome.protocol != messages.PROTOCOL:
                raise IndexUnavailable(
                    f"The search index is held by another version of Deskhand (process "
                    f"{welcome.pid}); restart that process with this version.",
                    retryable=False,
                )
        except (asyncio.IncompleteReadError, OSError, FrameInvalid) as exc:
            writer.close()
            raise _gone() from exc
        except BaseException:
            writer.close()
            raise
        return cls(reader, writer, welcome.pid)

    async def record(self) -> IndexRecord | None:
        """See the port."""
        return (await self._call(messages.GetRecord(), messages.Held)).record

    async def start(self, record: IndexRecord) -> None:
        """See the port."""
        await self._call(messages.Start(record), type(None))

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        """See the port."""
        for start in range(0, len(points), _POINTS_A_REQUEST):
            batch = points[start : start + _POINTS_A_REQUEST]
            sent = tuple(messages.render_point(point) for point in batch)
            await self._call(messages.Upsert(tenant, sent), type(None))

    async def set_audience(
        self, tenant: str, document_version: str, audience: tuple[str, ...]
    ) -> None:
        """See the port."""
        await self._call(messages.SetAudience(tenant, document_version, audience), type(None))

    async def delete_versions(self, tenant: str, document_versions: Sequence[str]) -> None:
        """See the port."""
        await self._call(messages.DeleteVersions(tenant, tuple(document_versions)), type(None))

    async def flush(self) -> None:
        """See the port."""
        await self._call(messages.Flush(), type(None))

    async def search(self, query: IndexQuery) -> IndexAnswer:
        """See the port."""
        found = await self._call(messages.render_search(query), messages.Found)
        return messages.parse_answer(found)

    async def versions(self, tenant: str) -> dict[str, int]:
        """See the port."""
        return await self._call(messages.Versions(tenant), dict[str, int])

    async def count(self, tenant: str) -> int:
        """See the port."""
        return await self._call(messages.Count(tenant), int)

    async def clear(self) -> None:
        """See the port."""
        await self._call(messages.Clear(), type(None))

    async def aclose(self) -> None:
        """Closes the connection, not the index; calls that wait raise OwnerGone. Idempotent."""
        self._reading.cancel()
        await asyncio.wait([self._reading])
        self._end()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _call(self, call: messages.Call, kind: type[T]) -> T:
        async with self._slots:
            if self._gone:
                raise _gone()
            request_id = next(self._ids)
            frame = encode_frame(messages.Request(request_id, call))
            waiting: asyncio.Future[messages.Reply] = asyncio.get_running_loop().create_future()
            self._waiting[request_id] = waiting
            try:
                async with asyncio.timeout(_ANSWER_WAIT_S):
                    self._writer.write(frame)
                    await self._writer.drain()
                    reply = await waiting
            except TimeoutError as exc:
                raise IndexUnavailable(
                    f"Process {self.owner_pid}, which holds the search index, has not answered for "
                    f"{_ANSWER_WAIT_S:.0f} s; end that process and try again."
                ) from exc
            except OSError as exc:
                raise _gone() from exc
            finally:
                self._waiting.pop(request_id, None)
        if reply.failure is not None:
            raise messages.parse_failure(reply.failure)
        return decode(reply.result, kind)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                reply = decode(await read_frame(reader), messages.Reply)
                waiting = self._waiting.get(reply.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(reply)
        except (asyncio.IncompleteReadError, OSError, FrameInvalid):
            pass
        finally:
            self._end()

    def _end(self) -> None:
        self._gone = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(_gone())
        self._writer.close()


def _gone() -> OwnerGone:
    return OwnerGone("The process that held the search index has ended; try again.")
