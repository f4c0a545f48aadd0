"""`/deskhand eval` typed by an admin, and by others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.evals.commands import NOT_ADMIN, NOT_SAID
from bot.workspace import Fault
from engine.storage.evaluation_run import RunState
from evals.model_server.models import quoting
from tests.bot.app.conftest import shown
from tests.bot.evals.conftest import LIMIT_S, Offices, many, processes_of, unhurried

pytestmark = pytest.mark.slow

PRICED = """
import engine.adapters.openai_lane as lane
from engine.adapters.model_prices import price
lane.price = lambda _, model, **tokens: price(None, model, **tokens)
"""
"""In a run's process, what the model would cost at its maker's: here it is at no known address."""


async def test_a_run_is_started_watched_and_reported(office: Offices) -> None:
    async with office() as opened:
        broken = '{"id": "case-x", "user_question": "Where?", "colour": 7}'
        opened.write("leave.jsonl", [*many(4), broken])
        opened.workspace.faults.add("files.completeUploadExternal", Fault.DROP_RESPONSE)
        said = await opened.type("run leave.jsonl")
        assert "begins" in said
        report = await opened.report()
        await opened.told()
        assert "line 5" in report
        assert "colour" in report
        assert "4 cases" in report
        assert str(opened.datasets) not in report
        assert len(opened.roots()) == 1
        assert "leave.jsonl: done" in shown(opened.roots()[0])
        assert len(opened.named("progress")) == 1
        assert "4 of 4 cases" in shown(opened.named("progress")[0])
        assert opened.admin.id in report
        files = [m for m in opened.thread() if m.files]
        assert len(files) == 1
        for file in files[0].files:
            rendered = opened.workspace.world.files[file]
            assert rendered.data.startswith(b"\x89PNG")
            assert len(rendered.alt_txt) > 20
        last = await opened.type("last")
        assert "leave.jsonl" in last
        assert "|Its report>" in last
        assert await opened.type("status") == (
            "Nothing is being evaluated. `/deskhand eval run sample` begins."
        )
        assert opened.scene.said(opened.admin.dm) == []


async def test_a_second_run_says_what_is_unchanged(office: Offices) -> None:
    async with office() as opened:
        opened.write("leave.jsonl")
        await opened.type("run leave.jsonl --suite retrieval")
        await opened.report()
        await opened.told()
        await opened.type("run leave.jsonl --suite retrieval")
        report = await opened.report(count=2)
        assert "4 of them unchanged" in report
        first, second = [run.id[:8] for run in reversed(await opened.runs())]
        assert "comes as a message" in await opened.type(f"compare {first} {second}")
        await opened.workspace.until(lambda: len(opened.roots()) >= 3, LIMIT_S)
        compared = shown(opened.roots()[-1])
        assert f"{first} → {second}: passed" in compared
        assert "No metric differs" in compared
        assert "4 cases are in both runs" in compared


async def test_only_admins_may(office: Offices) -> None:
    async with office() as opened:
        opened.write("leave.jsonl")
        member = opened.workspace.join("mia")
        for line in ("run leave.jsonl", "status", "cancel", "last", "schedule", "", "compare a b"):
            assert await opened.type(line, member) == NOT_ADMIN
        opened.workspace.faults.add("users.info", Fault.SERVER_ERROR)
        assert await opened.type("run leave.jsonl") == NOT_SAID
        assert await opened.runs() == ()
        assert opened.scene.said(opened.channel) == []


async def test_what_cannot_be_run_is_said(office: Offices) -> None:
    async with office() as opened:
        opened.write("leave.jsonl")
        secret = opened.scene.folder / "secret.jsonl"
        secret.write_text("{}", encoding="utf-8")
        for target in ("nothing.jsonl", str(secret), "../../secret.jsonl", "/etc/passwd", "."):
            said = await opened.type(f"run {target}")
            assert "is nothing to evaluate" in said
            assert "leave.jsonl" in said
        assert "is no suite" in await opened.type("run sample --suite taste")
        assert "is no baseline and no run" in await opened.type("run leave.jsonl --compare x")
        assert "is no baseline and no run" in await opened.type("compare /etc/passwd x")
        assert "--max-cost" in await opened.type("run leave.jsonl --max-cost lots")
        assert "counterpart" in await opened.type('run "leave.jsonl')
        assert "eval schedule" in await opened.type("dance")
        assert "No run has come to its end" in await opened.type("last")
        assert "Nothing is being evaluated" in await opened.type("cancel")
        assert await opened.runs() == ()


async def test_a_target_is_run_once_at_a_time_and_can_be_cancelled(office: Offices) -> None:
    async with office(model=unhurried, evals__concurrency="1", evals__niceness="10") as opened:
        opened.write("many.jsonl", many(60))
        await opened.type("run many.jsonl")
        run = await opened.until_run(lambda run: run.done >= 2)
        again = await opened.type("run many.jsonl")
        assert "is being evaluated already" in again
        assert run.id[:8] in again
        assert f"{run.id[:8]} many.jsonl: " in await opened.type("status")
        (pid,) = processes_of(opened.scene.settings.home)
        assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0) + 10
        assert os.getpgid(pid) == pid
        assert "No such run" in await opened.type("cancel ffffffff")
        assert "ends after" in await opened.type(f"cancel {run.id[:8]}")
        report = await opened.report()
        assert "cancelled" in report.lower()
        assert (await opened.runs())[0].state is RunState.CANCELLED
        assert len(await opened.runs()) == 1
        assert "No run has come to its end" in await opened.type("last")


async def test_a_run_that_spends_its_limit_says_so(
    office: Offices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "sitecustomize.py").write_text(PRICED, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "prices"))
    async with office(model=quoting, evals__concurrency="1") as opened:
        opened.write("many.jsonl", many(20))
        await opened.type("run many.jsonl --max-cost 0.004")
        report = await opened.report()
        run = (await opened.runs())[0]
        assert run.state is RunState.OVER_BUDGET
        assert 0 < run.cost_usd <= 0.004
        assert "spend limit" in report
        await opened.told()
        assert "stopped at its spend limit" in shown(opened.roots()[0])
