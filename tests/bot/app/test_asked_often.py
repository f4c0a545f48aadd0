"""What several people asked is suggested to others, who may be told the answer."""

from __future__ import annotations

import pytest

from bot.workspace import Kind
from tests.bot.app.conftest import HOW_LONG, Stage

pytestmark = pytest.mark.slow


async def test_what_several_asked_is_suggested_to_who_may_hear_the_answer(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        people = [workspace.join(f"person{n}") for n in range(3)]
        general = workspace.public("general", *people)
        zoe, gus = workspace.join("zoe"), workspace.join("gus", Kind.GUEST)
        board = workspace.private("board", *people)
        await scene.answer(people[0].mention(general, HOW_LONG))
        await scene.answer(people[1].mention(general, HOW_LONG.upper()))
        await scene.answer(people[0].mention(general, HOW_LONG))
        for person in people:  # elsewhere than in public, it is nobody else's business
            await scene.answer(person.mention(board, "What is the guest wifi called?"))
        zoe.open_home("messages")
        session = workspace.world.session(zoe.dm.id, "")
        await workspace.until(lambda: session.prompts)
        assert all(p["title"].startswith("About: ") for p in session.prompts)
        session.prompts.clear()
        await scene.answer(people[2].mention(general, HOW_LONG))
        await scene.idle()
        zoe.open_home("messages")
        gus.open_home("messages")
        await workspace.until(lambda: workspace.world.session(zoe.dm.id, "").prompts)
        first = workspace.world.session(zoe.dm.id, "").prompts[0]
        assert first["message"].lower() == HOW_LONG.lower()
        shown = workspace.world.session(zoe.dm.id, "").prompts
        assert not any("called" in prompt["message"] for prompt in shown)
        await scene.idle()
        assert workspace.world.session(gus.dm.id, "").prompts == []
