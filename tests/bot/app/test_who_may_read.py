"""What the asker alone may read comes out nowhere else."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from bot.private_upgrade import GONE, OFFER, ON_ITS_WAY, TOO_LATE
from bot.rendering.notices import NOT_ALLOWED
from engine.storage.traces import TraceStore
from tests.bot.app.conftest import Scene, Stage, shown

pytestmark = pytest.mark.slow

ROOF = "Which company repairs the roof terrace of the Lisbon office in winter?"


async def test_a_card_does_not_name_what_was_found_for_the_asker_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though no sentence cites it, as where no draft came of it."""
    get = TraceStore.get

    async def without_draft(self: TraceStore, tenant: str, trace_id: str) -> Any:
        found = await get(self, tenant, trace_id)
        steps = [f"Look in {row['document_name']}." for row in (found or {}).get("retrieved", ())]
        changes = {"citations": [], "draft_reply": "", "internal_next_steps": steps}
        return None if found is None else {**found, **changes}

    monkeypatch.setattr(TraceStore, "get", without_draft)
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        secret = {"lisbon-sale.md": "# Lisbon office\n\nThe Lisbon office is for sale.\n"}
        await scene.learn(secret, f"user:{ann.id}")
        asked = ann.say(ann.dm, ROOF)
        answer = await scene.answer(asked)
        if "A person has your question" not in answer.text:
            assert (await ann.click(answer, "human")).acked
        card = await scene.card()
        assert ROOF in shown(card)
        assert "lisbon-sale" not in shown(card)
        assert "not everyone in this channel may read" in shown(card)


def directly(scene: Scene, person: Any) -> str:
    return "\n".join(shown(message) for message in scene.said(person.dm))


BONUS = "How much is the yearly bonus of the Lisbon team?"
SECRET = {
    "lisbon-bonus.md": "# Bonus\n\nThe yearly bonus of the Lisbon team is 4711 euros.\n",
}


async def test_an_asker_is_shown_more_than_their_channel_and_nobody_else_hears_of_it(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        await scene.learn(SECRET, f"user:{ann.id}")
        asked = ann.mention(general, BONUS)
        public = await scene.answer(asked)
        await workspace.until(lambda: OFFER in str(workspace.ephemerals(ann)))
        assert "4711" not in shown(public)
        offer = workspace.ephemerals(ann)[-1]
        assert "4711" not in str(offer)
        assert "lisbon-bonus" not in str(offer)
        assert not workspace.ephemerals(bob)
        assert (await bob.click(offer, "more:show")).acked
        await workspace.until(lambda: NOT_ALLOWED in str(workspace.ephemerals(bob)))
        for _ in range(2):  # pressed again, it is the same question
            assert (await ann.click(offer, "more:show")).acked
        await workspace.until(lambda: "4711" in directly(scene, ann))
        await scene.idle()
        asked_again = [m for m in scene.said(ann.dm) if "is 4711 euros" in m.text]
        assert len(asked_again) == 1
        assert all("4711" not in shown(m) for m in scene.said(general))
        assert all("4711" not in shown(m) for m in scene.said(scene.escalations))


async def test_nothing_is_offered_where_the_channel_may_read_as_much(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        await scene.learn(SECRET, "everyone")
        answer = await scene.answer(ann.mention(general, BONUS))
        assert "4711" in shown(answer)
        await scene.idle()
        assert not scene.workspace.ephemerals(ann)


async def test_rights_are_looked_at_again_when_more_is_wanted(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        await scene.learn(SECRET, f"user:{ann.id}")
        await scene.answer(ann.mention(general, BONUS))
        await workspace.until(lambda: OFFER in str(workspace.ephemerals(ann)))
        await scene.learn(SECRET, "user:U0NOBODY1")
        assert (await ann.click(workspace.ephemerals(ann)[-1], "more:show")).acked
        await workspace.until(lambda: ON_ITS_WAY in str(workspace.ephemerals(ann)))
        await scene.idle()
        assert "4711" not in directly(scene, ann)


async def test_nothing_is_offered_where_it_is_switched_off(stage: Stage) -> None:
    async with stage(slack__private_upgrade="false") as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        await scene.learn(SECRET, f"user:{ann.id}")
        await scene.answer(ann.mention(general, BONUS))
        await scene.idle()
        assert OFFER not in str(scene.workspace.ephemerals(ann))


async def test_a_forged_and_a_late_press_ask_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        await scene.learn(SECRET, f"user:{ann.id}")
        await scene.answer(ann.mention(general, BONUS))
        await workspace.until(lambda: OFFER in str(workspace.ephemerals(ann)))
        offer = workspace.ephemerals(ann)[-1]
        monkeypatch.setattr("bot.private_upgrade._OPEN_FOR", timedelta(0))
        assert (await ann.click(offer, "more:show")).acked
        await workspace.until(lambda: TOO_LATE in str(workspace.ephemerals(ann)))
        made_up = deepcopy(offer)
        made_up.blocks[-1]["elements"][0]["value"] = "no-such-id"
        assert (await ann.click(made_up, "more:show")).acked
        await workspace.until(lambda: GONE in str(workspace.ephemerals(ann)))
        await scene.idle()
        assert "4711" not in directly(scene, ann)
