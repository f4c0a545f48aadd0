"""A ticket tracker that checks signatures as the README says, and fails in every way."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SECRET = "tracker-key-0123456789"
Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    """A request as it came, and whether its signature was right."""

    key: str
    signed: bool
    body: dict[str, Any]
    path: str


@dataclass
class Tracker:
    """Answers with the next of `behaviours`; without one, as a tracker that works."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    behaviours: list[Behaviour] = field(default_factory=list)
    down: int = 0
    """The status of every answer while it is not 0."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        timestamp = request.headers["X-Deskhand-Timestamp"]
        mac = hmac.new(SECRET.encode(), timestamp.encode() + b"." + raw, hashlib.sha256)
        wanted = f"v1={mac.hexdigest()}"
        signed = hmac.compare_digest(wanted, request.headers["X-Deskhand-Signature"])
        key = request.headers["Idempotency-Key"]
        self.received.append(Received(key, signed, json.loads(raw), request.path))
        if self.down:
            return web.Response(status=self.down)
        if self.behaviours:
            return await self.behaviours.pop(0)(request)
        return web.json_response({"id": f"T-{len(self.keys)}", "url": f"{self.url}/T-1"})

    @property
    def keys(self) -> list[str]:
        """Each call once, in the order in which it first came."""
        return list(dict.fromkeys(received.key for received in self.received))

    @property
    def events(self) -> list[str]:
        return [received.body["event"] for received in self.received]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Tracker]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


def status(code: int, **headers: str) -> Behaviour:
    async def answer(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=code, headers=named)

    return answer


def saying(body: bytes, code: int = 200) -> Behaviour:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=code, body=body, content_type="application/json")

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Ends the connection without a word."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def break_off(request: web.Request) -> web.StreamResponse:
    """Says that all is well, and ends in the middle of its answer."""
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b'{"id": ')
    assert request.transport is not None
    request.transport.close()
    return response


async def never(_: web.Request) -> web.StreamResponse:
    """Says nothing at all."""
    await asyncio.Event().wait()
    return web.Response()
