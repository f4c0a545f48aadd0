"""Questions that a person takes: card, reply in its thread, form, and the way back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.delivery.poster import Poster
from bot.review.expectation import Expectation
from bot.workspace import Fault, Kind
from engine.storage.replies import Kind as ReplyKind
from tests.bot.app.conftest import HOW_LONG, Stage, all_shown, shown

pytestmark = pytest.mark.slow

UNKNOWN = "Who takes care of the plants in the lobby of the Oslo office?"
WATER = "Nina from facilities waters them on Tuesdays."


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_persons_reply_under_the_card_reaches_the_asker_under_their_name(
    stage: Stage, transport: str
) -> None:
    async with stage(transport) as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        answer = await scene.answer(asked)
        assert (await ann.click(answer, "human")).acked
        card = await scene.card()
        assert HOW_LONG in shown(card)
        assert f"{general.id}/p{asked.ts.replace('.', '')}" in shown(card)
        assert "16 weeks" in shown(card)
        notice = await scene.answer(asked, 2)
        assert "A person has your question" in notice.text
        rita.reply(card, WATER)
        reply = await scene.answer(asked, 3)
        assert WATER in shown(reply)
        assert "rita" in shown(reply)
        await workspace.until(lambda: "rita" in shown(card))
        assert (await ann.click(answer, "human")).acked
        await scene.idle()
        assert len(scene.replies(asked)) == 3
        assert len(scene.placed(scene.escalations)) == 1


async def test_what_the_documents_do_not_say_goes_to_a_person_by_itself(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, UNKNOWN)
        answer = await scene.answer(asked)
        if "A person has your question" not in answer.text:
            assert (await ann.click(answer, "human")).acked
        card = await scene.card()
        assert UNKNOWN in shown(card)
        before = len(scene.replies(asked))
        scene.reviewer.reply(card, WATER)
        await scene.workspace.until(lambda: len(scene.replies(asked)) > before)
        await scene.workspace.until(lambda: WATER in shown(scene.replies(asked)[-1]))


async def test_the_form_of_a_case_answers_once(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam = workspace.join("ann"), workspace.join("sam")
        scene.escalations.members.append(sam.id)
        asked = ann.say(ann.dm, HOW_LONG)
        answer = await scene.answer(asked)
        await ann.click(answer, "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        assert (await rita.click(card, "case:edit")).acked
        assert (await sam.click(card, "case:answer")).acked
        assert "16 weeks" in shown(workspace.modal(rita))
        empty = await rita.submit(workspace.modal(rita), {"text": "   "})
        assert empty.errors
        done = await rita.submit(workspace.modal(rita), {"text": "It is *16* weeks, see me."})
        assert done.acked
        assert not done.errors
        reply = await scene.answer(asked, 3)
        assert "see me" in shown(reply)
        assert "rita" in shown(reply)
        late = await sam.submit(workspace.modal(sam), {"text": "No, it is 20 weeks."})
        assert "answered" in str(late.errors)
        await scene.idle()
        assert len(scene.replies(asked)) == 3


async def test_two_people_who_answer_at_the_same_moment_give_one_answer(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam = workspace.join("ann"), workspace.join("sam")
        scene.escalations.members.append(sam.id)
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        rita.reply(card, "It is sixteen, says Rita.")
        sam.reply(card, "It is sixteen, says Sam.")
        await scene.answer(asked, 3)
        said = [shown(reply) for reply in scene.replies(asked)]
        assert len(said) == 3
        assert sum("says Rita" in reply or "says Sam" in reply for reply in said) == 1


async def test_a_reply_that_its_author_edits_is_corrected_at_the_askers(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        wrote = scene.reviewer.reply(card, "It is fifteen weeks for you.")
        await scene.answer(asked, 3)
        scene.reviewer.edit(wrote, "It is sixteen weeks for you.")
        await scene.workspace.until(lambda: "sixteen" in shown(scene.replies(asked)[-1]))
        await scene.idle()
        assert len(scene.replies(asked)) == 3


@pytest.mark.parametrize("held", ["before the case is looked at", "on its way"])
async def test_no_line_below_a_persons_answer_says_that_a_person_has_the_question(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    may_go = asyncio.Event()
    sentence, deliver = Expectation.sentence, Poster.deliver

    async def late_sentence(*args: Any, **named: Any) -> str:
        await may_go.wait()
        return await sentence(*args, **named)

    async def late_notice(*args: Any, **named: Any) -> Any:
        if args[3] is ReplyKind.NOTICE:
            await may_go.wait()
        return await deliver(*args, **named)

    if held == "on its way":
        monkeypatch.setattr(Poster, "deliver", late_notice)
    else:
        monkeypatch.setattr(Expectation, "sentence", late_sentence)
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        scene.reviewer.reply(await scene.card(), "It is sixteen, says Rita.")
        assert "says Rita" in shown(await scene.answer(asked, 2))
        may_go.set()
        await all_shown(scene)
        assert len(scene.replies(asked)) == 2
        assert "says Rita" in shown(scene.replies(asked)[-1])


async def test_a_reply_that_its_author_deletes_before_it_arrived_is_not_brought(
    stage: Stage,
) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        scene.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=1)
        wrote = scene.reviewer.reply(card, "It is fifteen weeks for you.")
        await scene.workspace.settled()
        scene.reviewer.delete(wrote)
        await scene.idle()
        assert len(scene.replies(asked)) == 2


async def test_who_is_not_in_the_channel_of_the_cards_cannot_answer(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, eve = workspace.join("ann"), workspace.join("eve")
        gus = workspace.join("gus", Kind.GUEST)
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        scene.escalations.members.append(gus.id)
        for person in (eve, gus):
            await person.click(card, "case:answer")
        assert workspace.modal(gus) is None
        assert "Only full members" in str(workspace.ephemerals(gus))
        assert "Only full members" in shown(workspace.modal(eve))  # who sees no message there
        gus.reply(card, "Trust me, it is a hundred weeks.")
        await scene.idle()
        assert len(scene.replies(asked)) == 2


async def test_only_the_asker_gets_a_human_for_a_question(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        answer = await scene.answer(ann.mention(general, HOW_LONG))
        assert (await bob.click(answer, "human")).acked
        await workspace.until(lambda: workspace.ephemerals(bob))
        await scene.idle()
        assert scene.said(scene.escalations) == []


async def test_a_mention_under_a_card_is_a_question_of_its_own(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        scene.reviewer.mention(
            scene.escalations, "What is the guest wifi called?", thread_ts=card.ts
        )
        answer = await scene.answer(card)
        assert "DeskNet" in answer.text
        assert len(scene.replies(asked)) == 2


async def test_without_a_channel_for_cards_nobody_is_promised(stage: Stage) -> None:
    async with stage(slack__escalation_channel="") as scene:
        ann = scene.workspace.join("ann")
        answer = await scene.answer(ann.say(ann.dm, UNKNOWN))
        assert "A person has" not in answer.text
        assert "human" not in [
            e.get("action_id") for b in answer.blocks for e in b.get("elements", ())
        ]


async def test_a_card_that_cannot_be_posted_now_is_posted_later_once(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        answer = await scene.answer(asked)
        scene.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=1)
        scene.workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE, after=1)
        await ann.click(answer, "human")
        await scene.answer(asked, 2, 60)
        assert len(scene.said(scene.escalations)) == 1


async def test_a_card_is_answered_though_slack_never_said_that_it_is_posted(stage: Stage) -> None:
    async with stage(slack__request_timeout_s="2") as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, bob = workspace.join("ann"), workspace.join("bob")
        first, second = ann.say(ann.dm, HOW_LONG), bob.say(bob.dm, HOW_LONG)
        for person, asked in ((ann, first), (bob, second)):
            answer = await scene.answer(asked)
            workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE)
            await person.click(answer, "human")
        one = await scene.card(1)
        rita.reply(one, "Sixteen, says Rita.")
        assert (await rita.click(one, "case:answer")).acked
        assert workspace.modal(rita) is not None
        await workspace.until(lambda: "says Rita" in shown(scene.replies(first)[-1]), 60)
        two = await scene.card(2, 60)
        rita.reply(two, "Sixteen for you too, says Rita.")
        await workspace.until(lambda: "you too" in shown(scene.replies(second)[-1]), 60)
        await scene.idle()
        assert len(scene.placed(scene.escalations)) == 2


async def test_what_people_say_among_themselves_under_a_card_stays_there(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam = workspace.join("ann"), workspace.join("sam")
        scene.escalations.members.append(sam.id)
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        rita.reply(card, ":eyes:")
        rita.reply(card, f"<@{sam.id}> do you know this one?")
        await scene.idle()
        assert len(scene.replies(asked)) == 2
        sam.reply(card, "Sixteen, says Sam.")
        assert "says Sam" in shown(await scene.answer(asked, 3))
