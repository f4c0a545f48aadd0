"""A case at the desk, by clicks: claimed, sent, edited, closed, passed on, and what is refused."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bot.rendering.case_words import (
    DRAFT_CHANGED,
    FORM_EXPIRED,
    NO_CASE,
    NOT_A_REVIEWER,
    NOT_FOR_ASKER,
)
from bot.rendering.notices import NOBODY_REACHED, NOT_ALLOWED, PERSON_HAS_IT, SOLVED
from bot.workspace import Fault, Kind
from bot.workspace.interactions import find_element
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown

pytestmark = pytest.mark.slow

WATER = "Nina from facilities waters them on Tuesdays."


async def asked_for(scene: Scene, person: Any, text: str = HOW_LONG, number: int = 1) -> Any:
    """A question that its asker wants a person for, and its card."""
    asked = person.say(person.dm, text)
    assert (await person.click(await scene.answer(asked), "human")).acked
    card = await scene.card(number)
    await scene.answer(asked, 2)
    return asked, card


def more(verb: str, card: Any) -> dict[str, Any]:
    """An option of the card's menu."""
    for block in card.blocks:
        for element in block.get("elements", ()):
            for option in element.get("options", ()) if isinstance(element, dict) else ():
                if option["value"].startswith(f"{verb}:"):
                    return {"selected_option": option}
    raise LookupError(verb)


def button_of(card: Any, action: str) -> dict[str, Any]:
    return find_element(card.blocks, action)[1]


def value_of(card: Any, action: str) -> str:
    return button_of(card, action)["value"]


def forge(card: Any, action: str, value: str) -> None:
    """Makes a client send another value than the card has."""
    button_of(card, action)["value"] = value


async def told(scene: Scene, person: Any, sentence: str) -> None:
    """Waits until somebody is told it, by a message that only they see."""
    workspace = scene.workspace
    await workspace.until(lambda: sentence in str(workspace.ephemerals(person)))


