"""A load balancer: Slack's requests to whichever replica is ready, in turns."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from bot.transport.http import EVENTS_PATH

_LOOK_S = 0.2
_HOP_BY_HOP = frozenset({"host", "content-length", "connection", "transfer-encoding"})
_WITHIN = aiohttp.ClientTimeout(total=10.0, connect=1.0)


class Balancer:
    """Asks each replica's `/readyz`. ports: of the replicas there are, by name."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self.ready: set[str] = set()
        self.sent: Counter[str] = Counter()
        """Requests that each replica answered."""
        self.url = ""
        self._turn = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listens on 127.0.0.1 while inside."""
        app = web.Application(client_max_size=4 * 2**20)
        app.router.add_post(EVENTS_PATH, self._pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}{EVENTS_PATH}"
        async with aiohttp.ClientSession(timeout=_WITHIN) as self._session:
            looking = asyncio.create_task(self._look_on())
            try:
                yield
            finally:
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
                await runner.cleanup()

    async def _look_on(self) -> None:
        while True:
            await asyncio.gather(*map(self._look, list(self.ports)))
            await asyncio.sleep(_LOOK_S)

    async def _look(self, name: str) -> None:
        ok = False
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            url = f"http://127.0.0.1:{self.ports[name]}/readyz"
            async with self._session.get(url) as answer:
                ok = answer.status == 200
        (self.ready.add if ok and name in self.ports else self.ready.discard)(name)

    async def _pass_on(self, request: web.Request) -> web.Response:
        """To the next that is ready; to another where the connection is refused."""
        body = await request.read()
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        ready = sorted(name for name in self.ready if name in self.ports)
        self._turn += 1
        for n in range(len(ready)):
            name = ready[(self._turn + n) % len(ready)]
            url = f"http://127.0.0.1:{self.ports[name]}{EVENTS_PATH}"
            try:
                async with self._session.post(url, data=body, headers=headers) as answer:
                    text = await answer.read()
            except aiohttp.ClientConnectorError:
                self.ready.discard(name)
                continue
            except (aiohttp.ClientError, OSError, TimeoutError):
                return web.Response(status=502)  # it may have been taken: Slack asks again
            self.sent[name] += 1
            kind = answer.content_type
            return web.Response(status=answer.status, body=text, content_type=kind)
        return web.Response(status=503)
