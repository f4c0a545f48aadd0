"""What goes wrong for a moment in the middle of a conversation."""

from __future__ import annotations

from typing import Any

import pytest

from bot.workspace import Fault
from engine.errors import StorageUnavailable
from tests.bot.app.conftest import HOW_LONG, Stage

pytestmark = pytest.mark.slow


async def test_a_follow_up_whose_thread_cannot_be_read_at_once_is_answered_later(
    stage: Stage,
) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        await scene.answer(asked)
        scene.workspace.faults.add("conversations.replies", Fault.SERVER_ERROR, times=1)
        ann.reply(asked, "and how do I apply?")
        assert "L-12" in (await scene.answer(asked, 2, timeout_s=40)).text


async def test_a_mention_in_a_long_thread_leaves_the_talk_before_it_alone(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        root = ann.say(general, "Planning the summer.")
        for number in range(40):
            bob.reply(root, f"My week {number} is free, is yours?")
        await scene.idle()
        before = len(workspace.calls("conversations.replies"))
        ann.mention(general, HOW_LONG, thread_ts=root.ts)
        assert "16 weeks" in (await scene.answer(root)).text
        await scene.idle()
        assert len(scene.replies(root)) == 1
        assert len(workspace.calls("conversations.replies")) - before <= 3
        kept = await scene.bot.engine.inbox.last_of_user(scene.settings.tenant, bob.id, 10)
        assert kept == ()


async def test_what_storage_did_not_take_for_longer_than_slack_tries_is_read_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(errors=True) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        workspace.delivery.retry_delays_s = (0.0,)
        intake: Any = scene.bot.engine.intake
        keep = type(intake).keep

        async def refusing(*_: Any, **__: Any) -> Any:
            raise StorageUnavailable("the database is away")

        monkeypatch.setattr(type(intake), "keep", refusing)
        asked = ann.mention(general, HOW_LONG)
        await workspace.until(lambda: workspace.delivery.lost)
        monkeypatch.setattr(type(intake), "keep", keep)
        assert "16 weeks" in (await scene.answer(asked, timeout_s=60)).text
        await scene.idle()
        assert len(scene.replies(asked)) == 1


async def test_an_edit_that_is_delivered_again_behind_a_later_one_does_not_undo_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(errors=True) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        asked = ann.say(ann.dm, "What is the guest wifi called?")
        await scene.answer(asked)
        await scene.idle()
        workspace.delivery.retry_delays_s = (2.0,)
        inbox: Any = type(scene.bot.engine.inbox)
        edit, refused = inbox.edit, []

        async def once(self: Any, *args: Any, **more: Any) -> Any:
            if not refused:
                refused.append(args)
                raise StorageUnavailable("the database is away")
            return await edit(self, *args, **more)

        monkeypatch.setattr(inbox, "edit", once)
        ann.edit(asked, "When does the password of the guest wifi change?")
        await workspace.until(lambda: refused)
        ann.edit(asked, HOW_LONG)
        await workspace.until(lambda: "16 weeks" in scene.replies(asked)[0].text, 20)
        await workspace.settled(20)
        await scene.idle()
        assert [m.text.count("16 weeks") > 0 for m in scene.replies(asked)] == [True]


async def test_a_question_that_is_delivered_again_behind_its_deletion_is_not_answered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(errors=True) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        workspace.delivery.retry_delays_s = (2.0,)
        intake: Any = type(scene.bot.engine.intake)
        keep, refused = intake.keep, []

        async def once(self: Any, *args: Any, **more: Any) -> Any:
            if not refused:
                refused.append(args)
                raise StorageUnavailable("the database is away")
            return await keep(self, *args, **more)

        monkeypatch.setattr(intake, "keep", once)
        asked = ann.say(ann.dm, HOW_LONG)
        await workspace.until(lambda: refused)
        ann.delete(asked)
        await workspace.settled(20)
        await scene.idle()
        said = [m for m in workspace.messages(ann.dm) if m.user == workspace.app.bot_user]
        assert said == []
