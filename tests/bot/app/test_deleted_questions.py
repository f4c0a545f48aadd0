"""What was drawn from a question goes with it when its asker deletes it, or is put to its owner."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.clock import now
from engine.storage.entry import EntryState
from engine.storage.labels import Label, LabelStore
from evals.cases.own import add_case, own_cases_path
from tests.bot.app.conftest import Scene, Stage, shown
from tests.bot.app.test_learning import BADGE, DESK, _answered, _entries, _line

pytestmark = pytest.mark.slow


async def _ended(scene: Scene) -> None:
    async with asyncio.timeout(30):
        while await _entries(scene, *EntryState):  # noqa: ASYNC110 - polls rows
            await asyncio.sleep(0.05)


async def _kept(scene: Scene, person: Any, channel: Any) -> tuple[Any, Any]:
    """A question, learned from, with a label and a case saved from it."""
    card = await _answered(scene, person, channel, DESK)
    line = await _line(scene, card)
    engine, tenant = scene.bot.engine, scene.settings.tenant
    case = await engine.cases.by_card(tenant, card.channel, card.ts)
    assert case is not None
    label = Label(question_id=case.question_id, text=BADGE, at=now(), category="security")
    await LabelStore(engine.database).put(tenant, label)
    asked = next(m for m in channel.messages.values() if BADGE in m.text)
    return asked, line


async def test_an_entry_that_answered_nobody_else_goes_with_its_question(stage: Stage) -> None:
    async with stage() as scene:
        workspace, home = scene.workspace, scene.settings.home
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        for user in (ann.id, bob.id):
            row = {"user_question": BADGE, "user": user, "id": user, "audience": ["everyone"]}
            await asyncio.to_thread(add_case, home, row)
        asked, line = await _kept(scene, ann, general)
        ann.delete(asked)
        await workspace.until(lambda: "its question was deleted" in shown(line), 30)
        await _ended(scene)
        engine, tenant = scene.bot.engine, scene.settings.tenant
        known = await engine.inbox.find(tenant, scene.bot.identity.team, general.id, asked.ts)
        assert known is not None
        assert await LabelStore(engine.database).get(tenant, known.id) is None
        saved = await asyncio.to_thread(own_cases_path(home).read_text)
        assert (ann.id in saved, bob.id in saved) == (False, True)
        assert "security desk" not in shown(await scene.answer(bob.mention(general, BADGE)))


async def test_an_entry_that_others_were_answered_with_is_put_to_its_owner(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        asked, _ = await _kept(scene, ann, general)
        assert "security desk" in shown(await scene.answer(bob.mention(general, BADGE)))
        ann.delete(asked)
        rita = scene.reviewer
        await workspace.until(
            lambda: any("entry:keep" in shown(m) for m in scene.said(rita.dm)), 30
        )
        (entry,) = await _entries(scene)
        assert entry.asked_owner_at is not None  # type: ignore[attr-defined]
        await rita.click(scene.said(rita.dm)[-1], "entry:keep")
        async with asyncio.timeout(20):
            while (await _entries(scene))[0].asked_owner_at is not None:  # type: ignore[attr-defined]  # noqa: ASYNC110 - polls rows
                await asyncio.sleep(0.05)
        await scene.bot.deleted.look()
        (entry,) = await _entries(scene)
        assert entry.asked_owner_at is None  # type: ignore[attr-defined]


async def test_a_proposal_from_a_thread_is_not_offered_once_its_question_is_deleted(
    stage: Stage,
) -> None:
    async with stage(review__learn_from_threads="true") as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        general = workspace.public("general", ann, rita)
        asked = ann.say(general, BADGE)
        rita.reply(asked, DESK)
        await workspace.until(lambda: "entry:accept" in str(scene.said(scene.escalations)), 30)
        assert len(await _entries(scene, EntryState.PROPOSED)) == 1
        ann.delete(asked)
        await _ended(scene)
        assert "This answer was not kept" in shown(scene.said(scene.escalations)[0])
