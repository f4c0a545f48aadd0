"""Two reviewers at one case at the same moment, and clicks on cases that are not theirs to have."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.rendering.case_words import NO_CASE, NO_DESK
from bot.rendering.notices import PERSON_HAS_IT, PRESS_AGAIN
from engine.storage.case_history import Action
from engine.storage.inbox import NewQuestion, Surface
from engine.storage.labels import LabelStore
from engine.storage.replies import ReplyStore
from evals.retraining.labelling import bring_labels
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, all_shown, shown
from tests.bot.app.test_desk import asked_for, forge, more, told, value_of

pytestmark = pytest.mark.slow

RITAS, SAMS = "It is sixteen weeks, says Rita.", "It is sixteen weeks, says Sam."


async def one_told(scene: Scene, people: tuple[Any, Any], before: list[int], *errors: Any) -> Any:
    """Who of the two was told that the other was first, under the card or in their form."""
    workspace = scene.workspace

    def those() -> list[Any]:
        counts = [len(workspace.ephemerals(person)) for person in people]
        grown = [p for p, now, then in zip(people, counts, before, strict=True) if now > then]
        return grown + [person for person, found in errors if found]

    await workspace.until(those, 30)
    await all_shown(scene)
    (loser,) = those()
    return loser


def other_labels(form: Any) -> dict[str, str]:
    """For each field of a relabel form, an option that it does not show."""
    fields = {b["block_id"]: b["element"] for b in form.content["blocks"] if "element" in b}
    return {
        name: next(o for o in field["options"] if o != field.get("initial_option"))["value"]
        for name, field in fields.items()
    }


async def test_of_two_reviewers_at_once_one_wins_and_the_other_is_told(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        sam, *askers = (workspace.join(name) for name in ("sam", "ann", "bob", "eve"))
        workspace.invite(scene.escalations, sam)
        both = (rita, sam)

        def heard() -> list[int]:
            return [len(workspace.ephemerals(person)) for person in both]

        asked, card = await asked_for(scene, askers[0])
        before = heard()
        await asyncio.gather(*(person.click(card, "case:claim") for person in both))
        loser = await one_told(scene, both, before)
        winner = sam if loser is rita else rita
        assert f"{'sam' if winner is sam else 'rita'} has this case" in shown(card)

        asked, card = await asked_for(scene, askers[1], number=2)
        await rita.click(card, "case:edit")
        form, before = workspace.modal(rita), heard()
        sent, _ = await asyncio.gather(
            rita.submit(form, {"text": RITAS}), sam.click(card, "case:approve")
        )
        loser = await one_told(scene, both, before, (rita, sent.errors))
        said = [shown(reply) for reply in scene.replies(asked)]
        assert len(said) == 3
        assert (RITAS in said[-1]) == (loser is sam)
        assert ("sam checked and sent" in said[-1]) == (loser is rita)

        asked, card = await asked_for(scene, askers[2], number=3)
        await rita.click(card, "case:answer")
        await sam.click(card, "case:more", chosen=more("reject", card))
        before = heard()
        sent, closed = await asyncio.gather(
            rita.submit(workspace.modal(rita), {"text": RITAS}),
            sam.submit(workspace.modal(sam), {"text": "Ask payroll."}),
        )
        loser = await one_told(scene, both, before, (rita, sent.errors), (sam, closed.errors))
        said = [shown(reply) for reply in scene.replies(asked)]
        assert sum(RITAS in reply for reply in said) == (loser is sam)
        assert sum("Ask payroll" in reply for reply in said) == (loser is rita)
        ended = "Answered by rita." if loser is sam else "sam closed it as out of scope"
        assert ended in shown(card)


async def another_tenants_case(scene: Scene) -> str:
    """Opened on a question of its own."""
    engine, now = scene.bot.engine, datetime.now(UTC)
    asked = NewQuestion(
        team="T0OTHER",
        channel="C0OTHER",
        ts="1.0",
        user="U0OTHER",
        surface=Surface.MENTION,
        text=HOW_LONG,
        asked_at=now,
    )
    item, _ = await engine.inbox.add("globex", asked, at=now)
    return (await engine.cases.open("globex", item.id, ["conflict"], now)).id


async def test_another_tenants_case_in_a_click_or_form_is_left_alone_and_so_it_is_told(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        asked, card = await asked_for(scene, workspace.join("ann"))
        theirs = await another_tenants_case(scene)
        mine = value_of(card, "case:claim")
        forge(card, "case:claim", theirs)
        assert (await rita.click(card, "case:claim")).acked
        await told(scene, rita, NO_CASE)
        forge(card, "case:claim", mine)
        for verb in ("answer", "reject"):
            chosen = {} if verb == "answer" else {"chosen": more(verb, card)}
            await rita.click(card, "case:answer" if verb == "answer" else "case:more", **chosen)
            form = workspace.modal(rita)
            form.content["private_metadata"] = theirs
            assert NO_CASE in str((await rita.submit(form, {"text": RITAS})).errors)
            await rita.close(form)
        await scene.idle()
        case = await scene.bot.engine.cases.get("globex", theirs)
        assert case is not None
        assert case.is_waiting
        assert case.owner is None
        assert len(scene.replies(asked)) == 2


async def test_where_nobody_takes_cases_any_more_clicks_and_forms_say_so(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        asked, card = await asked_for(scene, workspace.join("ann"))
        await all_shown(scene)
        await rita.click(card, "case:answer")
        form = workspace.modal(rita)
        await scene.stop()
        scene.environment["DESKHAND_SLACK__ESCALATION_CHANNEL"] = ""
        await scene.start()
        for count, action in enumerate(("case:claim", "case:approve", "case:edit"), start=1):
            assert (await rita.click(card, action)).acked
            await workspace.until(
                lambda n=count: str(workspace.ephemerals(rita)).count(NO_DESK) == n
            )
        assert NO_DESK in str((await rita.submit(form, {"text": RITAS})).errors)
        (case,) = await scene.bot.engine.cases.waiting(scene.settings.tenant)
        assert case.owner is None
        assert len(scene.replies(asked)) == 2


async def test_a_corrected_category_is_stored_as_somebodys_word_and_stands_on_the_card(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        _, card = await asked_for(scene, workspace.join("ann"))
        await all_shown(scene)
        await rita.click(card, "case:more", chosen=more("relabel", card))
        form = workspace.modal(rita)
        given = other_labels(form)
        assert set(given) == {"category", "priority"}
        assert not (await rita.submit(form, given)).errors
        words = f"Sorted as {given['category']}, priority {given['priority']}"
        await workspace.until(lambda: words in shown(card), 30)
        cases = scene.bot.engine.cases
        (case,) = await cases.waiting(scene.settings.tenant)
        assert (case.category, case.priority) == (given["category"], given["priority"])
        events = await cases.events(scene.settings.tenant, case.id)
        (event,) = [e for e in events if e.action is Action.RELABELLED]
        assert event.by == rita.id
        await rita.click(card, "case:approve")
        await workspace.until(lambda: "rita sent the draft as it was" in shown(card), 30)
        engine = scene.bot.engine
        async with asyncio.timeout(30):
            while await bring_labels(engine) == 0:  # noqa: ASYNC110 - polls rows
                await asyncio.sleep(0.05)
        label = await LabelStore(engine.database).get(engine.settings.tenant, case.question_id)
        assert label is not None
        assert (label.category, label.priority) == (given["category"], given["priority"])
        assert label.by == rita.id


async def test_a_correction_sent_after_the_decision_changes_case_and_label_or_is_refused(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        sam, *askers = (workspace.join(name) for name in ("sam", "ann", "bob"))
        workspace.invite(scene.escalations, sam)
        engine, tenant = scene.bot.engine, scene.settings.tenant

        async def form_of(person: Any, card: Any) -> Any:
            await all_shown(scene)
            await person.click(card, "case:more", chosen=more("relabel", card))
            return workspace.modal(person)

        asked, card = await asked_for(scene, askers[0])
        ritas, sams = await form_of(rita, card), await form_of(sam, card)
        given = other_labels(ritas)
        assert not (await rita.submit(ritas, {"category": given["category"]})).errors
        await rita.click(card, "case:approve")
        await scene.answer(asked, 3)
        await all_shown(scene)
        (case,) = await engine.cases.answered(tenant)
        assert await bring_labels(engine) == 1
        # Sam's form shows the category that Rita corrected since; Sam leaves it as it is.
        assert not (await sam.submit(sams, {"priority": given["priority"]})).errors
        assert await bring_labels(engine) == 1
        now = await engine.cases.get(tenant, case.id)
        label = await LabelStore(engine.database).get(tenant, case.question_id)
        assert now is not None
        assert label is not None
        assert (now.category, now.priority) == (given["category"], given["priority"])
        assert (label.category, label.priority) == (given["category"], given["priority"])

        asked, card = await asked_for(scene, askers[1], number=2)
        ritas = await form_of(rita, card)
        await sam.click(card, "case:more", chosen=more("reject", card))
        assert not (await sam.submit(workspace.modal(sam), {"why": "Not ours."})).errors
        late = await rita.submit(ritas, other_labels(ritas))
        assert "sam has closed this case as out of scope" in str(late.errors)
        assert await bring_labels(engine) == 1


async def test_an_answer_to_what_the_asker_has_changed_meanwhile_is_shown_the_new_question_first(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita, ann = scene.workspace, scene.reviewer, scene.workspace.join("ann")
        asked, card = await asked_for(scene, ann)
        await all_shown(scene)
        await rita.click(card, "case:edit")
        form, changed = workspace.modal(rita), "How many weeks is parental leave for adoption?"
        ann.edit(asked, changed)
        await workspace.until(lambda: changed in shown(card), 30)
        await scene.idle()
        await ann.click(scene.replies(asked)[0], "human")
        await all_shown(scene)
        said = await rita.submit(form, {"text": RITAS, "learn": ""})
        assert not said.errors
        again = workspace.modal(rita)
        assert "has changed the question" in shown(again)
        assert changed in shown(again)
        (field,) = [b["element"] for b in again.content["blocks"] if b.get("block_id") == "reply"]
        assert field["initial_value"] == RITAS
        assert not [m for m in scene.replies(asked) if RITAS in shown(m)]
        assert not (await rita.submit(again, {"text": RITAS})).errors
        await workspace.until(lambda: "rita edited the draft" in shown(card), 30)
        await scene.idle()
        assert len([m for m in scene.replies(asked) if RITAS in shown(m)]) == 1


async def test_a_press_that_comes_before_it_is_stored_which_message_an_answer_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage() as scene:
        pressed, store = asyncio.Event(), ReplyStore.mark_posted

        async def late(self: ReplyStore, *given: Any, **named: Any) -> Any:
            await pressed.wait()
            return await store(self, *given, **named)

        monkeypatch.setattr(ReplyStore, "mark_posted", late)
        ann = scene.workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await scene.workspace.until(lambda: scene.replies(asked), 30)
        answer = scene.replies(asked)[0]
        await ann.click(answer, "human")
        await scene.workspace.until(
            lambda: PRESS_AGAIN in "".join(told.text for told in scene.workspace.ephemerals(ann)),
            30,
        )
        press = asyncio.create_task(ann.click(answer, "human"))
        await asyncio.sleep(0.2)
        pressed.set()
        await press
        await scene.workspace.until(
            lambda: PERSON_HAS_IT in "".join(shown(reply) for reply in scene.replies(asked)), 30
        )
