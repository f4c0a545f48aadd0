"""Who is told what, from the message to the answer: nothing that one reader may not read."""

from __future__ import annotations

import pytest

from bot.workspace import Fault, Kind
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown

pytestmark = pytest.mark.slow

SECRET = "Project Nightingale launches on the ninth of March."
ASKED = "When does project Nightingale launch?"
DOCUMENT = {"nightingale.md": f"# Project Nightingale\n\n{SECRET}\n"}


def told(scene: Scene, channel: object) -> bool:
    """Whether anything that the bot said in a channel gives it away."""
    return any("ninth of March" in shown(message) for message in scene.said(channel))


async def test_a_groups_document_is_for_conversations_that_the_group_holds(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob, eve = (workspace.join(name) for name in ("ann", "bob", "eve"))
        leads = workspace.usergroup("leads", [ann, bob])
        both, mixed = workspace.private("leads", ann, bob), workspace.private("mixed", ann, eve)
        general = workspace.public("general", ann, bob)
        await scene.learn(DOCUMENT, f"group:{leads.id}")
        assert "ninth of March" in (await scene.answer(ann.say(ann.dm, ASKED))).text
        assert "ninth of March" in (await scene.answer(ann.mention(both, ASKED))).text
        await scene.answer(ann.mention(mixed, ASKED))
        await scene.answer(ann.mention(general, ASKED))  # every member may look into it
        await scene.answer(eve.say(eve.dm, ASKED))
        assert not told(scene, mixed)
        assert not told(scene, general)
        assert not told(scene, eve.dm)


async def test_a_persons_document_is_for_that_person_alone(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        private, group = workspace.private("two", ann, bob), workspace.group_dm(ann, bob)
        await scene.learn(DOCUMENT, f"user:{ann.id}")
        assert "ninth of March" in (await scene.answer(ann.say(ann.dm, ASKED))).text
        for channel in (private, group):
            await scene.answer(ann.mention(channel, ASKED))
            assert not told(scene, channel)
        await scene.answer(bob.say(bob.dm, ASKED))
        assert not told(scene, bob.dm)


async def test_a_channels_document_is_for_that_channel_and_its_members(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        gus = workspace.join("gus", Kind.GUEST)
        room, other = workspace.private("room", ann, gus), workspace.private("other", ann)
        await scene.learn(DOCUMENT, f"channel:{room.id}")
        assert "ninth of March" in (await scene.answer(ann.mention(room, ASKED))).text
        assert "ninth of March" in (await scene.answer(gus.mention(room, ASKED))).text
        assert "ninth of March" in (await scene.answer(ann.say(ann.dm, ASKED))).text
        await scene.answer(ann.mention(other, ASKED))
        await scene.answer(bob.say(bob.dm, ASKED))
        assert not told(scene, other)
        assert not told(scene, bob.dm)


@pytest.mark.parametrize("kind", [Kind.GUEST, Kind.SINGLE_CHANNEL_GUEST, Kind.STRANGER])
async def test_where_an_outsider_reads_only_the_public_is_said(stage: Stage, kind: Kind) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, outsider = workspace.join("ann"), workspace.join("outsider", kind)
        channel = workspace.public("with-outsider", ann, outsider)
        await scene.learn({"hours.md": "# Opening hours\n\nThe shop opens at nine.\n"}, "public")
        for person in (ann, outsider):
            await scene.answer(person.mention(channel, HOW_LONG))
            assert not any("16 weeks" in shown(m) for m in scene.said(channel))
        answer = await scene.answer(outsider.mention(channel, "When does the shop open?"))
        assert "at nine" in answer.text


async def test_who_joins_between_two_questions_changes_the_second_answer(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob, gus = (
            workspace.join("ann"),
            workspace.join("bob"),
            workspace.join("gus", Kind.GUEST),
        )
        leads = workspace.usergroup("leads", [ann])
        room = workspace.private("room", ann)
        await scene.learn(DOCUMENT, f"group:{leads.id}")
        first = await scene.answer(ann.mention(room, ASKED))
        assert "ninth of March" in first.text
        workspace.invite(room, bob)
        await workspace.settled()
        second = await scene.answer(ann.mention(room, ASKED))
        assert "ninth of March" not in shown(second)
        workspace.set_members(leads, [ann, bob])
        await workspace.settled()
        third = await scene.answer(ann.mention(room, ASKED))
        assert "ninth of March" in third.text
        workspace.invite(room, gus)
        await workspace.settled()
        fourth = await scene.answer(ann.mention(room, HOW_LONG))
        assert "16 weeks" not in shown(fourth)


async def test_who_loses_their_membership_is_told_less_at_once(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        assert "16 weeks" in (await scene.answer(ann.say(ann.dm, HOW_LONG))).text
        workspace.become(ann, Kind.GUEST)
        await workspace.settled()
        assert "16 weeks" not in shown(await scene.answer(ann.say(ann.dm, HOW_LONG)))


async def test_where_slack_does_not_say_who_reads_the_members_documents_are_withheld(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        for method in ("conversations.members", "users.info", "users.list"):
            workspace.faults.add(method, Fault.REFUSED, times=None, code="missing_scope")
        answer = await scene.answer(ann.mention(general, HOW_LONG))
        assert "16 weeks" not in shown(answer)


async def test_a_card_withholds_the_draft_that_its_readers_may_not_read(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        leads = workspace.usergroup("leads", [ann])
        await scene.learn(DOCUMENT, f"group:{leads.id}")
        asked = ann.say(ann.dm, ASKED)
        answer = await scene.answer(asked)
        assert "ninth of March" in answer.text
        await ann.click(answer, "human")
        card = await scene.card()
        assert ASKED in shown(card)
        assert "ninth of March" not in shown(card)
        assert (await rita.click(card, "case:answer")).acked
        assert "ninth of March" not in shown(workspace.modal(rita))


async def test_an_earlier_answer_in_the_thread_is_not_said_again_to_new_readers(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        leads = workspace.usergroup("leads", [ann])
        room = workspace.private("room", ann)
        await scene.learn(DOCUMENT, f"group:{leads.id}")
        asked = ann.mention(room, ASKED)
        await scene.answer(asked)
        workspace.invite(room, bob)
        await workspace.settled()
        bob.reply(asked, "what did you say, when does it launch?")
        second = await scene.answer(asked, 2)
        assert "ninth of March" not in shown(second)


async def test_an_answer_that_was_made_for_fewer_readers_is_not_posted_to_more(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        leads = workspace.usergroup("leads", [ann])
        room = workspace.private("room", ann)
        await scene.learn(DOCUMENT, f"group:{leads.id}")
        workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, times=1, seconds=1)
        asked = ann.mention(room, ASKED)
        await workspace.until(lambda: workspace.calls("chat.postMessage"))
        workspace.invite(room, bob)
        answer = await scene.answer(asked)
        assert "ninth of March" not in shown(answer)
