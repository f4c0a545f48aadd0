"""What a person answers is kept, cited to the next who asks, and taken back."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.cli.eval_reviews import from_reviews
from bot.learning.keeping import LEARN
from bot.learning.learning import NotKept
from bot.learning.readers import readers_of_answer
from bot.workspace.people import Kind
from engine.storage.entry import Entry, EntryState
from engine.storage.schema import timers
from engine.storage.timers import Timer
from tests.bot.app.conftest import Scene, Stage, shown

pytestmark = pytest.mark.slow

BADGE = "Where do I get a replacement badge when I have lost mine?"
DESK = "Go to the security desk on floor 2. Bring a photo id. Never use the old badge again."
LATER = "The security desk has moved to floor 5. Bring a photo id."


async def _answered(
    scene: Scene, person: object, channel: object, answer: str, n: int = 1
) -> object:
    """Asks about the badge, lets Rita answer by a reply under the card, and waits for the line."""
    asked = person.mention(channel, BADGE)
    card = await scene.card(n)
    scene.reviewer.reply(card, answer)
    await scene.workspace.until(
        lambda: any(answer[:20] in shown(m) for m in scene.replies(asked)), 30
    )
    return card


async def _line(scene: Scene, card: object, words: str = "Kept for the same question") -> object:
    def lines() -> list[object]:
        return [m for m in scene.replies(card) if words in shown(m)]

    await scene.workspace.until(lambda: bool(lines()), 30)
    return lines()[-1]


async def _entries(scene: Scene, *states: EntryState) -> list[object]:
    engine = scene.bot.engine
    return list(await engine.entries.all(engine.settings.tenant, states or (EntryState.LIVE,)))


async def test_an_answer_is_quoted_whole_to_the_next_who_asks(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        card = await _answered(scene, ann, general, DESK)
        line = await _line(scene, card)
        assert "every full member" in shown(line)
        assert "until" in shown(line)
        reply = await scene.answer(bob.mention(general, BADGE))
        text = shown(reply)
        assert "Answered by" in text
        for sentence in ("security desk on floor 2", "photo id", "Never use the old badge"):
            assert sentence in text
        await scene.idle()
        assert len([m for m in scene.said(scene.escalations) if not m.is_reply]) == 1


async def test_one_click_takes_it_back_and_a_second_does_nothing(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        card = await _answered(scene, ann, general, DESK)
        line = await _line(scene, card)
        gus = workspace.join("gus", Kind.GUEST)
        scene.escalations.members.append(gus.id)
        await gus.click(line, "entry:undo")  # is no reviewer
        await workspace.until(lambda: workspace.ephemerals(gus))
        assert len(await _entries(scene)) == 1
        await scene.reviewer.click(line, "entry:undo")
        await _line(scene, card, "not used for others any more")
        assert not await _entries(scene)
        asked = bob.mention(general, BADGE)
        reply = await scene.answer(asked)
        assert "security desk" not in shown(reply)
        assert len(await _entries(scene, EntryState.ROLLED_BACK)) == 1


async def test_an_edit_is_the_next_version_and_undo_brings_the_one_before(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        card = await _answered(scene, ann, general, DESK)
        line = await _line(scene, card)
        await rita.click(line, "entry:edit")
        await workspace.until(lambda: workspace.modal(rita) is not None)
        await rita.submit(workspace.modal(rita), {"question": BADGE, "answer": LATER})
        await _until_live(scene, 2)
        assert "floor 5" in shown(await scene.answer(bob.mention(general, BADGE)))
        newer = await _line(scene, card, "(version 2)")
        await rita.click(newer, "entry:undo")
        await _until_live(scene, 1)
        assert "floor 2" in shown(await scene.answer(ann.mention(general, BADGE)))
        await workspace.until(lambda: "(version 2)" not in shown(newer), 30)
        assert "Kept for the same question, for" in shown(newer)
        assert len([m for m in scene.replies(card) if "Kept for" in shown(m)]) == 1


async def test_an_answer_that_its_author_edits_is_kept_as_it_is_now(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        asked = ann.mention(general, BADGE)
        card = await scene.card()
        wrote = scene.reviewer.reply(card, DESK)
        await _line(scene, card)
        scene.reviewer.edit(wrote, LATER)
        await workspace.until(lambda: any("floor 5" in shown(m) for m in scene.replies(asked)), 30)
        await _line(scene, card, "(version 2)")
        text = shown(await scene.answer(bob.mention(general, BADGE)))
        assert "floor 5" in text
        assert "floor 2" not in text


async def _until_live(scene: Scene, version: int) -> None:
    async with asyncio.timeout(30):
        while [e.version for e in await _entries(scene)] != [version]:  # noqa: ASYNC110 - polls rows
            await asyncio.sleep(0.05)


async def test_what_was_said_in_a_private_channel_stays_there(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        secret = workspace.private("secret", ann)
        general = workspace.public("general", ann, bob)
        card = await _answered(scene, ann, secret, DESK)
        line = await _line(scene, card)
        assert "in the channel where it was asked" in shown(line)
        [entry] = await _entries(scene)
        assert entry.audience == (f"channel:{secret.id}",)
        assert "security desk" not in shown(await scene.answer(bob.mention(general, BADGE)))
        assert "security desk" in shown(await scene.answer(ann.mention(secret, BADGE)))


async def test_a_guest_is_not_told_what_members_are(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, gus = workspace.join("ann"), workspace.join("gus", Kind.GUEST)
        general = workspace.public("general", ann)
        lobby = workspace.public("lobby", ann, gus)
        await _line(scene, await _answered(scene, ann, general, DESK))
        assert "security desk" not in shown(await scene.answer(gus.mention(lobby, BADGE)))


async def test_a_crash_between_delivery_and_learning_loses_nothing(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        await scene.bot.timekeeper.aclose()
        card = await _answered(scene, ann, general, DESK)
        await scene.idle()
        assert not await _entries(scene)
        await scene.stop()
        await scene.start()
        await _line(scene, card)
        assert len(await _entries(scene)) == 1
        assert len([m for m in scene.replies(card) if "Kept for" in shown(m)]) == 1


async def test_a_courtesy_teaches_nothing(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        await _answered(scene, ann, general, "Let's talk about this in a DM.")
        await scene.idle()
        assert not await _entries(scene)


HOW_LONG = "How many weeks is parental leave?"


async def _asked_owner(scene: Scene) -> object:
    rita = scene.reviewer
    await scene.workspace.until(
        lambda: any("still hold" in shown(m) for m in scene.workspace.messages(rita.dm)), 30
    )
    return scene.workspace.messages(rita.dm)[-1]


async def _due(scene: Scene, entry: Entry, after: timedelta) -> None:
    """What the clock does of an entry at a later moment."""
    keeping, clock = scene.bot.entries, scene.bot.entries.clock
    timer = Timer(id="", tenant="", kind="", subject=entry.id, due_at=datetime.now(UTC))
    keeping.clock = lambda: datetime.now(UTC) + after
    try:
        await keeping.due(timer)
    finally:
        keeping.clock = clock


async def test_an_owner_is_asked_in_time_and_silence_ends_the_entry(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        card = await _answered(scene, ann, general, DESK)
        await _line(scene, card)
        [entry] = await _entries(scene)
        await _due(scene, entry, timedelta(days=100))
        assert not [m for m in scene.said(scene.reviewer.dm) if "still hold" in shown(m)]
        await _due(scene, entry, timedelta(days=170))
        asked = await _asked_owner(scene)
        await scene.reviewer.click(asked, "entry:keep")
        await scene.workspace.until(lambda: "stays in use" in shown(asked), 30)
        [kept] = await _entries(scene)
        assert kept.confirmed_at is not None
        await _due(scene, kept, timedelta(days=170))
        await _due(scene, kept, timedelta(days=185))
        assert not await _entries(scene)
        assert len(await _entries(scene, EntryState.EXPIRED)) == 1
        assert "not used any more" in shown(scene.workspace.messages(scene.reviewer.dm)[-1])
        assert "security desk" not in shown(await scene.answer(ann.mention(general, BADGE)))


async def test_a_changed_source_asks_the_owner_with_its_passages(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card()
        rita.reply(card, "It is 16 weeks for every parent, says Rita.")
        await _line(scene, card)
        [entry] = await _entries(scene)
        assert [s.document.rpartition("/")[2] for s in entry.sources] == ["leave.md"]
        leave = scene.folder.parent / entry.sources[0].document
        await scene.change(leave, "# Parental leave\n\nParental leave is 20 weeks for all.\n")
        await scene.bot.entries.look(
            Timer(id="", tenant="", kind="", subject="", due_at=datetime.now(UTC))
        )
        message = await _asked_owner(scene)
        assert "16 weeks for every parent" in shown(message)
        assert "20 weeks for all" in shown(message)
        await scene.change(leave, "# Parental leave\n\nParental leave is 30 weeks for all.\n")
        await rita.click(message, "entry:keep")  # of what they have read
        await workspace.until(lambda: "30 weeks for all" in shown(message), 30)
        assert (await _entries(scene))[0].confirmed_at is None
        await rita.click(message, "entry:withdraw")
        await workspace.until(lambda: "not used for others" in shown(message), 30)
        assert not await _entries(scene)


async def test_an_answer_in_a_thread_is_proposed_and_never_learned_silently(stage: Stage) -> None:
    async with stage(review__learn_from_threads="true") as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob, rita)
        asked = ann.say(general, BADGE)
        bob.reply(asked, "Maybe at the reception of building 9?")  # is no reviewer
        rita.reply(asked, DESK)
        offer = await scene.card()
        assert "Shall I use the answer" in shown(offer)
        assert "building 9" not in shown(offer)
        assert not await _entries(scene)
        rita.reply(asked, "And bring ten euros along, in coins.")
        await rita.click(offer, "entry:accept")
        await _until_live(scene, 1)
        assert "security desk" in shown(await scene.answer(bob.mention(general, BADGE)))
        assert len([m for m in scene.said(scene.escalations) if not m.is_reply]) == 1


STANDING = "How do I order a standing desk?"  # its words are among those held out


async def test_reviewed_questions_that_are_held_out_become_eval_cases(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        await _line(scene, await _answered(scene, ann, general, DESK))
        ann.mention(general, STANDING)
        card = await scene.card(2)
        scene.reviewer.reply(card, "Write to the workplace team, they order it for you.")
        await _line(scene, card)
        output = scene.folder / "reviewed.jsonl"
        assert await from_reviews(Namespace(output=str(output), json=True), scene.settings) == 0
        [row] = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
        assert row["user_question"] == STANDING
        assert row["expected_answer"].startswith("Write to the workplace team")
        assert row["expected_outcome"] == "answered"


async def test_an_answer_that_its_author_keeps_to_the_asker_is_not_learned(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        await scene.bot.timekeeper.aclose()
        await _answered(scene, ann, general, DESK)
        await scene.idle()
        engine = scene.bot.engine
        tenant = engine.settings.tenant
        async with asyncio.timeout(30):
            while not await engine.cases.answered(tenant):  # noqa: ASYNC110 - polls rows
                await asyncio.sleep(0.05)
        [case] = await engine.cases.answered(tenant)
        item = await engine.inbox.get(tenant, case.question_id)
        learning = scene.bot.entries.learning
        at = datetime.now(UTC)
        assert item is not None
        args = {"author": scene.reviewer.id, "at": at}
        told = await learning.learn(case, item, None, **args, wanted=False)
        assert told.why is NotKept.UNWANTED
        both = await asyncio.gather(*(learning.learn(case, item, None, **args) for _ in range(2)))
        assert {each.entry.version for each in both if each.entry} == {1}
        assert len(await _entries(scene)) == 1


async def _learn_timers_fired(scene: Scene) -> bool:
    mine = (timers.c.kind == LEARN, timers.c.fired_at.is_not(None))
    async with scene.bot.engine.database.read() as db:
        return (await db.execute(select(timers.c.id).where(*mine).limit(1))).first() is not None


@pytest.mark.parametrize("for_others", [True, False])
async def test_the_form_asks_whether_others_may_have_the_answer(
    stage: Stage, for_others: bool
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        asked = ann.mention(workspace.public("general", ann), BADGE)
        card = await scene.card()
        async with asyncio.timeout(30):  # a card is pressed once it is known to be one
            while workspace.modal(rita) is None:
                await rita.click(card, "case:answer")
        form = workspace.modal(rita)
        assert "Give this answer to others who ask the same" in shown(form)
        ticked = {} if for_others else {"value": ""}
        assert not (await rita.submit(form, {"text": DESK, **ticked})).errors
        await workspace.until(lambda: any(DESK[:20] in shown(m) for m in scene.replies(asked)), 30)
        if for_others:
            await _line(scene, card)
        else:
            while not await _learn_timers_fired(scene):  # noqa: ASYNC110 - polls rows
                await asyncio.sleep(0.05)
        assert bool(await _entries(scene)) == for_others


async def test_who_is_not_meant_by_all_sources_gets_nothing(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        group = f"channel:{general.id}"
        await scene.learn({"badge.md": f"# Badges\n\n{DESK}\n"}, group)
        engine = scene.bot.engine
        docs = await engine.documents.known(engine.settings.tenant)
        badge = next(d for uri, d in docs.items() if uri.endswith("badge.md"))
        [row] = await engine.passages.ids_of_version(engine.settings.tenant, badge.version)
        cited = [{"chunk_id": row[0], "snippet": DESK}]
        for thread, left in (
            (("everyone",), (group,)),
            ((group,), (group,)),
            (("channel:C0OTHER",), ()),
            (("user:U0SOMEONE",), ()),
        ):
            found = await readers_of_answer(engine.documents, engine.settings.tenant, thread, cited)
            assert found.tags == left
        gone = [{"chunk_id": "00000000-0000-0000-0000-000000000000", "snippet": ""}]
        nobody = await readers_of_answer(
            engine.documents, engine.settings.tenant, ("everyone",), gone
        )
        assert nobody.tags == ()
