"""A website on this machine, to be read as the real ones are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from aiohttp import web


class Site:
    """A web server of its own thread on 127.0.0.1.

    pages: bodies or statuses, by path. moved: where paths redirect to.
    """

    def __init__(self) -> None:
        self.pages: dict[str, str | bytes | int] = {}
        self.moved: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.asked: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._started.wait(30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def sitemap(self, *paths: str, kind: str = "url") -> str:
        outer = "urlset" if kind == "url" else "sitemapindex"
        inner = "".join(
            f"<{kind}><loc> {p if '://' in p else self.url + p}\n</loc></{kind}>" for p in paths
        )
        return (
            '<?xml version="1.0"?>'
            f'<{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</{outer}>'
        )

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        server = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(server.start())
        self._port = runner.addresses[0][1]
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path in self.moved:
            raise web.HTTPFound(self.moved[request.path])
        body = self.pages.get(request.path_qs, self.pages.get(request.path, 404))
        if isinstance(body, int):
            return web.Response(status=body)
        data = body.encode() if isinstance(body, str) else body
        return web.Response(body=data, content_type=self.types.get(request.path, "text/html"))


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()
    yield served
    served.close()
