"""A conversation with the bot as people have it, over both transports."""

from __future__ import annotations

import json

import pytest

from tests.bot.app.conftest import Stage

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_mention_is_answered_in_its_thread_with_its_source(
    stage: Stage, transport: str
) -> None:
    async with stage(transport) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked = ann.mention(general, "How many weeks is parental leave?")
        answer = await scene.answer(asked)
        await scene.idle()
        assert "16 weeks" in answer.text
        assert "Parental leave" in json.dumps(answer.blocks)
        assert answer.metadata["event_type"] == "deskhand_reply"
        assert scene.replies(asked) == [answer]
        assert not workspace.pings()

        follow_up = ann.reply(asked, "and how do I apply?")
        second = await scene.answer(asked, 2)
        await scene.idle()
        assert "L-12" in second.text
        ann.reply(follow_up, "thanks!")
        await scene.idle()
        assert len(scene.replies(asked)) == 2
