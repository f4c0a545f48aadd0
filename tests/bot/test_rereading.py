"""Sources that the bot reads again by the clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.rereading import KIND, SourceRereading
from engine.clock import now
from engine.errors import DeskhandError, WrongUse
from engine.settings import Settings
from engine.storage.database import Database
from engine.storage.timers import TimerStore
from tests.bot.app.conftest import Stage, shown
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage

SUBJECT = "sources"
NIGHTLY = "17 2 * * *"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 24, 2, 17, tzinfo=UTC)


@pytest.mark.slow
async def test_a_changed_document_is_answered_from_without_a_command(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(started=False) as scene:
        scene.environment["DESKHAND_INGEST_SCHEDULE"] = NIGHTLY
        for name, value in scene.environment.items():
            monkeypatch.setenv(name, value)  # which its processes inherit
        tenant = scene.settings.tenant
        await scene.start()
        await scene.learn({"tea.md": "# Tea\n\nTea is served at four o'clock in the kitchen.\n"})
        timers = TimerStore(scene.bot.engine.database)
        await timers.set(tenant, KIND, SUBJECT, now() - timedelta(hours=3))
        await scene.stop()
        [tea] = (scene.folder / "more").rglob("tea.md")
        tea.write_text("# Tea\n\nTea is served at five o'clock in the garden.\n")
        await scene.start()
        timers = TimerStore(scene.bot.engine.database)
        async with asyncio.timeout(90):
            while (await timers.armed(tenant, KIND, SUBJECT) or now()) <= now():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        ann = scene.workspace.join("ann")
        reply = await scene.answer(ann.say(ann.dm, "When is tea served?"))
        assert "five o'clock" in shown(reply)


@dataclass
class Processes:
    """What a process would tell, and what was asked of one."""

    tells: dict[str, Any] | DeskhandError = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def result_of(self, arguments: tuple[str, ...], name: str, *, most_s: float) -> Any:
        self.asked.append(arguments)
        if isinstance(self.tells, DeskhandError):
            raise self.tells
        return self.tells


def rereading(database: Database, schedule: str | None, processes: Processes) -> SourceRereading:
    children: Any = processes
    return SourceRereading(
        settings=Settings(ingest_schedule=schedule),
        timers=TimerStore(database),
        children=children,
        clock=lambda: NOON,
    )


@pytest.mark.parametrize(
    "tells",
    [
        {"added": 1, "failed": 0},
        DeskhandError("the folder docs is not there"),
        WrongUse("name a source"),
    ],
)
async def test_whatever_comes_of_it_the_next_night_looks_again(
    database: Database, tells: dict[str, Any] | DeskhandError
) -> None:
    processes = Processes(tells)
    sources = rereading(database, NIGHTLY, processes)
    await sources.start()
    assert await sources.timers.armed("default", KIND, SUBJECT) == TOMORROW
    timer: Any = None
    assert await sources.due(timer) == TOMORROW
    assert processes.asked == [("ingest", "--json")]


async def test_one_that_came_due_stays_and_without_a_schedule_there_is_none(
    database: Database,
) -> None:
    missed = NOON - timedelta(hours=3)
    sources = rereading(database, NIGHTLY, Processes())
    await sources.timers.set("default", KIND, SUBJECT, missed)
    await sources.start()
    assert await sources.timers.armed("default", KIND, SUBJECT) == missed
    off = rereading(database, None, Processes())
    await off.start()
    assert await off.timers.armed("default", KIND, SUBJECT) is None
