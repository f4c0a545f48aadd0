"""The command and the shortcut where the bot is not: one line, one answer, whatever breaks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.chaos.bot_process import BotProcess
from bot.workspace import Fault
from bot.workspace.delivery import EnvelopeType
from tests.bot.app.conftest import HOW_LONG, Scene, Stage

pytestmark = pytest.mark.slow


async def one_line_and_one_answer(scene: Scene, dm: object) -> None:
    """And nothing more, also once every question has its outcome."""
    await scene.workspace.until(lambda: len(scene.said(dm)) >= 2, 60)
    await asyncio.sleep(1.5)
    line, answer = scene.said(dm)
    assert line.text == f"You asked: {HOW_LONG}"
    assert answer.thread_ts == line.ts
    assert "16 weeks" in answer.text


@pytest.mark.parametrize("way", ["command", "shortcut"])
@pytest.mark.parametrize("seen", ["before the line", "after the line"])
async def test_a_kill_around_the_line_leaves_one_line_and_one_answer(
    stage: Stage, tmp_path: Path, way: str, seen: str
) -> None:
    async with stage(started=False, slack__lease_s="2", slack__request_timeout_s="3") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        elsewhere = workspace.public("elsewhere", ann, with_bot=False)
        message = ann.say(elsewhere, HOW_LONG)
        process = BotProcess(scene.environment, log=tmp_path / "bot.log")
        await process.start()
        try:
            await workspace.until(lambda: workspace.calls("users.conversations"), 60)
            before = seen == "before the line"
            method = "conversations.open" if before else "chat.postMessage"
            workspace.faults.add(method, Fault.SLOW, seconds=30)
            if way == "command":
                asked = await ann.command(elsewhere, f"/deskhand ask {HOW_LONG}")
            else:
                asked = await ann.shortcut("ask_about_message", message)
            assert asked.acked
            # Not `calls`: a call is listed there once it is over.
            await workspace.until(
                lambda: workspace.faults.befallen(method) and (before or scene.said(ann.dm)), 60
            )
            assert len(scene.said(ann.dm)) == (0 if before else 1)
            await process.kill()
            workspace.faults.clear()
            await process.start()
            await one_line_and_one_answer(scene, ann.dm)
        finally:
            await process.kill()


async def test_the_command_is_kept_before_its_acknowledgement_whatever_slack_does(
    stage: Stage,
) -> None:
    async with stage(slack__request_timeout_s="2") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        workspace.faults.add("conversations.open", Fault.SERVER_ERROR, times=2)
        workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=1)
        typed = await ann.command(general, f"/deskhand ask {HOW_LONG}")
        assert typed.acked
        assert "direct message" in typed.ack["text"]
        await one_line_and_one_answer(scene, ann.dm)


async def test_a_command_that_slack_delivers_again_is_asked_once(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        assert (await ann.command(general, f"/deskhand ask {HOW_LONG}")).acked
        sent = [a.envelope for a in workspace.delivery.attempts]
        [again] = [e for e in sent if e.type is EnvelopeType.COMMAND]
        assert (await workspace.delivery.once(again, 1, "timeout")).acked
        await one_line_and_one_answer(scene, ann.dm)
        assert (await workspace.delivery.once(again, 2, "timeout")).acked
        await one_line_and_one_answer(scene, ann.dm)


async def test_a_line_that_slack_never_takes_leaves_the_question_ended(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        workspace.faults.add("conversations.open", Fault.REFUSED, times=None, code="user_not_found")
        assert (await ann.command(general, f"/deskhand ask {HOW_LONG}")).acked
        await workspace.until(lambda: workspace.calls("conversations.open"))
        await scene.idle()
        assert scene.said(ann.dm) == []
