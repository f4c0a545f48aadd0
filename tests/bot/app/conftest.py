"""A bot that runs in the test's own process, beside a local workspace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.app import Bot, open_bot
from bot.workspace import LocalWorkspace
from bot.workspace.method_facts import PUBLISHED
from engine.settings import load_settings

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


@pytest.fixture(autouse=True)
def _published_pages() -> None:
    """The workspace answers as Slack's published pages say, which lie beside the checkout."""
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")


def manifest(transport: str) -> dict[str, Any]:
    name = "slack-app.yaml" if transport == "socket" else "slack-app-http.yaml"
    return yaml.safe_load((ROOT / "manifests" / name).read_text(encoding="utf-8"))


@dataclass
class Scene:
    """A workspace with people, and the bot in it."""

    workspace: LocalWorkspace
    bot: Bot
    escalations: Any

    async def answer(self, message: Any, count: int = 1, timeout_s: float = 20.0) -> Any:
        """The bot's newest reply under a message, once there are so many."""
        root = message.thread_ts or message.ts
        found = lambda: self.replies(message)  # noqa: E731
        await self.workspace.until(lambda: len(found()) >= count, timeout_s)
        del root
        return found()[-1]

    def replies(self, message: Any) -> list[Any]:
        return self.workspace.replies_by_app(message.channel, message.thread_ts or message.ts)

    async def idle(self, timeout_s: float = 20.0) -> None:
        """Until every event is acknowledged and no question waits."""
        await self.workspace.settled(timeout_s)
        overview = self.bot.engine
        async with asyncio.timeout(timeout_s):
            while self.bot.worker.busy or await _waiting(overview):  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def _waiting(engine: Any) -> int:
    from engine.storage.overview import OverviewStore

    return await OverviewStore(engine.database).waiting(engine.settings.tenant)


Stage = Callable[..., AbstractAsyncContextManager[Scene]]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """`async with stage(transport="http", **settings) as scene`."""
    for name in "SLACK_BOT_TOKEN SLACK_APP_TOKEN SLACK_SIGNING_SECRET SLACK_CLIENT_ID".split():
        monkeypatch.delenv(name, raising=False)

    @asynccontextmanager
    async def opened(
        transport: str = "socket", *, documents: dict[str, str] | None = None, **more: str
    ) -> AsyncIterator[Scene]:
        folder = tmp_path / "docs"
        folder.mkdir(exist_ok=True)
        for name, text in (DOCUMENTS if documents is None else documents).items():
            (folder / name).write_text(text, encoding="utf-8")
        async with LocalWorkspace(seed=7, manifest=manifest(transport)) as workspace:
            reviewer = workspace.join("rita")
            escalations = workspace.public("escalations", reviewer)
            settings = load_settings(
                {
                    "DESKHAND_HOME": str(tmp_path / "home"),
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
                },
                working_directory=tmp_path,
            )
            async with open_bot(settings) as bot:
                if documents is None or documents:
                    await bot.engine.ingestion.run(str(folder), (), lambda _: None)
                async with bot.running():
                    if transport == "http":
                        await workspace.deliver_to(f"http://127.0.0.1:{bot.http.port}/slack/events")
                    yield Scene(workspace, bot, escalations)

    return opened
