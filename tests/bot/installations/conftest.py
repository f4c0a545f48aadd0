"""Two workspaces behind one address, as all of Slack stands behind one, and a bot of both."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web

from bot.installations.app import InstalledApp, open_app
from bot.installations.environment import WORKSPACES
from bot.workspace import LocalWorkspace
from bot.workspace.app_config import AppConfig
from engine.compose import open_engine
from engine.encryption import new_key
from engine.settings import Settings, load_settings
from tests.bot.app.conftest import DOCUMENTS, PROXIES, SLACK_NAMES, manifest, write_documents
from tests.bot.app.conftest import _published_pages as _published_pages

ACME, GLOBEX = "T0ACME", "T0GLOBEX"


class Front:
    """Slack's one address: a call goes to the workspace that its token, code or team names."""

    def __init__(self, workspaces: dict[str, LocalWorkspace]) -> None:
        self._workspaces = workspaces
        self._session: aiohttp.ClientSession | None = None
        self.url = ""
        self.hangs: dict[str, asyncio.Event] = {}
        """Calls of these workspaces wait until it is set."""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = web.Application()
        for path in ("/api/{method}", "/oauth/v2/authorize"):
            app.router.add_route("*", path, self._pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(auto_decompress=False) as self._session:
            yield
        await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        target = self._whose(request, dict(parse_qsl(body.decode("utf-8", "replace"))))
        if (hangs := self.hangs.get(target.world.team_id)) is not None:
            await hangs.wait()
        assert self._session is not None
        async with self._session.request(
            request.method,
            f"{target.base_url}{request.path_qs}",
            data=body,
            headers={k: v for k, v in request.headers.items() if k.lower() != "host"},
            allow_redirects=False,
        ) as answer:
            headers = {
                k: v
                for k, v in answer.headers.items()
                if k.lower() not in ("content-length", "transfer-encoding")
            }
            return web.Response(status=answer.status, body=await answer.read(), headers=headers)

    def _whose(self, request: web.Request, given: dict[str, str]) -> LocalWorkspace:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        told = f"{token} {given.get('code', '')} {given.get('refresh_token', '')}"
        for team, workspace in self._workspaces.items():
            mark = team.removeprefix("T0").lower()
            if mark in told.lower() or request.query.get("team") == team:
                return workspace
        return next(iter(self._workspaces.values()))


@dataclass
class Town:
    """Two workspaces, and the app that both can install."""

    workspaces: dict[str, LocalWorkspace]
    front: Front
    environment: dict[str, str]
    folder: Path
    opened: AsyncExitStack = field(default_factory=AsyncExitStack)
    _app: InstalledApp | None = None

    @property
    def app(self) -> InstalledApp:
        assert self._app is not None
        return self._app

    @property
    def settings(self) -> Settings:
        return load_settings(self.environment, working_directory=self.folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.app.http.port}"

    async def start(self) -> None:
        app = await self.opened.enter_async_context(open_app(self.settings))
        await self.opened.enter_async_context(app.running())
        self._app = app
        for workspace in self.workspaces.values():
            await workspace.deliver_to(f"{self.url}/slack/events")

    async def stop(self) -> None:
        await self.opened.aclose()

    async def learn(self, team: str) -> None:
        """A workspace's own documents, as `deskhand --workspace T... ingest` reads them."""
        write_documents(self.folder / "docs", DOCUMENTS)
        home = self.folder / "home" / WORKSPACES / team
        given = {**self.environment, "DESKHAND_HOME": str(home), "DESKHAND_TENANT": team}
        settings = load_settings(given, working_directory=self.folder)
        async with open_engine(settings) as engine:
            await engine.make_ready()
            await engine.ingestion.run(str(self.folder / "docs"), (), lambda _: None)

    async def install(self, team: str, browser: dict[str, str] | None = None) -> tuple[int, str]:
        """As a person does in a browser: the status and the text of the last page."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            first = f"{self.url}/slack/install?team={team}"
            async with session.get(first, allow_redirects=False) as page:
                there = page.headers["Location"].replace("https://slack.test", self.front.url)
                cookie = page.headers["Set-Cookie"].partition(";")[0]
            async with session.get(there, allow_redirects=False) as page:
                back = page.headers["Location"].replace("https://deskhand.test", self.url)
            headers = {"Cookie": cookie} if browser is None else browser
            async with session.get(back, headers=headers) as page:
                return page.status, await page.text()


OpenTown = Callable[..., AbstractAsyncContextManager[Town]]


@pytest.fixture
def town(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> OpenTown:
    """`async with town(**settings) as both`; no token may be in any line of the log."""
    for name in (*SLACK_NAMES, *PROXIES, "SLACK_CLIENT_SECRET", "SLACK_REDIRECT_URI"):
        monkeypatch.delenv(name, raising=False)

    @asynccontextmanager
    async def opened(*, lasts_s: int | None = None, **more: str) -> AsyncIterator[Town]:
        caplog.set_level(logging.INFO)
        async with AsyncExitStack() as stack:
            workspaces: dict[str, LocalWorkspace] = {}
            for team in (ACME, GLOBEX):
                workspaces[team] = await stack.enter_async_context(_workspace(team, lasts_s))
            front = Front(workspaces)
            await stack.enter_async_context(front.serving())
            app = workspaces[ACME].app
            environment: dict[str, str] = {
                "DESKHAND_HOME": str(tmp_path / "home"),
                "DESKHAND_EMBEDDING_CACHE": os.environ["DESKHAND_EMBEDDING_CACHE"],
                "DESKHAND_ENCRYPTION__KEYS": new_key(),
                "SLACK_CLIENT_ID": app.client_id,
                "SLACK_CLIENT_SECRET": app.client_secret,
                "SLACK_SIGNING_SECRET": app.signing_secret,
                "DESKHAND_SLACK__PUBLIC_URL": "https://deskhand.test",
                "DESKHAND_SLACK__API_URL": f"{front.url}/api/",
                "DESKHAND_SLACK__TRANSPORT": "http",
                "DESKHAND_SLACK__HOST": "127.0.0.1",
                "DESKHAND_SLACK__PORT": "0",
                **{f"DESKHAND_{name.upper()}": value for name, value in more.items()},
            }
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            both = Town(
                workspaces=workspaces,
                front=front,
                environment=environment,
                folder=tmp_path,
            )
            try:
                yield both
            finally:
                await both.stop()
                shutil.rmtree(tmp_path / "home", ignore_errors=True)
            logged = "\n".join(record.getMessage() for record in caplog.records)
            for workspace in workspaces.values():
                assert workspace.bot_token not in logged

    return opened


def _workspace(team: str, lasts_s: int | None) -> LocalWorkspace:
    mark = team.removeprefix("T0")
    config = AppConfig(
        bot_token=f"xoxb-{mark.lower()}",
        bot_id=f"B0{mark}",
        bot_user=f"U0{mark}BOT",
        refresh_token=f"xoxe-{mark.lower()}",
        token_lasts_s=lasts_s,
    )
    workspace = LocalWorkspace(seed=7, app=config, manifest=_manifest())
    workspace.world.team_id = team
    workspace.world.team_name = mark.title()
    for person in workspace.world.people.values():
        person.team_id = team
    workspace.join("rita")
    return workspace


def _manifest() -> dict[str, Any]:
    return manifest("http")
