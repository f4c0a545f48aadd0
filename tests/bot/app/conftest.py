"""A bot that runs in the test's own process, beside a local workspace."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.app import Bot, open_bot
from bot.workspace import LocalWorkspace
from bot.workspace.method_facts import PUBLISHED
from engine.compose import Overrides, open_engine
from engine.settings import Settings, load_settings
from engine.storage.overview import OverviewStore
from evals.model_server.reply import Respond
from evals.model_server.server import ModelServer
from tests.bot.conftest import copy_home

ROOT = Path(__file__).parents[3]
DOCUMENTS = {
    "leave.md": "# Parental leave\n\nParental leave is 16 weeks for every parent.\n\n"
    "## How to apply\n\n1. Tell HR three months before.\n2. Fill in the form L-12.\n"
    "3. Wait for the confirmation by mail.\n",
    "wifi.md": "# Guest wifi\n\nThe guest wifi is called DeskNet. "
    "Its password changes on Mondays.\n",
    "bonus.md": "---\naudience: [user:U0NOBODY1]\n---\n\n# Bonus\n\n"
    "The yearly bonus of the leads is 20 percent of their salary.\n",
}
MODEL_KEY = "sk-local-test"
HOW_LONG = "How many weeks is parental leave?"
PROXIES = "HTTP_PROXY HTTPS_PROXY http_proxy https_proxy".split()
SLACK_NAMES = "SLACK_BOT_TOKEN SLACK_APP_TOKEN SLACK_SIGNING_SECRET SLACK_CLIENT_ID".split()


@pytest.fixture(autouse=True)
def _published_pages() -> None:
    """The workspace answers as Slack's published pages say, which lie beside the checkout."""
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")


def manifest(transport: str) -> dict[str, Any]:
    name = "slack-app.yaml" if transport == "socket" else "slack-app-http.yaml"
    return yaml.safe_load((ROOT / "manifests" / name).read_text(encoding="utf-8"))


class ShiftedClock:
    """The machine's time, and an offset that a test sets to write messages of the past."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def now(self) -> float:
        return time.time() + self.offset_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def shown(message: Any) -> str:
    """All that a message or a view shows, as one text."""
    blocks = message.content["blocks"] if hasattr(message, "content") else message.blocks
    return f"{getattr(message, 'text', '')}\n{json.dumps(blocks, ensure_ascii=False)}"


@dataclass
class Scene:
    """A workspace with people, and the bot in it once `start` was called."""

    workspace: LocalWorkspace
    clock: ShiftedClock
    escalations: Any
    reviewer: Any
    environment: dict[str, str]
    transport: str
    folder: Path
    overrides: Overrides | None = None
    opened: AsyncExitStack = field(default_factory=AsyncExitStack)
    _bot: Bot | None = None

    @property
    def settings(self) -> Settings:
        return load_settings(self.environment, working_directory=self.folder)

    @property
    def bot(self) -> Bot:
        assert self._bot is not None
        return self._bot

    async def start(self) -> None:
        self._bot = await self.opened.enter_async_context(open_bot(self.settings, self.overrides))
        await self.opened.enter_async_context(self._bot.running())
        if self.transport == "http":
            await self.workspace.deliver_to(f"http://127.0.0.1:{self.bot.port}/slack/events")

    async def stop(self) -> None:
        """As SIGTERM does."""
        await self.opened.aclose()
        self._bot = None

    async def learn(self, documents: Mapping[str, str], *audience: str) -> None:
        """Adds documents for these readers only."""
        name = hashlib.sha256(json.dumps(dict(documents)).encode()).hexdigest()[:8]
        folder = self.folder / "more" / name
        write_documents(folder, documents)
        await self.bot.engine.ingestion.run(str(folder), audience, _unwatched)

    async def change(self, document: Path, text: str) -> None:
        """Another text for a document that was ingested, read at once."""
        before = await asyncio.to_thread(document.read_text, encoding="utf-8")
        await asyncio.to_thread(document.write_text, text, encoding="utf-8")
        try:
            await self.bot.engine.ingestion.run(str(document.parent), (), _unwatched)
        finally:
            # The next test's copy knows this one.
            await asyncio.to_thread(document.write_text, before, encoding="utf-8")

    async def answer(self, message: Any, count: int = 1, timeout_s: float = 30.0) -> Any:
        """The bot's newest reply under a message, once there are so many and all is done."""
        await self.workspace.until(lambda: len(self.replies(message)) >= count, timeout_s)
        await self.idle(timeout_s)
        return self.replies(message)[-1]

    def replies(self, message: Any) -> list[Any]:
        return self.workspace.replies_by_app(message.channel, message.thread_ts or message.ts)

    async def idle(self, timeout_s: float = 30.0) -> None:
        """Until every event is acknowledged and no question waits."""
        await self.workspace.settled(timeout_s)
        overview = OverviewStore(self.bot.engine.database)
        async with asyncio.timeout(timeout_s):
            while self.bot.worker.busy or await overview.waiting(self.settings.tenant):  # noqa: ASYNC110 - polls rows
                await asyncio.sleep(0.02)

    async def card(self, count: int = 1, timeout_s: float = 20.0) -> Any:
        """The newest card in the escalation channel, once there are so many."""
        bot_user = self.workspace.app.bot_user

        def cards() -> list[Any]:
            said = self.workspace.messages(self.escalations)
            return [m for m in said if m.user == bot_user and not m.is_reply]

        await self.workspace.until(lambda: len(cards()) >= count, timeout_s)
        return cards()[-1]

    def said(self, channel: Any) -> list[Any]:
        """Everything that the bot said in a channel."""
        messages = self.workspace.messages(channel)
        return [m for m in messages if m.user == self.workspace.app.bot_user]

    def placed(self, channel: Any) -> list[Any]:
        """What of it stands in the channel itself; what is kept is told below a card."""
        return [m for m in self.said(channel) if not m.is_reply]


