"""What every measurement stands on: a workspace, a database, knowledge, and the bot's process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.chaos.bot_process import RUN, BotProcess, ingest
from bot.chaos.crowd import UNLIMITED
from bot.manifest import app_manifest
from bot.workspace import AppConfig, LocalWorkspace
from bot.workspace.clock import Clock
from engine.compose import connect_database
from engine.settings import Settings, load_settings
from engine.storage.database import Database
from evals.corpora import SAMPLE, load_set

ROOT = Path(__file__).parents[2]
BARE = ("bot.load.bare",)
_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One workspace and what a bot in it is started with.

    home: an empty folder. transport: `http` or `socket`. database_url: None for SQLite. knowledge:
    a folder that the bot knows; the sample's, whose questions are asked, unless told otherwise.
    """

    workspace: LocalWorkspace
    home: Path
    transport: str
    database_url: str | None
    knowledge: Path = SAMPLE / "knowledge"

    def environment(self, **slack: str) -> dict[str, str]:
        """The bot's environment with these settings of its Slack side besides."""
        workspace = self.workspace
        given = {
            "HOME": str(self.home),
            "DESKHAND_HOME": str(self.home / "state"),
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "SLACK_SIGNING_SECRET": workspace.signing_secret,
            "DESKHAND_SLACK__API_URL": workspace.api_url,
            "DESKHAND_SLACK__TRANSPORT": self.transport,
            "DESKHAND_SLACK__HOST": "127.0.0.1",
            "DESKHAND_SLACK__PORT": "0",
            **UNLIMITED,
        }
        given |= {f"DESKHAND_SLACK__{name.upper()}": value for name, value in slack.items()}
        if self.database_url:
            given["DATABASE_URL"] = self.database_url
        return given

    @asynccontextmanager
    async def bot(self, **slack: str) -> AsyncIterator[BotProcess]:
        """`deskhand run` with the knowledge, once the workspace's events reach it.

        Raises: RuntimeError where it does not start.
        """
        environment = self.environment(**slack)
        await ingest(environment, self.knowledge)
        async with self._started(environment, (*RUN, "--json")) as process:
            # What is said from here on it hears, and does not read from history.
            await self.workspace.until(lambda: self.workspace.calls("users.conversations"))
            yield process

    @asynccontextmanager
    async def bare_app(self) -> AsyncIterator[BotProcess]:
        """The app that only acknowledges, once the workspace's events reach it.

        Raises: RuntimeError where it does not start.
        """
        environment = self.environment() | {"SLACK_API_URL": self.workspace.api_url}
        if self.transport == "http":
            del environment["SLACK_APP_TOKEN"]
        async with self._started(environment, BARE) as process:
            yield process

    @asynccontextmanager
    async def database(self) -> AsyncIterator[tuple[Settings, Database]]:
        """The bot's database, and the settings that it goes by."""
        settings = load_settings(self.environment())
        async with AsyncExitStack() as stack:
            yield settings, connect_database(settings, stack)

    @asynccontextmanager
    async def _started(
        self, environment: Mapping[str, str], module: Sequence[str]
    ) -> AsyncIterator[BotProcess]:
        log = self.home / f"{module[0]}.log"
        process = BotProcess(environment, log=log, module=module)
        try:
            await process.start()
            port = await _ready(process, log)
            if self.transport == "http":
                await self.workspace.deliver_to(f"http://127.0.0.1:{port}/slack/events")
            else:
                await self.workspace.until(lambda: self.workspace.sockets.sockets)
            yield process
            await process.stop()
        finally:
            await process.kill()


@asynccontextmanager
async def workspace_of(
    transport: str, *, seed: int, clock: Clock | None = None
) -> AsyncIterator[LocalWorkspace]:
    """A workspace that the app is installed in by its manifest; Slack's rate limits are off."""
    manifest = app_manifest(transport)
    async with LocalWorkspace(
        app=AppConfig(), manifest=manifest, seed=seed, clock=clock
    ) as workspace:
        yield workspace


def sample_questions(work: Path) -> list[str]:
    """The sample's questions that stand by themselves. work: an existing folder."""
    sample = load_set("sample", datasets=ROOT, work=work, size=None, seed=0)
    if sample is None:
        raise RuntimeError("the sample is missing from this installation")
    return [case.question.text for case in sample.cases if not case.question.history]


async def _ready(process: BotProcess, log: Path) -> int:
    """The port that it says it listens on."""
    async with asyncio.timeout(_READY_WITHIN_S):
        while (port := _told_port(log)) is None:
            if not process.alive:
                raise RuntimeError(f"{log.stem} ended before it was ready: {_end_of(log)}")
            await asyncio.sleep(0.05)
    return port


def _told_port(log: Path) -> int | None:
    for line in log.read_text("utf-8", errors="replace").splitlines():
        if line.startswith('{"ready"') and line.endswith("}"):
            return int(json.loads(line)["port"])
    return None


def _end_of(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")[-500:]
