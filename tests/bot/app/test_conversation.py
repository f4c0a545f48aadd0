"""A conversation with the bot as people have it, over both transports."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.bot.app.conftest import HOW_LONG, Stage, shown

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("transport", ["socket", "http"]),
]

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


async def test_a_mention_is_answered_in_its_thread_with_its_source(
    stage: Stage, transport: str
) -> None:
    async with stage(transport) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        answer = await scene.answer(asked)
        assert "16 weeks" in answer.text
        assert "Parental leave" in shown(answer)
        assert answer.metadata["event_type"] == "deskhand_reply"
        assert scene.replies(asked) == [answer]
        assert scene.said(general) == [answer]
        assert not workspace.pings()

        follow_up = ann.reply(asked, "and how do I apply?")
        second = await scene.answer(asked, 2)
        assert "L-12" in second.text
        ann.reply(follow_up, "thanks!")
        await scene.idle()
        assert len(scene.replies(asked)) == 2


async def test_a_summons_into_a_thread_answers_what_was_asked_there(
    stage: Stage, transport: str
) -> None:
    async with stage(transport) as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        asked = ann.say(general, "What is the guest wifi called?")
        bob.reply(asked, "no idea :shrug:")
        await scene.idle()
        assert scene.said(general) == []
        bob.mention(general, "any ideas?", thread_ts=asked.ts)
        answer = await scene.answer(asked)
        assert "DeskNet" in answer.text


async def test_a_bare_mention_in_a_thread_answers_what_was_asked_there(
    stage: Stage, transport: str
) -> None:
    async with stage(transport) as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        asked = ann.say(general, "What is the guest wifi called?")
        ann.mention(general, "", thread_ts=asked.ts)
        answer = await scene.answer(asked)
        assert "DeskNet" in answer.text


async def test_an_edited_question_is_answered_anew_in_place(stage: Stage, transport: str) -> None:
    async with stage(transport) as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        asked = ann.mention(general, "What is the guest wifi called?")
        first = await scene.answer(asked)
        ann.edit(asked, f"<@{scene.workspace.app.bot_user}> {HOW_LONG}")
        await scene.workspace.until(lambda: "16 weeks" in scene.replies(asked)[0].text)
        await scene.idle()
        assert [reply.ts for reply in scene.replies(asked)] == [first.ts]


async def test_a_mention_that_is_edited_in_is_answered(stage: Stage, transport: str) -> None:
    async with stage(transport) as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        asked = ann.say(general, HOW_LONG)
        await scene.idle()
        ann.edit(asked, f"<@{scene.workspace.app.bot_user}> {HOW_LONG}")
        assert "16 weeks" in (await scene.answer(asked)).text


async def test_a_deleted_question_leaves_no_answer(stage: Stage, transport: str) -> None:
    async with stage(transport, slack__workers="1") as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        ann.delete(asked)
        await scene.idle()
        assert scene.said(general) == []


async def test_a_direct_message_is_answered_at_top_level_and_in_threads(
    stage: Stage, transport: str
) -> None:
    async with stage(transport) as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        assert "16 weeks" in (await scene.answer(asked)).text
        ann.reply(asked, "how do I apply?")
        assert "L-12" in (await scene.answer(asked, 2)).text
        other = ann.say(ann.dm, "what is the guest wifi called?")
        assert "DeskNet" in (await scene.answer(other)).text


async def test_a_group_direct_message_is_answered_where_the_bot_is_mentioned(
    stage: Stage, transport: str
) -> None:
    async with stage(transport) as scene:
        ann, bob = scene.workspace.join("ann"), scene.workspace.join("bob")
        group = scene.workspace.group_dm(ann, bob)
        ann.say(group, "bob, lunch?")
        asked = bob.mention(group, HOW_LONG)
        assert "16 weeks" in (await scene.answer(asked)).text
        assert len(scene.said(group)) == 1


async def test_feedback_is_kept_once_for_each_person(stage: Stage, transport: str) -> None:
    async with stage(transport) as scene:
        ann, bob = scene.workspace.join("ann"), scene.workspace.join("bob")
        general = scene.workspace.public("general", ann, bob)
        answer = await scene.answer(ann.mention(general, HOW_LONG))
        assert (await ann.give_feedback(answer, positive=True)).acked
        assert (await ann.give_feedback(answer, positive=False)).acked
        assert (await bob.give_feedback(answer, positive=True)).acked
        engine = scene.bot.engine
        counts = await engine.feedback.counts(scene.settings.tenant, LONG_AGO)
        assert {opinion.value: count for opinion, count in counts.items()} == {
            "positive": 1,
            "negative": 1,
        }


async def test_what_the_documents_do_not_say_is_not_answered_and_a_person_is_offered(
    stage: Stage, transport: str
) -> None:
    async with stage(transport) as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, "How do I return my leased company car after an accident?")
        answer = await scene.answer(asked)
        assert "Sources" not in answer.text
        assert "human" in shown(answer) or "person has your question" in shown(answer)
