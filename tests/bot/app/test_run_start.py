"""`deskhand run` as a process: starting, stopping, and refusing to start."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.workspace import LocalWorkspace
from tests.bot.app.conftest import manifest

pytestmark = pytest.mark.slow


async def start(home: Path, **settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.cli.main",
        "run",
        env={
            "PATH": os.environ["PATH"],
            "DESKHAND_HOME": str(home),
            "DESKHAND_EMBEDDING_CACHE": os.environ["DESKHAND_EMBEDDING_CACHE"],
            "DESKHAND_SLACK__HOST": "127.0.0.1",
            "DESKHAND_SLACK__PORT": "0",
            **settings,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(seed=7, manifest=manifest("socket")) as opened:
        yield opened


def tokens(workspace: LocalWorkspace) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "DESKHAND_SLACK__API_URL": workspace.api_url,
    }


async def test_it_says_when_it_is_ready_and_ends_on_sigterm(
    workspace: LocalWorkspace, tmp_path: Path
) -> None:
    process = await start(tmp_path / "home", **tokens(workspace))
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
    assert "takes questions in Local from 0 documents" in line
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_it_ends_on_sigterm_also_while_slack_opens_no_connection(
    workspace: LocalWorkspace, tmp_path: Path
) -> None:
    workspace.sockets.max_connections = 0
    process = await start(tmp_path / "home", **tokens(workspace))
    await workspace.until(lambda: workspace.calls("apps.connections.open"), 60)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "SLACK_APP_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-w", "SLACK_APP_TOKEN": "xapp-w"}, "refuses SLACK_BOT_TOKEN"),
    ],
)
async def test_without_its_tokens_it_says_which_in_one_sentence(
    workspace: LocalWorkspace, tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    url = {"DESKHAND_SLACK__API_URL": workspace.api_url}
    process = await start(tmp_path / "home", **url, **settings)
    out, error = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert out == b""
    assert error.decode().count("\n") == 1
    assert words in error.decode()
    assert "xoxb-w" not in error.decode()


async def test_an_escalation_channel_that_it_is_not_in_stops_the_start(
    workspace: LocalWorkspace, tmp_path: Path
) -> None:
    lonely = workspace.public("lonely", workspace.join("ann"), with_bot=False)
    given = tokens(workspace) | {"DESKHAND_SLACK__ESCALATION_CHANNEL": lonely.id}
    process = await start(tmp_path / "home", **given)
    _, error = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert "which the bot is not in" in error.decode()
