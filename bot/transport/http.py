"""The bot's HTTP server: Slack's signed events, and what a platform asks of a service.

POST /slack/events   events, interactions and commands; the signature is checked by Bolt
GET  /healthz        200 while the process runs
GET  /readyz         200 while it can answer questions, else 503 with the reason
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

from engine.errors import DeskhandError, SettingsInvalid
from engine.slack_settings import SlackSettings

log = logging.getLogger(__name__)

EVENTS_PATH = "/slack/events"
MAX_BODY_BYTES = 2**20
"""Slack's own payloads stay far below."""
_BODY_WITHIN_S = 10.0
_READY_WITHIN_S = 5.0


class PortTaken(DeskhandError):
    """The server's address cannot be listened on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether questions can be answered now; reason: why not, in one sentence without secrets."""

    ready: bool
    reason: str = ""


class HttpServer:
    """Listens from `start` to `stop`.

    app: takes Slack's requests; None where they come over Socket Mode and only the state of the
        service is served. ready: asked for each /readyz; it may raise.

    Raises: SettingsInvalid for an app whose requests nothing would prove to be Slack's.
    """

    def __init__(
        self,
        settings: SlackSettings,
        *,
        ready: Callable[[], Awaitable[Readiness]],
        app: AsyncApp | None = None,
    ) -> None:
        if app is not None and settings.signing_secret is None:
            raise SettingsInvalid(
                "HTTP needs SLACK_SIGNING_SECRET; copy it from your app's Basic Information, or "
                "set DESKHAND_SLACK__TRANSPORT=socket"
            )
        self._settings = settings
        self._app = app
        self._ready = ready
        self._runner: web.AppRunner | None = None
        self._stopping = False

    @property
    def port(self) -> int:
        """The port listened on; 0 before `start`."""
        if self._runner is None or not self._runner.addresses:
            return 0
        return int(self._runner.addresses[0][1])

    async def start(self) -> None:
        """Listens.

        Raises: PortTaken.
        """
        served = web.Application(client_max_size=MAX_BODY_BYTES)
        served.on_response_prepare.append(_say_less)
        served.router.add_get("/healthz", self._healthz)
        served.router.add_get("/readyz", self._readyz)
        if self._app is not None:
            served.router.add_post(EVENTS_PATH, self._events)
        host, port = self._settings.host, self._settings.port
        runner = web.AppRunner(
            served, access_log=None, shutdown_timeout=self._settings.request_timeout_s
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise PortTaken(
                f"{host} port {port} cannot be listened on ({error.strerror}); set "
                "DESKHAND_SLACK__PORT or DESKHAND_SLACK__HOST to another"
            ) from None
        self._runner = runner

    async def stop(self) -> None:
        """Takes no more requests; those under way have as long as a call of Slack's may take."""
        self._stopping = True
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"service": "deskhand", "status": "ok"})

    async def _readyz(self, _: web.Request) -> web.Response:
        state = Readiness(ready=False, reason="stopping")
        if not self._stopping:
            try:
                async with asyncio.timeout(_READY_WITHIN_S):
                    state = await self._ready()
            except TimeoutError:
                state = Readiness(ready=False, reason="its state could not be told in time")
            except Exception as error:  # the reason of a bug is its kind
                state = Readiness(ready=False, reason=type(error).__name__)
        told = {"ready": state.ready, "reason": state.reason}
        return web.json_response(told, status=200 if state.ready else 503)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if self._app is None:
            return web.Response(status=404)
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 20):  # Bolt takes it for one
            return web.json_response({"error": "not signed by Slack"}, status=401)
        try:
            async with asyncio.timeout(_BODY_WITHIN_S):
                body = (await request.read()).decode("utf-8")
            headers: dict[str, str | Sequence[str]] = dict(request.headers)
            asked = AsyncBoltRequest(body=body, query=request.query_string, headers=headers)
        except TimeoutError:
            return web.Response(status=408)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            return web.json_response({"error": "the body cannot be read"}, status=400)
        try:
            answer = await self._app.async_dispatch(asked)
        except Exception as error:  # not acknowledged: Slack sends it again
            log.error("a request of Slack's could not be taken (%s)", type(error).__name__)
            return web.Response(status=503)
        return await to_aiohttp_response(answer)


async def _say_less(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "deskhand"
