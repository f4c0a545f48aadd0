"""What goes wrong for a moment in the middle of a conversation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.workspace import Fault
from engine.errors import StorageUnavailable
from engine.storage.inbox import State
from tests.bot.app.conftest import HOW_LONG, Scene, Stage

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
    async with stage("http", started=False, errors=True) as scene:  # refused at once
        workspace = scene.workspace
        workspace.delivery.retry_delays_s = ()
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        chatter = ann.say(general, "Good morning!")
        await workspace.settled()
        await scene.start()
        await read_whole(scene, chatter)  # else the reading at the start would find it
        intake: Any = type(scene.bot.engine.intake)
        with monkeypatch.context() as patched:
            patched.setattr(intake, "keep", refusing)
            workspace.delivery.retry_delays_s, lost = (0.0,), len(workspace.delivery.lost)
            asked = ann.mention(general, HOW_LONG)
            both = lost + 2  # `message` and `app_mention`
            await workspace.until(lambda: len(workspace.delivery.lost) == both)
        ann.say(general, "Anybody for lunch?")  # received above what is missing
        await workspace.settled()
        assert "16 weeks" in (await scene.answer(asked, timeout_s=20)).text
        await scene.idle()
        assert len(scene.replies(asked)) == 1


async def refusing(*_: Any, **__: Any) -> Any:
    raise StorageUnavailable("the database is away")


async def read_whole(scene: Scene, message: Any) -> None:
    """Returns once the reading at the start has noted a channel as read up to its message."""
    conversations = scene.bot.engine.conversations
    team, tenant = scene.bot.identity.team, scene.settings.tenant
    async with asyncio.timeout(20):
        while (await conversations.read_through(tenant, team)).get(message.channel) != message.ts:  # noqa: ASYNC110 - polls rows
            await asyncio.sleep(0.02)


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


@pytest.mark.parametrize("under", ["itself", "an answered question"])
async def test_a_question_that_is_delivered_again_behind_its_deletion_is_not_answered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, under: str
) -> None:
    async with stage(errors=True) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        root = ann.say(ann.dm, "What is the guest wifi called?")
        await scene.answer(root)
        before = [m.ts for m in scene.said(ann.dm)]
        workspace.delivery.retry_delays_s = (2.0,)
        intake: Any = type(scene.bot.engine.intake)
        keep, refused = intake.keep, []

        async def once(self: Any, *args: Any, **more: Any) -> Any:
            if not refused:
                refused.append(args)
                return await refusing()
            return await keep(self, *args, **more)

        monkeypatch.setattr(intake, "keep", once)
        asked = ann.say(ann.dm, HOW_LONG) if under == "itself" else ann.reply(root, HOW_LONG)
        await workspace.until(lambda: refused)
        ann.delete(asked)
        await workspace.settled(20)
        await scene.idle()
        again = [a for a in workspace.delivery.attempts if a.number and a.answer.acked]
        assert [a.envelope.payload["event"]["ts"] for a in again] == [asked.ts]
        # nobody began to answer it: one that Slack refuses, as its thread is gone, shows nothing
        tenant, team = scene.settings.tenant, scene.bot.identity.team
        kept = await scene.bot.engine.inbox.find(tenant, team, asked.channel, asked.ts)
        assert kept is not None
        assert (kept.state, kept.attempts, kept.trace_id) == (State.CANCELLED, 0, None)
        assert [m.ts for m in scene.said(ann.dm)] == before
