"""A case over time: questions that change, restarts, refusals, and talk under its card."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.answering import Answering
from bot.delivery.poster import Dropped
from bot.rendering.notices import (
    NOT_PASSED_ON,
    NOT_POSTED,
    PERSON_HAS_IT,
    QUESTION_CHANGED,
    SETTLED,
    WITHDRAWN,
)
from bot.workspace import Fault
from engine.storage.inbox import InboxStore
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, all_shown, shown

pytestmark = pytest.mark.slow

WIFI = "What is the guest wifi called?"
NOWHERE_WRITTEN = "Who painted the lobby?"
NOBODY = "Nobody has this case yet"


async def test_a_question_that_is_edited_after_its_answer_can_be_given_to_a_person_again(
    stage: Stage,
) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        answer = await scene.answer(asked)
        await ann.click(answer, "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        scene.reviewer.reply(card, "Sixteen, says Rita.")
        await scene.answer(asked, 3)
        await scene.workspace.until(lambda: "Answered by rita" in shown(card))
        ann.edit(asked, WIFI)
        await scene.workspace.until(lambda: "DeskNet" in shown(answer))
        await all_shown(scene)
        assert (await ann.click(answer, "human")).acked
        await scene.workspace.until(lambda: NOBODY in card.text)
        await all_shown(scene)
        assert WIFI in shown(card)
        assert HOW_LONG not in shown(card)
        assert scene.replies(asked)[-1].text == PERSON_HAS_IT
        told = [m.text for m in scene.replies(card) if "Kept for" not in m.text]
        assert told == [QUESTION_CHANGED]  # beside what became of an earlier answer
        scene.reviewer.reply(card, "DeskNet, says Rita.")
        await scene.workspace.until(lambda: "DeskNet, says" in shown(scene.replies(asked)[-1]))
        said = [m for m in scene.said(scene.escalations) if "Kept for" not in m.text]
        assert len(said) == 2


async def a_case(scene: Scene, ann: Any, text: str = HOW_LONG) -> tuple[Any, Any]:
    """A question that its asker gave to a person, and its card."""
    asked = ann.say(ann.dm, text)
    await ann.click(await scene.answer(asked), "human")
    card = await scene.card()
    await scene.answer(asked, 2)
    await all_shown(scene)
    return asked, card


async def test_a_case_whose_changed_question_has_its_answer_is_closed(stage: Stage) -> None:
    async with stage() as scene:
        ann, rita = scene.workspace.join("ann"), scene.reviewer
        asked, card = await a_case(scene, ann)
        ann.edit(asked, WIFI)
        await scene.workspace.until(lambda: "has an answer now" in card.text)
        await all_shown(scene)
        assert WIFI in shown(card)
        assert "16 weeks" not in shown(card)
        assert "case:answer" not in shown(card)
        assert PERSON_HAS_IT not in str([m.text for m in scene.replies(asked)])
        rita.reply(card, "Sixteen, says Rita.")
        await scene.workspace.until(lambda: scene.workspace.ephemerals(rita))
        assert [e.text for e in scene.workspace.ephemerals(rita)] == [SETTLED]
        await scene.idle()
        assert len(scene.replies(asked)) == 1
        assert len(scene.said(scene.escalations)) == 1

        assert (await ann.click(scene.replies(asked)[0], "human")).acked
        await scene.workspace.until(lambda: NOBODY in card.text)
        await all_shown(scene)
        told = [m.text for m in scene.replies(card) if "Kept for" not in m.text]
        assert told == [QUESTION_CHANGED]  # beside what became of an earlier answer
        rita.reply(card, "DeskNet, says Rita.")
        await scene.workspace.until(lambda: "Answered by rita" in shown(card))
        assert "DeskNet, says" in shown(scene.replies(asked)[-1])


async def test_reviewers_are_told_once_that_a_question_changed_and_still_needs_them(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, ann = scene.workspace, scene.workspace.join("ann")
        asked = ann.say(ann.dm, NOWHERE_WRITTEN)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await all_shown(scene)
        assert scene.replies(card) == []
        for number, text in enumerate(("Who painted the lobby in 1987?", "Who built the lobby?")):
            workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE)
            ann.edit(asked, text)
            await workspace.until(lambda text=text: text in shown(card))
            await scene.idle()
            if number:
                await scene.stop()
                await scene.start()
            await ann.click(scene.replies(asked)[0], "human")
            await workspace.until(lambda: scene.replies(card), 40)
            await all_shown(scene)
            told = [m.text for m in scene.replies(card) if "Kept for" not in m.text]
            assert told == [QUESTION_CHANGED]  # beside what became of an earlier answer
            assert NOBODY in card.text


@pytest.mark.parametrize("while_down", [False, True])
async def test_a_case_whose_question_is_deleted_is_withdrawn_and_takes_no_reply(
    stage: Stage, while_down: bool
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        asked, card = await a_case(scene, ann)
        answers = len(scene.replies(asked))
        if while_down:
            workspace.faults.add("chat.update", Fault.RATE_LIMITED, times=None, seconds=60)
        ann.delete(asked)
        if while_down:
            await workspace.until(lambda: workspace.calls("chat.update"))
            await scene.stop()
            workspace.faults.clear()
            await scene.start()
        await workspace.until(lambda: "deleted the question" in card.text)
        await all_shown(scene)
        assert HOW_LONG not in shown(card)
        assert "16 weeks" not in shown(card)
        assert "case:answer" not in shown(card)
        rita.reply(card, "Sixteen, says Rita.")
        await workspace.until(lambda: workspace.ephemerals(rita))
        assert [e.text for e in workspace.ephemerals(rita)] == [WITHDRAWN]
        await scene.idle()
        assert len(scene.replies(asked)) == answers - 1  # not that a person has it
        assert "says Rita" not in str([shown(m) for m in scene.replies(asked)])


async def test_the_talk_of_reviewers_under_a_card_is_not_brought_to_the_asker(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam = workspace.join("ann"), workspace.join("sam")
        scene.escalations.members.append(sam.id)
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        assert "first reply in this thread goes to the asker" in shown(card)
        assert "The asker asked for a person." in shown(card)
        for talk in (f"<@{sam.id}> is that yours? I cannot say.", ":eyes:", "thanks!", "<!here> ?"):
            rita.reply(card, talk)
        await scene.idle()
        assert len(scene.replies(asked)) == 2
        sam.reply(card, "No.")
        await scene.answer(asked, 3)
        assert "sam" in shown(scene.replies(asked)[-1])
        await workspace.until(lambda: "Answered by sam" in shown(card))
        assert "goes to the asker" not in shown(card)


async def test_a_card_says_after_a_restart_that_it_was_answered(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        await all_shown(scene)
        scene.workspace.faults.add("chat.update", Fault.RATE_LIMITED, times=None, seconds=60)
        scene.reviewer.reply(card, "Sixteen, says Rita.")
        await scene.answer(asked, 3)
        await scene.workspace.until(lambda: scene.workspace.calls("chat.update"))
        await scene.stop()
        assert NOBODY in card.text
        scene.workspace.faults.clear()
        await scene.start()
        await scene.workspace.until(lambda: "Answered by rita" in shown(card))


async def test_the_asker_is_told_after_a_restart_that_a_person_has_the_question(
    stage: Stage,
) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        answer = await scene.answer(asked)
        limited = {"times": None, "after": 1, "seconds": 60.0}
        scene.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, **limited)
        before = len(scene.workspace.calls("chat.postMessage"))
        await ann.click(answer, "human")
        await scene.workspace.until(
            lambda: len(scene.workspace.calls("chat.postMessage")) >= before + 2
        )
        await scene.stop()
        assert len(scene.replies(asked)) == 1
        scene.workspace.faults.clear()
        await scene.start()
        notice = await scene.answer(asked, 2)
        assert notice.text == PERSON_HAS_IT
        assert len(scene.said(scene.escalations)) == 1


async def test_a_line_to_the_asker_that_slack_refuses_is_not_tried_for_ever(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        answer = await scene.answer(asked)
        refused = {"times": None, "after": 1, "code": "is_archived"}
        scene.workspace.faults.add("chat.postMessage", Fault.REFUSED, **refused)
        await ann.click(answer, "human")
        await scene.card()
        await all_shown(scene)
        assert len(scene.replies(asked)) == 1


async def test_a_card_that_cannot_be_brought_up_to_date_holds_up_no_other(stage: Stage) -> None:
    async with stage(errors=True) as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        refused = {"times": None, "code": "cant_update_message"}
        workspace.faults.add("chat.update", Fault.REFUSED, **refused)
        scene.reviewer.reply(card, "Sixteen, says Rita.")
        await scene.answer(asked, 3)
        await workspace.until(lambda: workspace.calls("chat.update"))
        other = bob.say(bob.dm, HOW_LONG)
        await bob.click(await scene.answer(other), "human")
        await scene.card(2)
        await scene.answer(other, 2)
        workspace.faults.clear()
        await workspace.until(lambda: "Answered by rita" in shown(card), 60)


async def test_a_new_case_does_not_cut_short_the_wait_that_slack_asked_for(stage: Stage) -> None:
    waits: list[float] = []
    over = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if seconds == 40:
            await over.wait()
        else:
            await asyncio.sleep(seconds)

    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        first, second = ann.say(ann.dm, HOW_LONG), bob.say(bob.dm, HOW_LONG)
        answers = [await scene.answer(first), await scene.answer(second)]
        scene.bot.escalation.sleep = sleep
        workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=40)
        await ann.click(answers[0], "human")
        await workspace.until(lambda: 40 in waits)
        await bob.click(answers[1], "human")
        await scene.idle()
        assert scene.said(scene.escalations) == []
        over.set()
        await scene.card(2)


async def test_a_mention_under_a_card_that_is_deleted_is_not_answered(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        await all_shown(scene)
        before = len(workspace.calls("chat.postMessage"))
        workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=2)
        mention = rita.mention(scene.escalations, WIFI, thread_ts=card.ts)
        await workspace.until(lambda: len(workspace.calls("chat.postMessage")) > before)
        rita.delete(mention)
        await scene.idle()
        assert scene.replies(card) == []


async def test_the_card_of_a_question_that_failed_does_not_say_that_it_was_changed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(started=False, slack__attempts="1", errors=True) as scene:
        finish = InboxStore.finish

        async def failing(*_: Any) -> Any:
            raise ValueError

        async def late(*args: Any, **named: Any) -> bool:
            await scene.card()  # which came first
            return await finish(*args, **named)

        monkeypatch.setattr(Answering, "prepare", failing)
        monkeypatch.setattr(InboxStore, "finish", late)
        await scene.start()
        ann = scene.workspace.join("ann")
        await scene.answer(ann.say(ann.dm, HOW_LONG))
        card = await scene.card()
        await all_shown(scene)
        assert HOW_LONG in shown(card)
        assert "changed the question" not in shown(card)


async def test_a_reply_that_cannot_be_brought_is_given_back_to_who_wrote_it(stage: Stage) -> None:
    async with stage(slack__attempts="1", errors=True) as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        await all_shown(scene)
        workspace.faults.add("chat.postMessage", Fault.REFUSED, code="too_many_attachments")
        rita.reply(card, "Sixteen, says Rita.")
        await workspace.until(lambda: workspace.ephemerals(rita))
        assert NOT_PASSED_ON in str(workspace.ephemerals(rita))
        await all_shown(scene)
        assert len(scene.replies(asked)) == 2
        assert len(scene.said(scene.escalations)) == 1
        assert NOBODY in card.text
        rita.reply(card, "Sixteen, says Rita once more.")
        await scene.answer(asked, 3)
        assert "once more" in shown(scene.replies(asked)[-1])


async def test_who_asked_where_nothing_can_be_posted_any_more_is_told_so_once(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=2)
        asked = ann.mention(general, HOW_LONG)
        await workspace.until(lambda: workspace.calls("chat.postMessage"))
        workspace.archive(general)
        await workspace.until(lambda: scene.said(ann.dm))
        await scene.idle()
        assert [message.text for message in scene.said(ann.dm)] == [NOT_POSTED]
        assert scene.replies(asked) == []


async def test_a_card_shows_nothing_of_what_only_the_asker_may_read(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        budgets = {
            "old.md": "# Travel budget\n\nThe travel budget of Oslo is 350000 euros a year.\n",
            "new.md": "# Travel budget\n\nThe travel budget of Oslo is 200000 euros a year.\n",
        }
        await scene.learn(budgets, f"user:{ann.id}")
        answer = await scene.answer(ann.say(ann.dm, "What is the travel budget of Oslo?"))
        assert "350000 euros" in shown(answer)
        assert "A person has your question" in shown(answer)
        card = await scene.card()
        assert "travel budget of Oslo" in shown(card)
        assert "euros" not in shown(card)
        assert "Two documents contradict each other." in shown(card)
        assert "are not shown" in shown(card)


async def test_a_bot_that_shows_an_older_case_last_has_the_card_brought_up_to_date(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita, ann = scene.workspace, scene.reviewer, scene.workspace.join("ann")
        _, card = await a_case(scene, ann)
        cases, cards = scene.bot.engine.cases, scene.bot.escalation.cards
        (before,) = await cases.waiting(scene.settings.tenant)
        await rita.click(card, "case:claim")
        await workspace.until(lambda: "rita has this case" in shown(card))
        await all_shown(scene)
        with pytest.raises(Dropped):  # as another bot that read it before the claim
            await cards.bring(before)
        scene.bot.escalation.wake()
        await workspace.until(lambda: "rita has this case" in shown(card))
        await all_shown(scene)
        assert "rita has this case" in shown(card)
