"""Everything at once, on both databases: in the end each question has its one newest answer."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.delivery.answerer import Prepared
from bot.workspace import Fault
from bot.workspace.messages import Message
from engine.slack_settings import SlackSettings
from engine.stopwatch import Watch
from engine.storage.database import Database, database_url
from engine.storage.inbox import InboxItem, State
from engine.storage.migrate import migrate
from engine.trace import Stage
from tests.bot.delivery.conftest import TENANT, Desk, prepared, sentence, stage

METHODS = (
    "chat.postMessage",
    "chat.update",
    "chat.delete",
    "chat.startStream",
    "chat.appendStream",
    "chat.stopStream",
    "conversations.replies",
)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = None
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres")
        name = f"delivery_{os.getpid()}"
        cluster.sql(f"CREATE DATABASE {name}")
        url = f"postgresql://deskhand@/{name}?host={cluster.sockets}"
    opened = Database(database_url(url, tmp_path))
    await migrate(opened)
    yield opened
    await opened.aclose()


def texts_of(text: str) -> list[str]:
    number = int(text.split()[0])
    if number % 3 == 2:
        return [f"{text}, part {part}" for part in range(1 + len(text) % 3)]
    return [f"{text} one. {text} two."]


@pytest.mark.slow
async def test_faults_edits_and_deletions_at_three_replicas(desk: Desk) -> None:
    rng = random.Random(int(os.environ.get("CHAOS_SEED", "11")))
    desk.settings = SlackSettings(lease_s=120, request_timeout_s=5, attempts=20, workers=3)

    async def act(item: InboxItem, watch: Watch) -> Prepared:
        if rng.random() < 0.1:
            raise RuntimeError("no")
        texts = texts_of(item.text)
        if int(item.text.split()[0]) % 3 == 1:
            await watch(stage(Stage.RETRIEVAL))
            for part in (f"{item.text} one.", f" {item.text} two."):
                await desk.clock.sleep(rng.uniform(0.5, 3))
                await watch(sentence(part))
        return prepared(*texts)

    desk.script.act = act
    for method in METHODS:
        for fault in (Fault.DROP_RESPONSE, Fault.SERVER_ERROR, Fault.SERVER_ERROR_AFTER):
            desk.workspace.faults.add(method, fault, times=None, chance=0.07)
        desk.workspace.faults.add(method, Fault.RATE_LIMITED, times=None, chance=0.07, seconds=2)
        desk.workspace.faults.add(method, Fault.SLOW, times=None, chance=0.1, seconds=0.5)
    workers = [desk.worker() for _ in range(3)]
    asked: list[tuple[Message, InboxItem]] = []
    deleted: set[str] = set()
    roots = [desk.bob.say(desk.general, f"thread {n}") for n in range(3)]
    for number in range(36):
        under = rng.choice(roots) if rng.random() < 0.3 else None
        asked.append(await desk.ask(f"{number} a", under=under))
        if rng.random() < 0.6:
            said, item = rng.choice(asked)
            if said.ts in said_in(desk, said) and item.id not in deleted:
                if rng.random() < 0.25:
                    await desk.delete(said)
                    deleted.add(item.id)
                    rng.choice(workers).cancelled(item.id)
                else:
                    await desk.edit(said, f"{said.text}{rng.choice('bcd')}")
                    rng.choice(workers).edited(item.id)
        for _ in range(rng.randrange(8)):
            await desk.clock.advance(0.3)
            await asyncio.sleep(0.01)

    async def settled() -> bool:
        states = [await desk.state(item) for _, item in asked]
        return all(state in (State.DONE, State.CANCELLED) for state in states)

    async with asyncio.timeout(200):
        while not await settled():
            for _ in range(20):
                await desk.clock.advance(0.5)
                await asyncio.sleep(0.01)
    desk.workspace.faults.clear()
    for _ in range(100):
        await desk.clock.advance(1)
        await asyncio.sleep(0.005)
    by_thread: dict[str, list[str]] = {}
    for said, item in asked:
        if await desk.state(item) is State.DONE:
            by_thread.setdefault(said.thread_ts or said.ts, []).extend(texts_of(said.text))
    for root in {said.thread_ts or said.ts for said, _ in asked}:
        shown = [m.text for m in desk.workspace.replies_by_app(desk.general, root)]
        assert sorted(shown) == sorted(by_thread.get(root, []))
    assert desk.unfinished_streams() == []
    assert await desk.inbox.claim(TENANT, "x", at=desk.now(), lease_s=1) is None


def said_in(desk: Desk, said: Message) -> list[str]:
    return list(desk.workspace.world.channels[said.channel].messages)
