"""Answers of a slow model, shown sentence by sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.workspace.messages import Streaming
from evals.model_server.models import quoting
from evals.model_server.reply import Fault, Received, Reply
from tests.bot.app.conftest import HOW_LONG, Stage, shown

pytestmark = pytest.mark.slow


def slowly(request: Received) -> Reply:
    return replace(quoting(request), piece_s=0.03)


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_slow_models_answer_is_streamed_and_ends_with_its_sources(
    stage: Stage, transport: str
) -> None:
    async with stage(transport, model=slowly, slack__stream_after_s="0.05") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        answer = await scene.answer(asked)
        assert workspace.calls("chat.startStream")
        assert workspace.calls("chat.stopStream")
        assert "16 weeks" in shown(answer)
        assert "passage:1" in shown(answer)
        assert answer.streaming is not Streaming.IN_PROGRESS
        assert answer.metadata["event_type"] == "deskhand_reply"
        assert scene.said(general) == [answer]
        assert workspace.status(general, asked.ts) == ""


async def test_the_stop_button_in_the_middle_of_a_stream_leaves_one_message_that_says_so(
    stage: Stage,
) -> None:
    def endless(request: Received) -> Reply:
        return replace(quoting(request), piece_s=0.3)

    async with stage(model=endless, slack__stream_after_s="0.05") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await workspace.until(lambda: workspace.calls("chat.startStream"))
        await workspace.until(lambda: scene.replies(asked))
        assert ann.stop(ann.dm, asked.ts)
        await scene.idle()
        [answer] = scene.replies(asked)
        assert "Stopped, as you asked" in shown(answer)


async def test_the_stop_button_before_anything_is_shown_leaves_one_message_that_says_so(
    stage: Stage,
) -> None:
    def thinking(request: Received) -> Reply:
        return replace(quoting(request), first_s=3.0)

    async with stage(model=thinking, slack__stream_after_s="60") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await workspace.until(lambda: scene.bot.worker.busy)
        await workspace.settled()
        assert ann.stop(ann.dm, asked.ts)
        await scene.idle()
        [answer] = scene.replies(asked)
        assert "Stopped, as you asked" in shown(answer)


async def test_a_model_that_is_down_still_gives_a_cited_answer(stage: Stage) -> None:
    def down(_: Received) -> Reply:
        return Reply(fault=Fault.SERVER_ERROR)

    async with stage(model=down) as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        answer = await scene.answer(asked)
        assert "16 weeks" in answer.text


async def test_an_edit_in_the_middle_of_a_stream_ends_as_the_new_answer_alone(stage: Stage) -> None:
    async with stage(model=slowly, slack__stream_after_s="0.05") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        await workspace.until(lambda: scene.replies(asked))
        ann.edit(asked, f"<@{workspace.app.bot_user}> What is the guest wifi called?")
        await workspace.until(lambda: "DeskNet" in shown(scene.replies(asked)[0]), 30)
        await scene.idle()
        [answer] = scene.replies(asked)
        assert answer.text.startswith("The guest wifi is called DeskNet")


async def test_a_deletion_in_the_middle_of_a_stream_leaves_nothing(stage: Stage) -> None:
    async with stage(model=slowly, slack__stream_after_s="0.05") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        await workspace.until(lambda: scene.replies(asked))
        ann.delete(asked)
        await workspace.until(lambda: not scene.said(general), 30)
        await scene.idle()
        assert scene.said(general) == []
