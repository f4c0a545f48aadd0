"""The page's server over a workspace with people in it, its pages, and an app that is connected."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.page.cast import Cast, set_stage
from bot.page.guard import TOKEN_HEADER
from bot.page.server import Backstage, PageServer
from bot.workspace import Actor, LocalWorkspace

Json = dict[str, Any]


class Tab:
    """One page in a browser: its cookie, its token, and who it acts as."""

    def __init__(self, session: aiohttp.ClientSession, server: PageServer, person: Actor) -> None:
        self.session = session
        self.printed = server.address
        self.address = server.guard.origin
        self.person = person
        self.token = ""

    async def open(self) -> Json:
        """Opens the page as a browser does; the state it starts from."""
        async with self.session.get(self.printed) as opened:
            assert opened.status == 200
        state = await self.get("state")
        self.token = state["token"]
        return state

    async def get(self, path: str, status: int = 200, **query: str) -> Json:
        """Reads an address of the server."""
        where = f"{self.address}/api/{path}"
        asked = self.session.get(where, params={"as": self.person.id, **query})
        async with asked as answer:
            assert answer.status == status, await answer.text()
            return dict(await answer.json())

    async def post(self, path: str, body: Json, status: int = 200, **headers: str) -> Json:
        """Writes to an address of the server as its own page does."""
        given = {"Origin": self.address, TOKEN_HEADER: self.token, **headers}
        asked = self.session.post(f"{self.address}/api/{path}", json=body, headers=given)
        async with asked as answer:
            assert answer.status == status, await answer.text()
            return dict(await answer.json())

    async def act(self, act: str, status: int = 200, **fields: Any) -> Json:
        """Does something as its person."""
        return await self.post("act", {"as": self.person.id, "act": act, **fields}, status)

    @asynccontextmanager
    async def following(self, after: str) -> AsyncIterator[Follower]:
        """Stays in step with the server while inside."""
        where = f"{self.address}/api/events"
        asked = self.session.ws_connect(
            where, params={"as": self.person.id, "after": after}, origin=self.address
        )
        async with asked as ws:
            yield Follower(ws, after)


class Follower:
    """What a page was told, in order."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, place: str) -> None:
        self.place = place
        self.frames: list[Json] = []
        self._ws = ws

    @property
    def changes(self) -> list[Json]:
        """Every change so far."""
        return [change for frame in self.frames for change in frame.get("changes", ())]

    async def next(self) -> Json:
        """The next frame."""
        frame: Json = json.loads(await asyncio.wait_for(self._ws.receive_str(), 10))
        self.place = frame["id"]
        self.frames.append(frame)
        return frame

    async def until(self, true: Callable[[Json], object]) -> Json:
        """The first change for which something is true."""
        while True:
            for change in (await self.next()).get("changes", ()):
                if true(change):
                    return dict(change)


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(seed=7) as opened:
        yield opened


@pytest.fixture
def cast(workspace: LocalWorkspace) -> Cast:
    return set_stage(workspace)


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "app.js").write_text("export {};")
    (tmp_path / "secret.txt").write_text("not for the page")
    return folder


@pytest.fixture
async def server(workspace: LocalWorkspace, cast: Cast, static: Path) -> AsyncIterator[PageServer]:
    made = PageServer(workspace, parts=cast.parts, backstage=Backstage(), static=static)
    async with made.serving(0):
        yield made


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)  # a jar is otherwise not for addresses without a name
    async with aiohttp.ClientSession(cookie_jar=jar) as opened:
        yield opened


TabOf = Callable[[str], Tab]


@pytest.fixture
def tab_of(session: aiohttp.ClientSession, server: PageServer, cast: Cast) -> TabOf:
    return lambda name: Tab(session, server, cast.people[name])


@pytest.fixture
async def maya(tab_of: TabOf) -> Tab:
    tab = tab_of("maya")
    await tab.open()
    return tab


@pytest.fixture
async def app(
    workspace: LocalWorkspace, cast: Cast, session: aiohttp.ClientSession
) -> AsyncIterator[AsyncApp]:
    """An app over Socket Mode, connected; listeners can still be added."""
    client = AsyncWebClient(workspace.bot_token, base_url=workspace.api_url, session=session)
    made = AsyncApp(client=client, signing_secret=workspace.signing_secret)

    async def nothing() -> None:
        return

    for event in ("message", "app_mention", "app_home_opened", "file_shared", "reaction_added"):
        made.event(event)(nothing)
    handler = AsyncSocketModeHandler(made, workspace.app_token, web_client=client)
    await handler.connect_async()
    yield made
    async with asyncio.timeout(5):
        await handler.close_async()