async def test_a_reviewer_claims_and_edits_and_the_asker_says_that_it_helped(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam = workspace.join("ann"), workspace.join("sam")
        workspace.invite(scene.escalations, sam)
        asked, card = await asked_for(scene, ann)
        assert (await rita.click(card, "case:claim")).acked
        await workspace.until(lambda: "rita has this case" in shown(card))
        assert "case:claim" not in shown(card)
        assert (await sam.click(card, "case:answer")).acked
        await told(scene, sam, "rita has this case")
        assert workspace.modal(sam) is None
        sam.reply(card, "It is sixteen, says Sam.")
        await workspace.until(lambda: len(workspace.ephemerals(sam)) == 2)
        await rita.click(card, "case:edit")
        draft = workspace.modal(rita)
        assert "16 weeks" in shown(draft)
        words = "It is 16 weeks for every parent [1], also for adoption."
        assert not (await rita.submit(draft, {"text": words})).errors
        reply = await scene.answer(asked, 3)
        assert "rita answered" in shown(reply)
        assert "also for adoption" in shown(reply)
        assert "Parental leave" in shown(reply)  # the source of the mark that stayed
        assert "Did this help?" in shown(reply)
        await workspace.until(lambda: "rita edited the draft and sent it" in shown(card))
        assert (await ann.click(reply, "passage:1")).acked
        assert "16 weeks" in shown(workspace.modal(ann))
        assert (await ann.give_feedback(reply, positive=True)).acked
        await scene.idle()
        assert len(scene.replies(asked)) == 3
        assert len(scene.placed(scene.escalations)) == 1


async def test_a_draft_is_sent_as_it_is_with_its_sources_under_the_reviewers_name(
    stage: Stage,
) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked, card = await asked_for(scene, ann)
        assert (await scene.reviewer.click(card, "case:approve")).acked
        reply = await scene.answer(asked, 3)
        assert "rita checked and sent this answer" in shown(reply)
        assert "16 weeks" in shown(reply)
        assert "Sources" in shown(reply)
        await scene.workspace.until(lambda: "rita sent the draft as it was" in shown(card))
        assert (await scene.reviewer.click(card, "passage:1")).acked
        assert "16 weeks" in shown(scene.workspace.modal(scene.reviewer))


async def test_of_two_who_send_at_once_one_does_and_the_other_is_told_who(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam = workspace.join("ann"), workspace.join("sam")
        workspace.invite(scene.escalations, sam)
        asked, card = await asked_for(scene, ann)
        for person in (rita, sam):
            assert (await person.click(card, "case:approve")).acked
        await scene.answer(asked, 3)
        await workspace.until(lambda: workspace.ephemerals(rita) or workspace.ephemerals(sam))
        loser, winner = (rita, "sam") if workspace.ephemerals(rita) else (sam, "rita")
        assert f"It was {winner}" in str(workspace.ephemerals(loser))
        await scene.idle()
        assert len(scene.replies(asked)) == 3


async def test_of_two_who_claim_at_once_one_has_it_and_the_other_is_told_who(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam = workspace.join("ann"), workspace.join("sam")
        workspace.invite(scene.escalations, sam)
        _, card = await asked_for(scene, ann)
        before = shown(card)
        pressed = [await person.click(card, "case:claim") for person in (rita, sam)]
        assert all(click.acked for click in pressed)
        assert before
        await told(scene, sam, "rita has this case")
        await workspace.until(lambda: "rita has this case" in shown(card))


async def test_a_case_out_of_scope_is_closed_and_its_asker_reads_why(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        asked, card = await asked_for(scene, ann)
        await rita.click(card, "case:more", chosen=more("reject", card))
        form = workspace.modal(rita)
        assert (await rita.submit(form, {"text": "  "})).errors
        why = "Ask payroll <!channel>, see https://evil.test/x."
        assert not (await rita.submit(form, {"text": why})).errors
        await workspace.until(lambda: "Ask payroll" in str([m.text for m in scene.replies(asked)]))
        ended = next(m for m in scene.replies(asked) if "Ask payroll" in m.text)
        assert "rita has looked at your question" in ended.text
        assert "evil.test" not in ended.text
        assert "<!channel>" not in ended.text
        await workspace.until(lambda: "rita closed it as out of scope" in shown(card))
        rita.reply(card, WATER)
        await told(scene, rita, "closed this case as out of scope")
        assert not any(WATER in shown(m) for m in scene.replies(asked))


async def test_a_case_is_reassigned_snoozed_relabelled_and_released(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam, eve = (workspace.join(name) for name in ("ann", "sam", "eve"))
        workspace.invite(scene.escalations, sam)
        _, card = await asked_for(scene, ann)
        await rita.click(card, "case:more", chosen=more("reassign", card))
        form = workspace.modal(rita)
        to_eve = {"type": "users_select", "selected_user": eve.id}
        assert "choose somebody" in str((await rita.submit(form, {"value": to_eve})).errors)
        to_sam = {"type": "users_select", "selected_user": sam.id}
        assert not (await rita.submit(form, {"value": to_sam})).errors
        await workspace.until(lambda: "sam has this case" in shown(card))
        assert f"<@{sam.id}>, this case is yours now" in str(
            [m.text for m in scene.said(scene.escalations)]
        )
        await rita.click(card, "case:more", chosen=more("release", card))
        await told(scene, rita, "Only who has this case")
        await sam.click(card, "case:more", chosen=more("snooze", card))
        assert not (await sam.submit(workspace.modal(sam), {"value": "monday"})).errors
        await workspace.until(lambda: "Nobody is reminded before" in shown(card))
        await rita.click(card, "case:more", chosen=more("relabel", card))
        assert workspace.modal(rita).content["callback_id"] == "case:relabel"
        await sam.click(card, "case:more", chosen=more("release", card))
        await workspace.until(lambda: "Nobody has this case yet" in shown(card))


async def test_the_asker_closes_the_case_and_nobody_else_can(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        asked = ann.mention(general, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        notice = await scene.answer(asked, 2)
        await bob.click(notice, "solved")
        await told(scene, bob, NOT_ALLOWED)
        assert (await ann.click(notice, "solved")).acked
        await workspace.until(lambda: SOLVED in notice.text)
        await workspace.until(lambda: "solved it themselves" in shown(card))
        scene.reviewer.reply(card, WATER)
        await told(scene, scene.reviewer, "solved this themselves")
        assert len(scene.replies(asked)) == 2


async def test_an_answer_that_did_not_help_goes_to_a_person_once(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        answer = await scene.answer(asked)
        for _ in range(2):
            assert (await ann.give_feedback(answer, positive=False)).acked
        card = await scene.card()
        assert "says that the answer did not help" in shown(card)
        assert "A person has your question" in (await scene.answer(asked, 2)).text
        rita.reply(card, "It is sixteen weeks, whoever you are.")
        reply = await scene.answer(asked, 3)
        await workspace.until(lambda: "Answered by rita." in shown(card))
        assert (await ann.give_feedback(reply, positive=False)).acked
        await workspace.until(lambda: "Nobody has this case yet" in shown(card))
        await workspace.until(lambda: PERSON_HAS_IT in scene.replies(asked)[-1].text)
        assert len(scene.replies(asked)) == 3
        rita.reply(card, "And eighteen for twins.")
        await workspace.until(lambda: any("twins" in shown(m) for m in scene.replies(asked)))
        await workspace.until(lambda: "Answered by rita." in shown(card))
        assert len([m for m in scene.said(scene.escalations) if not m.is_reply]) == 1


async def test_who_may_not_review_is_told_so(stage: Stage) -> None:
    async with stage(started=False) as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam, eve = (workspace.join(name) for name in ("ann", "sam", "eve"))
        workspace.invite(scene.escalations, sam)
        group = workspace.usergroup("reviewers", [rita])
        scene.environment["DESKHAND_REVIEW__REVIEWERS"] = group.id
        await scene.start()
        asked, card = await asked_for(scene, ann)
        for person in (sam, eve):
            for action in ("case:claim", "case:approve", "case:answer"):
                assert (await person.click(card, action)).acked
        await told(scene, sam, NOT_A_REVIEWER)
        assert workspace.modal(sam) is None
        assert NOT_A_REVIEWER in shown(workspace.modal(eve))  # who sees no message there
        sam.reply(card, WATER)
        await scene.idle()
        assert len(scene.replies(asked)) == 2
        await rita.click(card, "case:claim")
        await workspace.until(lambda: "rita has this case" in shown(card))
        await rita.click(card, "case:answer")
        form = workspace.modal(rita)
        workspace.set_members(group, [sam])  # between the form and its submission
        assert NOT_A_REVIEWER in str((await rita.submit(form, {"text": WATER})).errors)


async def test_what_a_reviewer_had_who_left_can_be_taken_by_anybody(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, sam = workspace.join("ann"), workspace.join("sam")
        workspace.invite(scene.escalations, sam)
        asked, card = await asked_for(scene, ann)
        await rita.click(card, "case:claim")
        await workspace.until(lambda: "rita has this case" in shown(card))
        workspace.leave(rita)
        await workspace.settled()
        sam.reply(card, "It is sixteen, says Sam.")
        assert "says Sam" in shown(await scene.answer(asked, 3))


async def test_forged_and_replayed_buttons_do_nothing(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, bob = workspace.join("ann"), workspace.join("bob")
        first, one = await asked_for(scene, ann)
        second, two = await asked_for(scene, bob, "What is the guest wifi called?", 2)
        mine, other = value_of(one, "case:approve"), value_of(two, "case:approve")
        for value in (other, "no-case", ""):
            forge(one, "case:approve", value)
            await rita.click(one, "case:approve")
        await workspace.until(lambda: str(workspace.ephemerals(rita)).count(NO_CASE) == 3)
        forge(one, "case:approve", f"{mine.split()[0]} another-trace")
        await rita.click(one, "case:approve")
        await told(scene, rita, DRAFT_CHANGED)
        forge(one, "case:approve", mine)
        await scene.idle()
        assert (len(scene.replies(first)), len(scene.replies(second))) == (2, 2)
        elsewhere = workspace.public("elsewhere", rita)
        copy = rita.say(elsewhere, "A copy of the card")
        copy.blocks.extend(one.blocks)
        await rita.click(copy, "case:claim")
        await workspace.until(lambda: str(workspace.ephemerals(rita)).count(NO_CASE) == 4)
        before = deepcopy(one.blocks)
        await rita.click(one, "case:approve")
        await scene.answer(first, 3)
        await workspace.until(lambda: "rita sent the draft" in shown(one))
        one.blocks[:] = before  # as a client that has not seen it yet
        await rita.click(one, "case:approve")
        await told(scene, rita, "Somebody has answered this question already")
        await scene.idle()
        assert len(scene.replies(first)) == 3


async def test_of_a_form_that_cannot_be_opened_or_sent_its_user_is_told(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        asked, card = await asked_for(scene, ann)
        workspace.faults.add("views.open", Fault.REFUSED, code="expired_trigger_id")
        assert (await rita.click(card, "case:edit")).acked
        await told(scene, rita, FORM_EXPIRED)
        await rita.click(card, "case:answer")
        form = workspace.modal(rita)
        assert (await rita.submit(form, {"text": "   "})).errors
        del form.content["blocks"][1]["element"]["max_length"]
        form.content["blocks"][1]["element"]["max_length"] = 10_000
        assert "at most 3,000" in str((await rita.submit(form, {"text": "x" * 3_001})).errors)
        ann.delete(asked)
        await workspace.until(lambda: "has deleted" in shown(card))
        late = await rita.submit(form, {"text": WATER})
        assert "deleted" in str(late.errors)


async def test_a_draft_that_its_asker_may_read_no_more_is_not_sent(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        general = workspace.public("general", ann, rita)
        asked = ann.mention(general, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        await scene.answer(asked, 2)
        workspace.invite(general, workspace.join("gus", Kind.GUEST))
        await workspace.settled()
        await rita.click(card, "case:approve")
        await told(scene, rita, NOT_FOR_ASKER)
        assert len(scene.replies(asked)) == 2
        await rita.click(card, "case:claim")
        await workspace.until(lambda: "rita has this case" in shown(card))


@pytest.mark.parametrize("reached", ["open", "claimed", "answered", "rejected", "solved"])
async def test_after_a_restart_a_card_is_as_it_was_and_nothing_is_sent_twice(
    stage: Stage, reached: str
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        asked, card = await asked_for(scene, ann)
        line = "Nobody has this case yet"
        if reached == "claimed":
            await rita.click(card, "case:claim")
            line = "rita has this case"
        elif reached == "answered":
            await rita.click(card, "case:approve")
            await scene.answer(asked, 3)
            line = "rita sent the draft as it was"
        elif reached == "rejected":
            await rita.click(card, "case:more", chosen=more("reject", card))
            await rita.submit(workspace.modal(rita), {"text": "Ask payroll."})
            line = "closed it as out of scope"
        elif reached == "solved":
            await ann.click(scene.replies(asked)[1], "solved")
            line = "solved it themselves"
        await scene.stop()  # at once: the card may not show it yet
        await scene.start()
        await workspace.until(lambda: line in shown(card))
        await scene.idle()
        said = [m.text for m in scene.replies(asked)]
        assert len(said) == len(set(said)) == (3 if reached == "answered" else 2)
        assert len([m for m in scene.said(scene.escalations) if not m.is_reply]) == 1


async def test_cards_go_where_the_policy_says_and_work_there(stage: Stage, tmp_path: Path) -> None:
    async with stage(started=False, errors=True) as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        desk = workspace.public("hr-desk", rita)
        group = workspace.usergroup("hr", [rita])
        policy = tmp_path / "policy.toml"
        policy.write_text(
            f'[[routes]]\nchannel = "{general.id}"\nto_channel = "{desk.id}"\n'
            f'group = "{group.id}"\n',
            encoding="utf-8",
        )
        scene.environment["DESKHAND_REVIEW__POLICY"] = str(policy)
        await scene.start()
        asked = ann.mention(general, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        await scene.answer(asked, 2)
        (card,) = scene.said(desk)
        assert group.id in shown(card)
        assert scene.said(scene.escalations) == []
        await rita.click(card, "case:claim")
        await workspace.until(lambda: "rita has this case" in shown(card))
        assert group.id not in shown(card)
        rita.reply(card, WATER)
        assert WATER in shown(await scene.answer(asked, 3))
        workspace.remove(desk, workspace.app.bot_user)
        again = ann.mention(general, "What is the guest wifi called?")
        await ann.click(await scene.answer(again), "human")
        fallen = await scene.card()
        assert "guest wifi" in shown(fallen)


async def test_while_no_card_can_be_posted_the_asker_is_told_and_then_that_a_person_has_it(
    stage: Stage,
) -> None:
    async with stage(errors=True) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        answer = await scene.answer(asked)
        workspace.remove(scene.escalations, workspace.app.bot_user)
        await ann.click(answer, "human")
        notice = await scene.answer(asked, 2)
        await workspace.until(lambda: notice.text == NOBODY_REACHED)
        workspace.invite(scene.escalations, workspace.app.bot_user)
        await scene.card()
        await workspace.until(lambda: "A person has your question" in notice.text)
        await scene.idle()
        assert len(scene.replies(asked)) == 2


async def test_a_similar_earlier_case_is_on_the_next_card(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, bob = workspace.join("ann"), workspace.join("bob")
        _, card = await asked_for(scene, ann)
        rita.reply(card, "It is sixteen, says Rita.")
        await workspace.until(lambda: "Answered by rita." in shown(card))
        _, two = await asked_for(scene, bob, "How long is the parental leave in weeks?", 2)
        assert "Similar earlier cases" in shown(two)
        assert HOW_LONG in shown(two)
        assert f"{scene.escalations.id}/p{card.ts.replace('.', '')}" in shown(two)
