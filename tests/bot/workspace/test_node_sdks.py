"""Slack's Node SDKs, unmodified, as clients that share no code with ours."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.workspace import LocalWorkspace
from bot.workspace.actor import Actor
from bot.workspace.channels import Channel

NODE = Path(__file__).with_name("node")
LIMIT_S = 60


@pytest.fixture
def alice(workspace: LocalWorkspace) -> Actor:
    return workspace.join("alice")


@pytest.fixture
def general(workspace: LocalWorkspace, alice: Actor) -> Channel:
    return workspace.public("general", alice)


class Part:
    """One part of `clients.mjs`, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> dict[str, Any]:
        """The next line it prints."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            got = await self.process.stdout.readline()
        assert got, "node ended"
        parsed: dict[str, Any] = json.loads(got)
        return parsed


Start = Callable[[str], Awaitable[Part]]


@pytest.fixture
async def start(workspace: LocalWorkspace, alice: Actor, general: Channel) -> AsyncIterator[Start]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (NODE / "node_modules" / "@slack").is_dir():
        pytest.skip("Slack's Node SDKs are not installed (.ci/install_services.sh)")
    told = {
        "api_url": workspace.api_url,
        "bot_token": workspace.bot_token,
        "app_token": workspace.app_token,
        "signing_secret": workspace.signing_secret,
        "channel": general.id,
        "user": alice.id,
        "team": workspace.world.team_id,
    }
    started: list[asyncio.subprocess.Process] = []

    async def run(part: str) -> Part:
        process = await asyncio.create_subprocess_exec(
            node,
            "clients.mjs",
            part,
            cwd=NODE,
            env={"PATH": os.environ["PATH"], "WORKSPACE": json.dumps(told)},
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(process)
        return Part(process)

    yield run
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_web_client_posts_streams_uploads_and_pages(
    workspace: LocalWorkspace, general: Channel, start: Start
) -> None:
    part = await start("web")
    assert (await part.line())["bot"] == workspace.app.bot_user
    assert (await part.line())["metadata"]["event_payload"] == {"key": "k"}
    assert (await part.line())["error"] == "channel_not_found"
    assert "alice" in (await part.line())["names"]
    assert await part.process.wait() == 0
    texts = [m.text for m in workspace.messages(general)]
    assert texts == ["from node", "streamed text", "a file"]
    assert workspace.world.files[workspace.messages(general)[-1].files[0]].data == b"from node"


async def test_the_socket_client_connects_acknowledges_and_reconnects(
    workspace: LocalWorkspace, general: Channel, alice: Actor, start: Start
) -> None:
    part = await start("socket")
    assert (await part.line())["ready"]
    alice.say(general, "one")
    assert (await part.line())["text"] == "one"
    workspace.sockets.sockets[0].cut()
    alice.say(general, "two")
    assert (await part.line())["text"] == "two"
    assert (await part.line())["done"]
    await workspace.settled()
    assert workspace.delivery.lost == []
    assert workspace.sockets.opened == 2


@pytest.mark.parametrize("part_name", ["bolt", "http"])
async def test_bolt_for_node_answers_over_sockets_and_over_signed_http(
    workspace: LocalWorkspace, general: Channel, alice: Actor, start: Start, part_name: str
) -> None:
    part = await start(part_name)
    ready = await part.line()
    if part_name == "http":
        await workspace.deliver_to(f"http://127.0.0.1:{ready['port']}/slack/events")
    question = alice.mention(general, "hi")
    await workspace.until(lambda: workspace.replies_by_app(general, question.ts), LIMIT_S)
    assert workspace.replies_by_app(general, question.ts)[0].text == "node answers"
    typed = await alice.command(general, "/deskhand it")
    assert typed.acked
    assert [e.text for e in workspace.ephemerals(alice)] == ["typed it"]
    assert (await alice.shortcut("ask", question)).acked
    await workspace.until(lambda: workspace.modal(alice), LIMIT_S)
    modal = workspace.modal(alice)
    assert modal is not None
    assert (await alice.submit(modal, {"text": "x"})).errors == {"answer": "node says no"}
    await workspace.until(lambda: any(a.answer.acked for a in workspace.attempts()), LIMIT_S)
