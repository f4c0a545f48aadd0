"""The HTTP server: Slack's events where they come by HTTP, and the health pages always."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from engine.errors import DeskhandError
from engine.fault_place import place
from engine.telemetry.catalogue import REQUESTS
from engine.telemetry.instruments import add

log = logging.getLogger(__name__)

EVENTS_PATH = "/slack/events"
METRICS_PATH = "/metrics"
MOST_BODY_BYTES = 2 * 1024 * 1024
_STOP_WITHIN_S = 5.0
_BODY_WITHIN_S = 10.0
SERVER = "deskhand"
"""What every response names as its server; `deskhand doctor` knows a running bot by it."""


Metrics = Callable[[], Awaitable[tuple[bytes, str]]]
"""A page and its content type."""
Page = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


class PortTaken(DeskhandError):
    """The address cannot be listened on."""


class HttpTransport:
    """Serves `/healthz`, `/readyz` and, given an app, `/slack/events`.

    not_ready: why the bot takes no questions now; empty when it does. pages: what else is served,
    by its path.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        not_ready: Callable[[], str],
        app: AsyncApp | None = None,
        pages: Mapping[str, Page] | None = None,
    ) -> None:
        self._host = host
        self._wanted = port
        self._app = app
        self._pages = pages or {}
        self._not_ready = not_ready
        self._runner: web.AppRunner | None = None
        self.able: Callable[[], Awaitable[str]] | None = None
        """Why no question could be answered now, as far as that must be looked for."""
        self.metrics: Metrics | None = None
        """What `/metrics` shows; None shows nothing."""
        self.port = port
        """The port that is listened on, once started."""

    async def start(self) -> None:
        """Listens.

        Raises: PortTaken.
        """
        web_app = web.Application(client_max_size=MOST_BODY_BYTES)
        web_app.on_response_prepare.append(_name_server)
        web_app.on_response_prepare.append(_count)
        web_app.router.add_get("/healthz", self._healthy)
        web_app.router.add_get("/readyz", self._ready)
        web_app.router.add_get(METRICS_PATH, self._metrics)
        if self._app is not None:
            web_app.router.add_post(EVENTS_PATH, self._event)
        for path, page in self._pages.items():
            web_app.router.add_get(path, partial(_shown, page))
        _begin_counts(web_app)
        self._runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=_STOP_WITHIN_S)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._wanted).start()
        except OSError as error:
            await self._runner.cleanup()
            self._runner = None
            raise PortTaken(
                f"{self._host}:{self._wanted} cannot be listened on ({error.strerror or 'taken'}); "
                "set DESKHAND_SLACK__PORT to a free port"
            ) from None
        self.port = int(self._runner.addresses[0][1])

    def use(self, app: AsyncApp) -> None:
        """Hands requests from now on to another app, where any were handed to one."""
        if self._app is not None:
            self._app = app

    async def why_not(self) -> str:
        """Why the bot takes no questions now; empty where it does."""
        why = self._not_ready()
        if not why and self.able is not None:
            why = await self.able()
        return why

    async def stop(self) -> None:
        """Takes nothing more; requests under way are finished within a bound. Idempotent."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _event(self, request: web.Request) -> web.Response:
        if self._app is None:
            return web.Response(status=404)
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 20):  # Bolt takes it for one
            return web.Response(status=401, text="not signed by Slack")
        try:
            async with asyncio.timeout(_BODY_WITHIN_S):
                body = (await request.read()).decode("utf-8")
        except TimeoutError:
            return web.Response(status=408)
        except UnicodeDecodeError:
            return web.Response(status=400, text="the body is not UTF-8")
        headers: dict[str, str | Sequence[str]] = {
            name.lower(): value for name, value in request.headers.items()
        }
        try:
            asked = AsyncBoltRequest(body=body, query=request.query_string, headers=headers)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            return web.Response(status=400, text="the body cannot be read")
        try:
            return await to_aiohttp_response(await self._app.async_dispatch(asked))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.error("a request failed: %s at %s", type(error).__name__, place(error))
            return web.Response(status=500)

    async def _healthy(self, _: web.Request) -> web.Response:
        """The process runs its event loop."""
        return web.Response(text="ok")

    async def _metrics(self, _: web.Request) -> web.Response:
        if self.metrics is None:
            return web.Response(status=404)
        body, kind = await self.metrics()
        return web.Response(body=body, headers={"Content-Type": kind})

    async def _ready(self, _: web.Request) -> web.Response:
        why = await self.why_not()
        return web.Response(status=503 if why else 200, text=why or "ready")


async def _shown(page: Page, request: web.Request) -> web.Response:
    headers: dict[str, str | Sequence[str]] = {
        name.lower(): value for name, value in request.headers.items()
    }
    asked = AsyncBoltRequest(body="", query=request.query_string, headers=headers, mode="http")
    try:
        return await to_aiohttp_response(await page(asked))
    except Exception as error:
        log.error("a page failed: %s at %s", type(error).__name__, place(error))
        return web.Response(status=500, text="This page failed; try again in a minute.")


def _begin_counts(app: web.Application) -> None:
    """Faults of what is served are counted from 0: an alert sees no rise in what appears."""
    for resource in app.router.resources():
        for status in (200, 500, 503):
            add(REQUESTS, 0.0, path=resource.canonical, status=str(status))


async def _count(request: web.Request, response: web.StreamResponse) -> None:
    """By the path as it is served: one that a stranger makes up is none of ours."""
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else "other"
    add(REQUESTS, path=path, status=str(response.status))


async def _name_server(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = SERVER
