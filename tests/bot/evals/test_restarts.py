"""Bots and runs that are killed, bots that are two, and processes that cannot live."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from engine.clock import now
from engine.storage.database import Database, database_url
from engine.storage.evaluation_run import Run, RunState
from engine.storage.evaluations import EvaluationStore
from tests.bot.app.conftest import shown
from tests.bot.app.test_run_command import started
from tests.bot.evals.conftest import (
    LIMIT_S,
    Office,
    Offices,
    make_due,
    many,
    processes_of,
    unhurried,
)

pytestmark = pytest.mark.slow

DYING = """
import os, sys
if "eval" in sys.orig_argv and "run" in sys.orig_argv:
    os.kill(os.getpid(), 9)
"""
"""Kills every run's process at its start."""


@asynccontextmanager
async def bot_process(opened: Office) -> AsyncIterator[asyncio.subprocess.Process]:
    """A bot of its own, ready; killed after it."""
    process = await started(opened.scene)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            await process.stdout.readline()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def rows(opened: Office) -> AsyncIterator[EvaluationStore]:
    """The rows of runs, read beside the bots."""
    database = Database(database_url(None, opened.scene.settings.home))
    try:
        yield EvaluationStore(database)
    finally:
        await database.aclose()


async def until_done(opened: Office, least: int) -> Run:
    tenant = opened.scene.settings.tenant
    async with rows(opened) as store, asyncio.timeout(LIMIT_S):
        while True:
            runs = await store.list(tenant)
            if runs and runs[0].done >= least:
                return runs[0]
            await asyncio.sleep(0.05)


def assert_told_once(opened: Office) -> None:
    for name in ("root", "progress", "report"):
        assert len(opened.named(name)) == 1, name
    assert len([m for m in opened.thread() if m.files]) == 1


async def test_a_run_goes_on_when_its_bot_is_killed(office: Offices) -> None:
    async with office(started=False, model=unhurried, evals__concurrency="1") as opened:
        opened.write("many.jsonl", many(24))
        async with bot_process(opened) as first:
            await opened.type("run many.jsonl")
            await until_done(opened, 2)
            (working,) = processes_of(opened.scene.settings.home)
            first.kill()
            await first.wait()
        os.kill(working, 0)
        async with bot_process(opened):
            report = await opened.report()
            await opened.workspace.until(lambda: [m for m in opened.thread() if m.files], LIMIT_S)
        assert "24 cases" in report
        run = await until_done(opened, 24)
        assert run.state is RunState.DONE
        assert_told_once(opened)


async def test_a_run_that_is_killed_with_its_bot_is_resumed(office: Offices) -> None:
    async with office(started=False, model=unhurried, evals__concurrency="1") as opened:
        opened.write("many.jsonl", many(8))
        async with bot_process(opened) as first:
            await opened.type("run many.jsonl")
            await until_done(opened, 3)
            (working,) = processes_of(opened.scene.settings.home)
            first.kill()
            os.kill(working, signal.SIGKILL)
            await first.wait()
        run = await until_done(opened, 3)
        async with rows(opened) as store:  # as if the lease's minute had passed
            assert run.lease_owner is not None
            at = now() - timedelta(seconds=1)
            await store.release(run.tenant, run.id, owner=run.lease_owner, at=at)
        async with bot_process(opened):
            report = await opened.report()
            await opened.workspace.until(lambda: [m for m in opened.thread() if m.files], LIMIT_S)
        assert "8 cases" in report
        assert "of them unchanged" in report
        assert_told_once(opened)


async def test_two_bots_run_and_report_once(office: Offices) -> None:
    async with office() as opened:
        opened.write("leave.jsonl", many(6))
        async with bot_process(opened):
            await opened.type(
                f'schedule add nightly leave.jsonl "0 3 * * *" <#{opened.channel.id}>'
            )
            await opened.type("run leave.jsonl --suite retrieval")
            said = await opened.type("run leave.jsonl --suite retrieval")
            assert "is being evaluated already" in said
            await opened.report()
            await opened.told()
            assert_told_once(opened)
            await make_due(opened, "nightly")
            await opened.report(count=2)
            await opened.told()
        assert len(await opened.runs()) == 2
        assert len(opened.roots()) == 2


async def test_a_process_that_dies_is_replaced(office: Offices) -> None:
    async with office(model=unhurried, evals__concurrency="1") as opened:
        opened.write("many.jsonl", many(6))
        await opened.type("run many.jsonl")
        await opened.until_run(lambda run: run.done >= 2)
        (working,) = processes_of(opened.scene.settings.home)
        os.kill(working, signal.SIGKILL)
        report = await opened.report()
        await opened.told()
        assert "6 cases" in report
        assert "of them unchanged" in report
        assert_told_once(opened)


async def test_a_process_that_cannot_live_fails_the_run(
    office: Offices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dying").mkdir()
    (tmp_path / "dying" / "sitecustomize.py").write_text(DYING, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "dying"))
    async with office() as opened:
        opened.write("leave.jsonl")
        await opened.type("run leave.jsonl")
        report = await opened.report()
        assert "its process ended 3 times" in report
        (run,) = await opened.runs()
        assert run.state is RunState.FAILED
        await opened.told()
        assert "failed" in shown(opened.roots()[0])
