"""Real processes, killed at random moments while they answer."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.workspace import Fault, LocalWorkspace
from bot.workspace.messages import Message, Streaming
from engine.storage.database import Database
from engine.storage.inbox import InboxItem, InboxStore, NewQuestion, State, Surface
from tests.bot.delivery.conftest import TENANT
from tests.bot.delivery.worker_process import texts_of

ROOT = Path(__file__).parents[3]
QUESTIONS = 60
LIMIT_S = 300.0
"""Far beyond what it takes, for machines that others keep busy."""


class Fleet:
    """Processes of `worker_process`: some at work, and spares that take a killed one's place."""

    def __init__(self, workspace: LocalWorkspace, file: Path) -> None:
        self._arguments = (
            workspace.api_url,
            workspace.bot_token,
            workspace.app.bot_user,
            str(file),
        )
        self._processes: list[asyncio.subprocess.Process] = []
        self._working: list[asyncio.subprocess.Process] = []
        self._spares: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
        self._starting: set[asyncio.Task[None]] = set()
        self.killed = 0

    def spare(self) -> None:
        """Makes one that waits for its turn."""
        task = asyncio.create_task(self._make_spare())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _make_spare(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bot.delivery.worker_process",
            *self._arguments,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": "/", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._processes.append(process)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        await self._spares.put(process)

    async def begin(self) -> None:
        """Has a spare claim questions."""
        process = await self._spares.get()
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        await process.stdin.drain()
        self._working.append(process)

    async def replace_one(self, rng: random.Random) -> None:
        """Kills one at work with SIGKILL; a spare begins in its place."""
        process = rng.choice(self._working)
        process.kill()
        self._working.remove(process)
        self.killed += 1
        self.spare()
        await process.wait()
        await self.begin()

    async def aclose(self) -> None:
        while self._starting:
            await asyncio.wait(set(self._starting))
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def a_fleet(workspace: LocalWorkspace, file: Path) -> AsyncIterator[Fleet]:
    fleet = Fleet(workspace, file)
    try:
        yield fleet
    finally:
        await fleet.aclose()


@pytest.mark.slow
async def test_processes_killed_while_posting_lose_and_double_no_answer(
    database: Database, tmp_path: Path
) -> None:
    seed = int(os.environ.get("CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    sys.stdout.write(f"CRASH_SEED={seed}\n")  # sets it anew
    rng = random.Random(seed)
    inbox = InboxStore(database)
    async with LocalWorkspace(seed=seed) as workspace:
        alice = workspace.join("alice")
        channels = [workspace.public(f"c{n}", alice) for n in range(5)]
        asked: list[tuple[Message, InboxItem]] = []
        for number in range(QUESTIONS):
            manner = ("quick", "slow", "long")[number % 3]
            said = alice.say(rng.choice(channels), f"{number} {manner}")
            asked.append((said, await _receive(inbox, workspace, said)))
        for method in ("chat.postMessage", "chat.startStream", "chat.stopStream", "chat.update"):
            # the moment in which Slack has done it and nobody knows is made longer
            workspace.faults.add(method, Fault.SLOW, times=None, chance=0.5, seconds=0.1)
            workspace.faults.add(method, Fault.DROP_RESPONSE, times=None, chance=0.05)
            workspace.faults.add(method, Fault.SERVER_ERROR, times=None, chance=0.05)

        async def left() -> int:
            states = [await inbox.get(TENANT, item.id) for _, item in asked]
            return sum(s is not None and s.state is not State.DONE for s in states)

        async with asyncio.timeout(LIMIT_S), a_fleet(workspace, tmp_path / "deskhand.db") as fleet:
            for _ in range(4):
                fleet.spare()
            for _ in range(2):
                await fleet.begin()
            while await left():
                calls = len(workspace.calls()) + rng.randint(1, 8)
                for _ in range(300):  # a crash comes with the calls, or else after 3 s
                    if len(workspace.calls()) >= calls:
                        break
                    await asyncio.sleep(0.01)
                await asyncio.sleep(rng.uniform(0, 0.05))
                await fleet.replace_one(rng)
        wrong = {
            said.text: shown
            for said, _ in asked
            if (shown := _shown(workspace, said)) != texts_of(said.text)
        }
        figures = f"{fleet.killed} processes killed, {len(workspace.calls())} calls"
        sys.stdout.write(f"{figures}\n")
        assert wrong == {}, figures
        assert fleet.killed >= 5, figures
        streaming = [
            m.ts
            for said, _ in asked
            for m in workspace.thread(said.channel, said.ts)
            if m.streaming is Streaming.IN_PROGRESS
        ]
        assert streaming == []


def _shown(workspace: LocalWorkspace, said: Message) -> list[str]:
    return [m.text for m in workspace.replies_by_app(said.channel, said.ts)]


async def _receive(inbox: InboxStore, workspace: LocalWorkspace, said: Message) -> InboxItem:
    now = datetime.now(UTC)
    item, _ = await inbox.add(
        TENANT,
        NewQuestion(
            team=workspace.world.team_id,
            channel=said.channel,
            ts=said.ts,
            user=said.user,
            surface=Surface.MENTION,
            text=said.text,
            asked_at=now,
        ),
        at=now,
    )
    return item
