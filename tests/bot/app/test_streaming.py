"""The engine's answers, streamed by the whole bot."""

from __future__ import annotations

import pytest

from bot.workspace.messages import Streaming
from tests.bot.app.conftest import Stage


@pytest.mark.slow
async def test_a_streamed_answer_ends_as_one_message_with_its_sources_and_buttons(
    stage: Stage,
) -> None:
    async with stage(slack__stream_after_s="0") as scene:
        workspace = scene.workspace
        alice = workspace.join("alice")
        general = workspace.public("general", alice)
        asked = alice.mention(general, "How long is parental leave?")
        message = await scene.answer(asked)
        await scene.idle()
        assert scene.replies(asked) == [message]
        assert message.streaming is Streaming.COMPLETED
        assert "16 weeks" in message.text
        kinds = [block["type"] for block in message.blocks]
        assert kinds.count("markdown") == 1
        assert "task_card" in kinds
        assert kinds.index("markdown") < kinds.index("actions")
        assert message.metadata is not None
        # completed and not rewritten, which readers would see as "edited"
        assert workspace.calls("chat.update") == []
        assert workspace.calls("chat.postMessage") == []
