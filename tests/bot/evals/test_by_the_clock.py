"""Schedules, the report channel, the owner who is called, and the case behind a regression."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.evals.clockwork import WATCH
from bot.workspace import Fault, Kind
from engine.audience import FULL_MEMBER
from engine.question import Budget, Question
from engine.storage.evaluation_run import RunState
from tests.bot.app.conftest import shown
from tests.bot.evals.conftest import (
    CASES,
    LIMIT_S,
    QUESTIONS,
    Office,
    Offices,
    make_due,
    many,
)

pytestmark = pytest.mark.slow


async def test_schedules_are_kept_by_command(office: Offices) -> None:
    async with office() as opened:
        opened.write("leave.jsonl")
        assert "Nothing is scheduled" in await opened.type("schedule")
        said = await opened.type("schedule add nightly leave.jsonl “0 3 * * mon-fri” Europe/Berlin")
        assert "nightly: leave.jsonl at `0 3 * * mon-fri` Europe/Berlin" in said
        assert f"<#{opened.reports.id}>" in said
        owner = f"<@{opened.admin.id}|ada>"
        here = f"<#{opened.channel.id}|quality>"
        said = await opened.type(f"schedule add hourly sample 0 * * * * UTC {here} {owner}")
        assert f"report in <#{opened.channel.id}>, calls <@{opened.admin.id}>" in said
        listed = await opened.type("schedule list")
        assert listed.count("• ") == 2
        assert "is no schedule" in await opened.type('schedule add x sample "soon"')
        assert "is no time zone" in await opened.type('schedule add x sample "0 3 * * *" Mars')
        assert "is nothing to evaluate" in await opened.type('schedule add x y "0 3 * * *"')
        closed = opened.workspace.public("closed", with_bot=False)
        said = await opened.type(f'schedule add x sample "0 3 * * *" <#{closed.id}|closed>')
        assert "I am not in the channel" in said
        assert "is removed" in await opened.type("schedule remove hourly")
        assert "there is no schedule" in await opened.type("schedule remove hourly")
        assert (await opened.type("schedule")).count("• ") == 1


async def test_a_scheduled_run_that_got_worse_calls_its_owner(office: Offices) -> None:
    async with office() as opened:
        owner = opened.workspace.join("olga")
        opened.write("leave.jsonl", many(24))
        await opened.type("run leave.jsonl")
        await opened.report()
        await opened.told()
        engine, tenant = opened.scene.bot.engine, opened.scene.settings.tenant
        (before,) = await opened.runs()
        await engine.evaluations.set_baseline(
            tenant, before.target, before.id, at=engine.pipeline.clock()
        )
        for known in await engine.sources.all(tenant):
            await engine.ingestion.forget(known.id)
        await opened.scene.learn({"lunch.md": "# Lunch\n\nLunch is at noon in the canteen.\n"})
        await opened.type(f'schedule add nightly leave.jsonl "0 3 * * *" UTC <@{owner.id}|olga>')
        await make_due(opened, "nightly")
        report = await opened.report(opened.reports)
        await opened.told()
        assert "significantly worse" in report
        assert "Cases that got worse" in report
        assert "Parental" not in report
        (page,) = opened.named("page", opened.reports)
        assert page.broadcast
        assert owner.id in shown(page)
        assert [p.target for p in opened.workspace.pings() if p.target == owner.id] == [owner.id]
        assert len([m for m in opened.thread(opened.reports) if m.files]) == 1
        assert len(opened.roots(opened.reports)) == 1
        assert len(await opened.runs()) == 2
        await shows_a_case_to_admins(opened, owner)


async def shows_a_case_to_admins(opened: Office, member: object) -> None:
    (report,) = opened.named("report", opened.reports)
    await member.click(report, "eval_case:0")  # type: ignore[attr-defined]
    assert "Only admins" in str(opened.workspace.modal(member).content)
    await opened.admin.click(report, "eval_case:0")
    case = lambda: str(opened.workspace.modal(opened.admin).content)  # noqa: E731
    await opened.workspace.until(lambda: "Scores" in case(), LIMIT_S)
    assert "The question" in case()
    assert "Expected documents" in case()


async def test_a_case_shows_only_what_its_reader_may_read(office: Offices) -> None:
    async with office() as opened:
        secret = {**CASES[0], "id": "secret", "audience": ["user:U0NOBODY1"]}
        secret |= {"user_question": "What is the yearly bonus of the leads?"}
        secret |= {"expected_docs": ["missing.md"]}
        open_one = {**CASES[1], "expected_docs": ["missing.md"], "must_contain": ["Zebra"]}
        opened.write("leave.jsonl", [secret, open_one])
        await opened.type("run leave.jsonl")
        await opened.report()
        await opened.told()
        (report,) = opened.named("report")
        views = {}
        for block in report.blocks:
            button = block.get("accessory")
            if button is None:
                continue
            await opened.admin.click(report, button["action_id"])
            await opened.workspace.until(
                lambda: "Scores" in str(opened.workspace.modal(opened.admin).content), LIMIT_S
            )
            view = opened.workspace.modal(opened.admin)
            views[button["value"].partition(":")[2]] = str(view.content)
            await opened.admin.close(view)
        assert "You may not read" in views["secret"]
        assert "bonus" not in views["secret"]
        assert "20 percent" not in views["secret"]
        assert "DeskNet" in views["case-2"]
        assert "Zebra" in views["case-2"]


async def test_the_answers_of_yesterday_are_looked_at_and_told_of_once(office: Offices) -> None:
    async with office(evals__watch_hour="4") as opened:
        engine, tenant = opened.scene.bot.engine, opened.scene.settings.tenant
        yesterday = engine.pipeline.clock() - timedelta(days=1)
        for number, (question, _) in enumerate(QUESTIONS):
            trace = await engine.pipeline.run(
                Question(id=f"q{number}", text=question),
                tenant=tenant,
                audience=FULL_MEMBER,
                budget=Budget(max_cost_usd=0.0),
            )
            trace_id = str(uuid.uuid4())
            await engine.traces.save(replace(trace, trace_id=trace_id, asked_at=yesterday))
        old = opened.scene.settings.home / "evals" / "watch"
        await make_due(opened, WATCH)
        await opened.workspace.until(lambda: opened.roots(opened.reports), LIMIT_S)
        (said,) = opened.roots(opened.reports)
        day = f"{yesterday:%-d %B %Y}"
        assert f"Answers of {day}: Not enough questions yet" in shown(said)
        assert "4 questions, 4 scored again" in shown(said)
        assert "parental" not in shown(said).lower()
        assert (old / f"{yesterday:%Y-%m-%d}" / "report.html").is_file()
        await make_due(opened, WATCH)
        await asyncio.sleep(1)
        assert len(opened.roots(opened.reports)) == 1
        assert opened.named("page", opened.reports) == []


async def test_where_little_is_allowed_the_report_is_a_direct_message_without_plots(
    office: Offices,
) -> None:
    def without_files(manifest: dict[str, Any]) -> None:
        manifest["oauth_config"]["scopes"]["bot"].remove("files:write")

    async with office(app=without_files) as opened:
        opened.write("leave.jsonl", CASES[:1])
        elsewhere = opened.channel = opened.workspace.public(
            "elsewhere", opened.admin, with_bot=False
        )
        opened.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=1)
        opened.workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE, times=2, after=2)
        await opened.type("run leave.jsonl --suite retrieval")
        opened.channel = opened.admin.dm
        await opened.report()
        await opened.told()
        assert opened.scene.said(elsewhere) == []
        assert [m for m in opened.thread() if m.files] == []
        for name in ("root", "progress", "report"):
            assert len(opened.named(name)) == 1


async def test_the_watch_is_a_schedule_of_the_settings(office: Offices) -> None:
    async with office(started=False, evals__watch_hour="4") as opened:
        await opened.scene.start()
        assert "watch: watch at `0 4 * * *` UTC" in await opened.type("schedule")
        assert "that can be removed" in await opened.type(f"schedule remove {WATCH}")
        assert "is taken" in await opened.type(f'schedule add {WATCH} sample "0 3 * * *"')
        await opened.scene.stop()
        opened.scene.environment.pop("DESKHAND_EVALS__WATCH_HOUR")
        await opened.scene.start()
        assert "Nothing is scheduled" in await opened.type("schedule")


async def test_a_schedule_whose_target_is_gone_says_so_and_calls(office: Offices) -> None:
    async with office() as opened:
        opened.write("leave.jsonl")
        owner = opened.workspace.join("olga", Kind.ADMIN)
        await opened.type(f'schedule add nightly leave.jsonl "0 3 * * *" <@{owner.id}|olga>')
        (opened.datasets / "leave.jsonl").unlink()
        await make_due(opened, "nightly")
        report = await opened.report(opened.reports)
        assert "failed" in report
        await opened.told()
        assert str(opened.datasets) not in shown(opened.named("page", opened.reports)[0])
        (run,) = await opened.runs()
        assert run.state is RunState.FAILED
