"""An admin, a report channel, small data sets, and a bot beside the local workspace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.workspace import Kind
from engine.storage.evaluation_run import Run, RunState
from evals.model_server.models import quoting
from evals.model_server.reply import Received, Reply
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage

QUESTIONS = (
    (HOW_LONG, "leave.md"),
    ("What is the guest wifi called?", "wifi.md"),
    ("When does the password of the guest wifi change?", "wifi.md"),
    ("Whom do I tell before parental leave?", "leave.md"),
)
CASES = tuple(
    {
        "id": f"case-{number}",
        "user_question": question,
        "expected_docs": [document],
        "expected_outcome": "answered",
    }
    for number, (question, document) in enumerate(QUESTIONS, 1)
)
LIMIT_S = 60.0
"""Far beyond what a run of a few cases takes, for machines that others keep busy."""


def many(count: int) -> list[dict[str, Any]]:
    """Cases with questions of their own."""
    return [
        {**CASES[n % len(CASES)], "id": f"many-{n}", "ticket_subject": f"Ticket {n}"}
        for n in range(count)
    ]


def unhurried(request: Received) -> Reply:
    """A model that takes its time, so that a run has a middle."""
    answer = quoting(request)
    return Reply(text=answer.text, first_s=0.2)


@dataclass
class Office:
    """A scene with an admin in a channel where evaluations are talked about."""

    scene: Scene
    admin: Any
    channel: Any
    reports: Any

    @property
    def workspace(self) -> Any:
        return self.scene.workspace

    @property
    def datasets(self) -> Path:
        return self.scene.settings.home / "evals" / "datasets"

    def write(self, name: str, cases: Sequence[Any] = CASES) -> None:
        """Puts a data set where it may be named in Slack; texts are lines as they are."""
        self.datasets.mkdir(parents=True, exist_ok=True)
        lines = [case if isinstance(case, str) else json.dumps(case) for case in cases]
        (self.datasets / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    async def type(self, line: str, actor: Any = None) -> str:
        """What is shown to whoever typed the command."""
        typed = await (actor or self.admin).command(self.channel, f"/deskhand eval {line}")
        assert typed.acked
        return str(typed.ack.get("text", ""))

    def roots(self, channel: Any = None) -> list[Any]:
        return [m for m in self.scene.said(channel or self.channel) if not m.is_reply]

    def thread(self, channel: Any = None) -> list[Any]:
        """What stands under the first message of a run."""
        return [m for m in self.scene.said(channel or self.channel) if m.is_reply]

    def named(self, name: str, channel: Any = None) -> list[Any]:
        """Messages by the name in their key."""
        said = self.scene.said(channel or self.channel)
        keys = [((m.metadata or {}).get("event_payload") or {}).get("key", "") for m in said]
        return [m for m, key in zip(said, keys, strict=True) if key.endswith(f":{name}")]

    async def report(self, channel: Any = None, count: int = 1) -> str:
        """What the newest report shows, once there are so many."""
        await self.workspace.until(lambda: len(self.named("report", channel)) >= count, LIMIT_S)
        return shown(self.named("report", channel)[-1])

    async def runs(self, *states: RunState) -> tuple[Run, ...]:
        engine = self.scene.bot.engine
        return await engine.evaluations.list(
            self.scene.settings.tenant, states=states or tuple(RunState)
        )

    async def until_run(self, true: Callable[[Run], object]) -> Run:
        """The newest run, once that is true of it."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                runs = await self.runs()
                if runs and true(runs[0]):
                    return runs[0]
                await asyncio.sleep(0.05)

    async def told(self) -> None:
        """Until everything is told."""
        store, tenant = self.scene.bot.engine.announcements, self.scene.settings.tenant
        async with asyncio.timeout(LIMIT_S):
            for run in await self.runs():
                while True:
                    found = await store.get(tenant, run.id)
                    if found is not None and found.closed_at is not None:
                        break
                    await asyncio.sleep(0.05)


Offices = Callable[..., AbstractAsyncContextManager[Office]]


@pytest.fixture
def office(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Offices:
    """`async with office(**settings) as opened`; processes that a run left are ended after it."""

    @asynccontextmanager
    async def opened(*, started: bool = True, **more: Any) -> AsyncIterator[Office]:
        quick = {"evals__niceness": "0"}  # on a busy machine a run would wait for everything else
        async with stage(started=False, **quick | more) as scene:
            workspace = scene.workspace
            admin = workspace.join("ada", Kind.ADMIN)
            channel = workspace.public("quality", admin)
            reports = workspace.public("reports", admin)
            scene.environment["DESKHAND_EVALS__REPORT_CHANNEL"] = reports.id
            for name, value in scene.environment.items():
                monkeypatch.setenv(name, value)  # what a process of the bot's inherits
            if started:
                await scene.start()
            try:
                yield Office(scene, admin, channel, reports)
            finally:
                await scene.stop()
                end_processes(scene.settings.home)

    return opened


def end_processes(home: Path) -> None:
    """Ends what still works on this home."""
    for pid in processes_of(home):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def processes_of(home: Path) -> list[int]:
    """Processes of `deskhand eval` that work on this home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"eval" in command and f"DESKHAND_HOME={home}".encode() in environment:
            found.append(int(folder.name))
    return found


async def make_due(opened: Office, name: str) -> None:
    """Moves a schedule's next moment into the past."""
    engine, tenant = opened.scene.bot.engine, opened.scene.settings.tenant
    (found,) = [s for s in await engine.eval_schedules.all(tenant) if s.name == name]
    past = engine.pipeline.clock() - timedelta(minutes=5)
    await engine.eval_schedules.put(tenant, replace(found, next_due_at=past))
