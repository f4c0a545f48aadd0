"""Cards whose channel takes no messages any more: their cases go on elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.rendering.notices import NOBODY_REACHED, PERSON_HAS_IT
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, all_shown, shown
from tests.bot.app.test_desk import WATER, asked_for

pytestmark = pytest.mark.slow


async def at_the_desk(scene: Scene, tmp_path: Path) -> tuple[Any, Any, Any]:
    """A question whose card the policy sends to a channel of its own."""
    workspace, rita = scene.workspace, scene.reviewer
    ann = workspace.join("ann")
    general = workspace.public("general", ann)
    desk = workspace.public("hr-desk", rita)
    policy = tmp_path / "policy.toml"
    policy.write_text(
        f'[[routes]]\nchannel = "{general.id}"\nto_channel = "{desk.id}"\n', encoding="utf-8"
    )
    scene.environment["DESKHAND_REVIEW__POLICY"] = str(policy)
    await scene.start()
    asked = ann.mention(general, HOW_LONG)
    await ann.click(await scene.answer(asked), "human")
    await scene.answer(asked, 2)
    (card,) = scene.said(desk)
    return asked, desk, card


@pytest.mark.parametrize("how", ["archived", "removed", "while down"])
async def test_a_card_in_a_lost_channel_is_placed_anew_and_its_owner_and_admins_hear_of_it_once(
    stage: Stage, tmp_path: Path, how: str
) -> None:
    async with stage(started=False, errors=True) as scene:
        workspace, rita = scene.workspace, scene.reviewer
        admins = workspace.public("admins")
        scene.environment["DESKHAND_REVIEW__ADMIN_CHANNEL"] = admins.id
        asked, desk, card = await at_the_desk(scene, tmp_path)
        await rita.click(card, "case:claim")
        await workspace.until(lambda: "rita has this case" in shown(card))
        if how == "while down":
            await scene.stop()
        if how == "removed":
            workspace.remove(desk, workspace.app.bot_user)
        else:
            workspace.archive(desk)
        if how == "while down":
            await scene.start()
        moved = await scene.card()
        await workspace.until(lambda: scene.said(admins) and scene.said(rita.dm), 30)
        assert "rita has this case" in shown(moved)
        assert f"I cannot post in <#{desk.id}> any more" in scene.said(admins)[0].text
        assert f"whose card was in <#{desk.id}>" in scene.said(rita.dm)[0].text
        await scene.stop()
        await scene.start()
        await rita.click(moved, "case:answer")
        await workspace.until(lambda: workspace.modal(rita) is not None)
        assert not (await rita.submit(workspace.modal(rita), {"text": WATER})).errors
        assert WATER in shown(await scene.answer(asked, 3))
        await workspace.until(lambda: "Answered by rita." in shown(moved))
        assert [len(scene.said(c)) for c in (desk, admins, rita.dm)] == [1, 1, 1]
        assert len([m for m in scene.said(scene.escalations) if not m.is_reply]) == 1


def cards_in(scene: Scene, channel: Any) -> list[Any]:
    """Cards of the question that stand in a channel."""
    return [m for m in scene.said(channel) if not m.is_reply and HOW_LONG in shown(m)]


async def test_where_no_other_channel_takes_it_the_asker_hears_and_the_card_is_used_again(
    stage: Stage,
) -> None:
    async with stage(errors=True) as scene:
        workspace = scene.workspace
        asked, card = await asked_for(scene, workspace.join("ann"))
        notice = scene.replies(asked)[1]
        workspace.archive(scene.escalations)
        await workspace.until(lambda: notice.text == NOBODY_REACHED, 30)
        workspace.unarchive(scene.escalations)
        await workspace.until(lambda: PERSON_HAS_IT in notice.text, 60)
        assert cards_in(scene, scene.escalations) == [card]
        await scene.reviewer.click(card, "case:approve")
        assert "16 weeks" in shown(await scene.answer(asked, 3))
        await all_shown(scene)
        assert cards_in(scene, scene.escalations) == [card]
        assert "sent the draft as it was" in shown(card)


@pytest.mark.parametrize("how", ["at once", "while down"])
async def test_a_bot_that_is_invited_again_leaves_one_card_of_a_case(
    stage: Stage, how: str
) -> None:
    async with stage(started=False, errors=True) as scene:
        workspace, rita = scene.workspace, scene.reviewer
        admins = workspace.public("admins", rita)
        scene.environment["DESKHAND_REVIEW__ADMIN_CHANNEL"] = admins.id
        await scene.start()
        asked, _ = await asked_for(scene, workspace.join("ann"))
        workspace.remove(scene.escalations, workspace.app.bot_user)
        await workspace.until(lambda: cards_in(scene, admins), 30)
        await all_shown(scene)
        if how == "while down":
            await scene.stop()
        workspace.invite(scene.escalations, workspace.app.bot_user)
        if how == "while down":
            await scene.start()
        await workspace.until(lambda: not cards_in(scene, scene.escalations), 30)
        (card,) = cards_in(scene, admins)
        await rita.click(card, "case:approve")
        assert "16 weeks" in shown(await scene.answer(asked, 3))
        await all_shown(scene)
        assert cards_in(scene, admins) == [card]
        assert not cards_in(scene, scene.escalations)


async def test_a_card_that_the_escalation_channel_lost_goes_to_the_admins(stage: Stage) -> None:
    async with stage(started=False, errors=True) as scene:
        workspace, rita = scene.workspace, scene.reviewer
        admins = workspace.public("admins", rita)
        scene.environment["DESKHAND_REVIEW__ADMIN_CHANNEL"] = admins.id
        await scene.start()
        asked, _ = await asked_for(scene, workspace.join("ann"))
        workspace.remove(scene.escalations, workspace.app.bot_user)

        def cards() -> list[Any]:
            return [m for m in scene.said(admins) if HOW_LONG in shown(m)]

        await workspace.until(cards, 30)
        rita.reply(cards()[0], WATER)
        assert WATER in shown(await scene.answer(asked, 3))
        assert len(cards()) == 1
        assert NOBODY_REACHED not in str([m.text for m in scene.replies(asked)])


async def test_an_answered_cases_card_that_cannot_be_changed_is_left(stage: Stage) -> None:
    async with stage(errors=True) as scene:
        workspace = scene.workspace
        asked, card = await asked_for(scene, workspace.join("ann"))
        await scene.reviewer.click(card, "case:answer")
        form = workspace.modal(scene.reviewer)
        assert not (await scene.reviewer.submit(form, {"text": WATER})).errors
        workspace.archive(scene.escalations)
        assert WATER in shown(await scene.answer(asked, 3))
        store = scene.bot.engine.cases
        async with asyncio.timeout(30):
            while await store.outdated(scene.settings.tenant):
                scene.bot.escalation.wake()
                await asyncio.sleep(0.05)
        assert len(scene.said(scene.escalations)) == 1