async def all_shown(scene: Scene) -> None:
    """Until every card, and every asker, was told of its case as it is."""
    await scene.idle()
    cases = scene.bot.engine.cases
    async with asyncio.timeout(30):
        while await cases.outdated(scene.settings.tenant):  # noqa: ASYNC110 - polls rows
            await asyncio.sleep(0.02)


def write_documents(folder: Path, documents: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8")


def _unwatched(_: object) -> None:
    return None


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds `DOCUMENTS`, made by the first test that needs it."""
    return tmp_path_factory.mktemp("knowledge")


async def copy_knowledge(knowledge: Path, home: Path) -> None:
    if not (knowledge / "home").exists():
        write_documents(knowledge / "docs", DOCUMENTS)
        settings = load_settings(
            {"DESKHAND_HOME": str(knowledge / "made")}, working_directory=knowledge
        )
        async with open_engine(settings) as engine:
            await engine.make_ready()
            await engine.ingestion.run(str(knowledge / "docs"), (), _unwatched)
        (knowledge / "made").rename(knowledge / "home")
    await asyncio.to_thread(copy_home, knowledge / "home", home)


Stage = Callable[..., AbstractAsyncContextManager[Scene]]


@pytest.fixture
def stage(
    tmp_path: Path,
    knowledge: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Stage:
    """`async with stage(transport="http", **settings) as scene`.

    started: false leaves `scene.start()` to the test. model: answers as this model of the local
    OpenAI server does. errors: whether lines of level ERROR may be logged. What people and
    the bot wrote and the tokens may be in no line of the log, whatever the test.
    """
    for name in (*SLACK_NAMES, *PROXIES):
        monkeypatch.delenv(name, raising=False)

    @asynccontextmanager
    async def opened(
        transport: str = "socket",
        *,
        started: bool = True,
        model: Respond | None = None,
        errors: bool = False,
        app: Callable[[dict[str, Any]], None] | None = None,
        **more: str,
    ) -> AsyncIterator[Scene]:
        caplog.set_level(logging.INFO)
        await copy_knowledge(knowledge, tmp_path / "home")
        clock, described = ShiftedClock(), manifest(transport)
        if app is not None:
            app(described)
        async with AsyncExitStack() as stack:
            workspace = await stack.enter_async_context(
                LocalWorkspace(seed=7, manifest=described, clock=clock)
            )
            reviewer = workspace.join("rita")
            escalations = workspace.public("escalations", reviewer)
            if model is not None:
                url = await stack.enter_async_context(ModelServer(model).serving())
                more = {"openai__api_key": MODEL_KEY, "openai__base_url": url, **more}
            environment = {
                "DESKHAND_HOME": str(tmp_path / "home"),
                "DESKHAND_EMBEDDING_CACHE": os.environ["DESKHAND_EMBEDDING_CACHE"],
                "DESKHAND_SLACK__BOT_TOKEN": workspace.bot_token,
                "DESKHAND_SLACK__APP_TOKEN": workspace.app_token,
                "DESKHAND_SLACK__SIGNING_SECRET": workspace.signing_secret,
                "DESKHAND_SLACK__API_URL": workspace.api_url,
                "DESKHAND_SLACK__TRANSPORT": transport,
                "DESKHAND_SLACK__HOST": "127.0.0.1",
                "DESKHAND_SLACK__PORT": "0",
                "DESKHAND_SLACK__ESCALATION_CHANNEL": escalations.id,
                "DESKHAND_SLACK__LEASE_S": "5",
                **{f"DESKHAND_{name.upper()}": value for name, value in more.items()},
            }
            scene = Scene(workspace, clock, escalations, reviewer, environment, transport, tmp_path)
            stack.push_async_callback(scene.stop)
            if started:
                await scene.start()
            yield scene
        assert_discreet(caplog.records, scene)
        if not errors:
            assert not [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]

    return opened


def assert_discreet(records: Sequence[logging.LogRecord], scene: Scene) -> None:
    """No line of the log holds a token, what a person or the bot wrote, or a stack trace."""
    workspace = scene.workspace
    secrets = {workspace.bot_token, workspace.app_token, workspace.signing_secret, MODEL_KEY}
    bot_user = workspace.app.bot_user
    for channel in workspace.world.channels.values():
        for message in channel.messages.values():
            words = message.text.removeprefix(f"<@{bot_user}>").strip()
            if len(words) >= 12:
                secrets.add(words[:40])
    for record in records:
        line = record.getMessage()
        assert not [secret for secret in secrets if secret and secret in line], line
        assert record.exc_info is None, line
