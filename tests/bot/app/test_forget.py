"""A person is forgotten while the bot runs: their cards are emptied, and nobody is answered with
what was drawn from their question."""

from __future__ import annotations

import pytest

from bot.cli.forget import forgetting_of
from engine.privacy.forgetting import USER
from tests.bot.app.conftest import Stage, shown
from tests.bot.app.test_desk import asked_for
from tests.bot.app.test_learning import BADGE, DESK, _answered, _entries, _line

pytestmark = pytest.mark.slow

OPEN = "How many weeks is parental leave for the father of twins?"


async def test_cards_and_entries_of_somebody_who_is_forgotten_are_gone(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        await _line(scene, await _answered(scene, ann, general, DESK))
        _, card = await asked_for(scene, ann, OPEN, 2)
        assert "father of twins" in shown(card)
        proof = await forgetting_of(scene.bot.engine).forget(USER, ann.id, ann.id)
        assert proof.left == ()
        assert proof.changed["entries"] == 1
        scene.bot.escalation.wake()
        await workspace.until(lambda: "father of twins" not in shown(card), 30)
        assert "has deleted the question" in shown(card)
        assert not await _entries(scene)
        assert "security desk" not in shown(await scene.answer(bob.mention(general, BADGE)))
        again = await forgetting_of(scene.bot.engine).forget(USER, ann.id, ann.id)
        assert again.left == ()
        mine = ann.say(ann.dm, "How many weeks is parental leave?")
        assert "16 weeks" in (await scene.answer(mine)).text  # who comes back is anybody
