"""The workspace as tests and the demo hold it: one server, its people, and what happened in it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.workspace.app_config import AppConfig
from bot.workspace.clock import Clock, SystemClock
from bot.workspace.delivery import Answer, Delivery, Envelope
from bot.workspace.errors import Json
from bot.workspace.faults import Faults
from bot.workspace.file_server import FileServer
from bot.workspace.http_delivery import HttpDelivery
from bot.workspace.record import Record
from bot.workspace.response_urls import ResponseUrls
from bot.workspace.slack import Slack, make_slack
from bot.workspace.sockets import SocketMode
from bot.workspace.stage import Stage
from bot.workspace.web_api import WebApi

MAX_UPLOAD_BYTES = 64 * 2**20


class _NoTransport:
    async def send(self, envelope: Envelope, attempt: int, reason: str) -> Answer:
        raise RuntimeError("the workspace is not open")


class LocalWorkspace(Stage, Record):
    """A Slack workspace on 127.0.0.1 with one app installed.

    `app`: the app's identity, tokens, scopes and subscriptions; `manifest`: an app manifest that
    sets the latter. `port`: 0 for any free one. `rates`: 1 for Slack's limits, another number to
    scale them, None for none. `clock`: what everything that waits or expires goes by. `seed`:
    everything drawn by chance repeats with it.
    """

    def __init__(
        self,
        *,
        app: AppConfig | None = None,
        manifest: Json | None = None,
        port: int = 0,
        seed: int = 0,
        rates: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.app = app or AppConfig()
        if manifest is not None:
            self.app = self.app.with_manifest(manifest)
        self.clock: Clock = clock or SystemClock()
        self.slack: Slack = make_slack(
            app=self.app, clock=self.clock, seed=seed, rates=rates, transport=_NoTransport()
        )
        self.sockets = SocketMode(
            clock=self.clock,
            rng=random.Random(seed + 1),  # noqa: S311 - repeatable, not secret
            faults=self.faults,
            app_id=self.app.app_id,
        )
        self.delivery.transport = self.sockets
        self._port = port
        self._http: HttpDelivery | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        web_app = web.Application(client_max_size=MAX_UPLOAD_BYTES)
        api, files = WebApi(self.slack, self.sockets), FileServer(self.slack)
        for verb in ("GET", "POST"):
            web_app.router.add_route(verb, "/api/{method}", api.handle)
        web_app.router.add_get("/oauth/v2/authorize", api.authorize)
        web_app.router.add_get("/link/", self.sockets.handle)
        web_app.router.add_post("/actions/{team}/{key}", ResponseUrls(self.slack).handle)
        web_app.router.add_post("/upload/v1/{file}", files.upload)
        web_app.router.add_get("/files-pri/{team}-{file}/download/{name}", files.download)
        web_app.router.add_get("/files-pri/{team}-{file}/{name}", files.download)
        self._runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.world.base_url = self.sockets.base_url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.delivery.aclose()
        await self.sockets.aclose()
        if self._http is not None:
            await self._http.aclose()
        if self._runner is not None:
            await self._runner.cleanup()

    # What a program needs to connect.

    @property
    def base_url(self) -> str:
        """The server's address, without a slash at its end."""
        return self.world.base_url

    @property
    def api_url(self) -> str:
        """What the SDKs call `base_url` or `slackApiUrl`."""
        return f"{self.base_url}/api/"

    @property
    def bot_token(self) -> str:
        """The app's `xoxb-` token."""
        return self.app.bot_token

    @property
    def app_token(self) -> str:
        """The app's `xapp-` token for Socket Mode."""
        return self.app.app_token

    @property
    def signing_secret(self) -> str:
        """The secret that HTTP deliveries are signed with."""
        return self.app.signing_secret

    async def deliver_to(self, url: str) -> None:
        """Delivers over signed HTTP from now on, once the address is verified.

        Raises:
            VerificationFailed: it did not answer the challenge.
        """
        http = HttpDelivery(url=url, secret=self.app.signing_secret, clock=self.clock)
        try:
            await http.verify(self.app.verification_token)
        except BaseException:
            await http.aclose()
            raise
        if self._http is not None:
            await self._http.aclose()
        self._http = http
        self.delivery.transport = http

    # The parts, for tests that look or reach deeper.

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand."""
        return self.slack.faults

    @property
    def delivery(self) -> Delivery:
        """Deliveries under way, their attempts, and lost events."""
        return self.slack.delivery

    async def settled(self, timeout_s: float = 10.0) -> None:
        """Returns once every event was acknowledged or given up.

        Raises:
            TimeoutError: that took longer in real time.
        """
        async with asyncio.timeout(timeout_s):
            await self.delivery.settled()

    async def until(self, true: Callable[[], object], timeout_s: float = 10.0) -> None:
        """Returns once `true` gives something true.

        Raises:
            TimeoutError: that took longer in real time.
        """
        async with asyncio.timeout(timeout_s):
            while not true():  # noqa: ASYNC110 - anything may make it true
                await asyncio.sleep(0.01)
