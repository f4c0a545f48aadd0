"""A workspace, the Python SDK's client for it, and Bolt apps connected to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import LocalWorkspace, ManualClock
from bot.workspace.method_facts import PUBLISHED


@pytest.fixture(autouse=True)
def _published_pages() -> None:
    """The workspace answers as Slack's published pages say, which lie beside the checkout."""
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")


@pytest.fixture(autouse=True)
def _no_slack_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDKs take these up without a word."""
    names = "SLACK_BOT_TOKEN SLACK_APP_TOKEN SLACK_SIGNING_SECRET SLACK_CLIENT_ID"
    for name in f"{names} HTTP_PROXY HTTPS_PROXY http_proxy https_proxy".split():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(seed=7) as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def still(clock: ManualClock) -> AsyncIterator[LocalWorkspace]:
    """A workspace whose time stands still until `clock.advance`."""
    async with LocalWorkspace(seed=7, clock=clock) as opened:
        yield opened


ClientOf = Callable[[LocalWorkspace], AsyncWebClient]


@pytest.fixture
async def client_of() -> AsyncIterator[ClientOf]:
    async with aiohttp.ClientSession() as session:
        yield lambda workspace: AsyncWebClient(
            workspace.bot_token, base_url=workspace.api_url, session=session
        )


@pytest.fixture
def client(workspace: LocalWorkspace, client_of: ClientOf) -> AsyncWebClient:
    return client_of(workspace)


@pytest.fixture
def still_client(still: LocalWorkspace, client_of: ClientOf) -> AsyncWebClient:
    return client_of(still)


Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]


@pytest.fixture
def bolt(workspace: LocalWorkspace, client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client, signing_secret=workspace.signing_secret)


@pytest.fixture
async def connect(workspace: LocalWorkspace) -> AsyncIterator[Connect]:
    """Connects a Bolt app over Socket Mode, and closes it in the end."""
    opened: list[AsyncSocketModeHandler] = []

    async def open_handler(app: AsyncApp) -> AsyncSocketModeHandler:
        handler = AsyncSocketModeHandler(app, workspace.app_token, web_client=app.client)
        opened.append(handler)
        await handler.connect_async()
        return handler

    yield open_handler
    for handler in opened:
        async with asyncio.timeout(5):
            await handler.close_async()
