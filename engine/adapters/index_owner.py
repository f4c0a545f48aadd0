"""The process that holds a home's search index and serves it to the others."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.adapters import index_messages as messages
from engine.adapters.edge_index import EdgeIndex
from engine.adapters.index_frames import (
    STREAM_BYTES,
    FrameInvalid,
    decode,
    encode_frame,
    read_frame,
)
from engine.adapters.index_lock import IndexLock
from engine.adapters.index_socket import listen, peer_is_trusted, socket_path
from engine.errors import DeskhandError, IndexUnavailable

_log = logging.getLogger(__name__)

_HELLO_WAIT_S = 5.0
_LAST_CALLS_WAIT_S = 10.0
"""How long a closing owner waits for the calls it has begun."""

_GOODBYE_WAIT_S = 1.0
"""How long it waits for a client to read the last answers."""


class IndexOwner:
    """Holds the lock and the open index, and answers clients until `aclose`."""

    def __init__(self, lock: IndexLock, index: EdgeIndex, path: Path) -> None:
        self.index = index
        self._lock = lock
        self._path = path
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, home: Path, lock: IndexLock, *, vacuum: bool) -> IndexOwner:
        """Opens `<home>/index` and serves it; takes over the lock, also when it fails.

        vacuum: as in `EdgeIndex.open`.

        Raises: IndexUnavailable, StorageUnavailable.
        """
        try:
            path = socket_path(home)
            index = await EdgeIndex.open(home / "index", vacuum=vacuum)
        except BaseException:
            lock.release()
            raise
        owner = cls(lock, index, path)
        try:
            await owner._serve()
        except BaseException as exc:
            await owner.aclose()
            if isinstance(exc, OSError):
                raise IndexUnavailable(
                    f"The socket {path} cannot be opened ({exc.strerror}); make its folder "
                    "writable for this user."
                ) from exc
            raise
        return owner

    async def aclose(self) -> None:
        """Takes no further calls, ends those it has, frees the index and the lock; idempotent."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        # Shielded: a cancelled caller must not leave the lock held by a half-closed owner.
        await asyncio.shield(self._closing)

    async def _serve(self) -> None:
        # In two steps: one that is cancelled halfway would serve on without being known here.
        self._server = await asyncio.start_unix_server(
            self._connected, sock=listen(self._path), limit=STREAM_BYTES, start_serving=False
        )
        await self._server.start_serving()
        self._lock.announce(self._path)

    async def _close(self) -> None:
        try:
            if self._server is not None:
                self._server.close()
                self._path.unlink(missing_ok=True)
            for connection in self._connections:
                connection.cancel()
            if self._connections:
                await asyncio.wait(self._connections)
        finally:
            try:
                await self.index.aclose()
            finally:
                self._lock.release()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        answers: set[asyncio.Task[None]] = set()
        try:
            if peer_is_trusted(writer.get_extra_info("socket")) and self._closing is None:
                await self._greet(reader, writer)
                await self._read(reader, writer, answers)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass
        except FrameInvalid as exc:
            _log.warning("a client of the search index was dropped: it sent %s", exc)
        except asyncio.CancelledError:
            # Only `aclose` cancels a connection, and then waits for it.
            pass
        finally:
            if answers:
                _, late = await asyncio.wait(answers, timeout=_LAST_CALLS_WAIT_S)
                for answer in late:
                    answer.cancel()
            writer.close()
            with suppress(OSError):
                async with asyncio.timeout(_GOODBYE_WAIT_S):
                    await writer.wait_closed()
            self._connections.discard(task)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HELLO_WAIT_S):
            decode(await read_frame(reader), messages.Hello)
            # Whether the two fit is for the client to say: it has somebody to say it to.
            writer.write(encode_frame(messages.Welcome(messages.PROTOCOL, os.getpid())))
            await writer.drain()

    async def _read(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answers: set[asyncio.Task[None]],
    ) -> None:
        slots = asyncio.Semaphore(messages.MAX_IN_FLIGHT)
        writing = asyncio.Lock()

        async def answer(request: messages.Request) -> None:
            try:
                frame = encode_frame(await self._reply(request))
                async with writing:
                    writer.write(frame)
                    await writer.drain()
            except ConnectionError:
                pass
            finally:
                slots.release()

        while True:
            await slots.acquire()
            request = decode(await read_frame(reader), messages.Request)
            task = asyncio.create_task(answer(request))
            answers.add(task)
            task.add_done_callback(answers.discard)

    async def _reply(self, request: messages.Request) -> messages.Reply:
        try:
            result = await self._perform(request.call)
        except DeskhandError as exc:
            return messages.Reply(request.id, failure=messages.render_failure(exc))
        except FrameInvalid as exc:
            failure = messages.Failure("wrong_use", f"The call does not fit: {exc}.", False)
            return messages.Reply(request.id, failure=failure)
        except Exception as exc:
            _log.exception("a client's call to the search index failed")
            text = f"The search index failed ({type(exc).__name__}); see the log of its process."
            failure = messages.Failure("unavailable", text, False)
            return messages.Reply(request.id, failure=failure)
        return messages.Reply(request.id, result=msgspec.Raw(msgspec.msgpack.encode(result)))

    async def _perform(self, call: messages.Call) -> object:
        match call:
            case messages.Search():
                answer = await self.index.search(messages.parse_search(call))
                return messages.render_answer(answer)
            case messages.Upsert():
                points = [messages.parse_point(point) for point in call.points]
                await self.index.upsert(call.tenant, points)
            case messages.GetRecord():
                return messages.Held(await self.index.record())
            case messages.Start():
                await self.index.start(call.record)
            case messages.SetAudience():
                await self.index.set_audience(call.tenant, call.document_version, call.audience)
            case messages.DeleteVersions():
                await self.index.delete_versions(call.tenant, call.document_versions)
            case messages.Flush():
                await self.index.flush()
            case messages.Versions():
                return await self.index.versions(call.tenant)
            case messages.Count():
                return await self.index.count(call.tenant)
            case messages.Clear():
                await self.index.clear()
        return None
