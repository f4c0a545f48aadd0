"""Who may read an entry's thread or its sources changes after it was kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.learning.entry_rights import CLOSED_OFF, FEWER_READERS
from bot.learning.keeping import DUE
from bot.workspace.channels import ChannelType
from bot.workspace.people import Kind
from engine.knowledge.entries import ANSWERS, uri_of
from engine.storage.entry import Entry, EntrySource, EntryState, NewEntry
from engine.storage.timers import Timer, TimerStore
from tests.bot.app.conftest import Scene, Stage, shown

pytestmark = pytest.mark.slow

BADGE = "Where do I get a replacement badge when I have lost mine?"
DESK = "Go to the security desk on floor 2. Bring a photo id. Never use the old badge again."
LOOK = Timer(id="", tenant="", kind="", subject="", due_at=datetime.now(UTC))


async def entries(scene: Scene, state: EntryState = EntryState.LIVE) -> list[Entry]:
    engine = scene.bot.engine
    return list(await engine.entries.all(engine.settings.tenant, (state,)))


async def until_said(scene: Scene, thread: Any, words: str) -> Any:
    def found() -> list[Any]:
        return [m for m in scene.replies(thread) if words in shown(m)]

    await scene.workspace.until(lambda: bool(found()), 30)
    return found()[-1]


async def kept(scene: Scene, channel: Any, person: Any) -> tuple[Any, Entry]:
    """The card of a question whose answer was kept, and the entry."""
    person.mention(channel, BADGE)
    card = await scene.card()
    scene.reviewer.reply(card, DESK)
    await until_said(scene, card, "Kept for the same question")
    [entry] = await entries(scene)
    return card, entry


async def close(scene: Scene, channel: Any) -> None:
    channel.type = ChannelType.PRIVATE
    scene.bot.entries.rights.facts.forget_all()


async def test_what_was_said_in_a_channel_that_is_closed_is_for_all_no_more(stage: Stage) -> None:
    async with stage() as scene:
        ann, bob = scene.workspace.join("ann"), scene.workspace.join("bob")
        general = scene.workspace.public("general", ann)
        lobby = scene.workspace.public("lobby", bob)
        card, entry = await kept(scene, general, ann)
        assert entry.channels == (general.id,)
        await scene.bot.entries.look(LOOK)
        assert await entries(scene)
        await close(scene, general)
        await scene.bot.entries.look(LOOK)
        assert not await entries(scene)
        await until_said(scene, card, CLOSED_OFF)
        assert "security desk" not in shown(await scene.answer(bob.mention(lobby, BADGE)))


async def test_a_proposal_is_not_accepted_once_its_channel_is_closed(stage: Stage) -> None:
    async with stage(review__learn_from_threads="true") as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        general = workspace.public("general", ann, rita)
        rita.reply(ann.say(general, BADGE), DESK)
        offer = await scene.card()
        await close(scene, general)
        await rita.click(offer, "entry:accept")
        await workspace.until(lambda: workspace.ephemerals(rita), 30)
        assert CLOSED_OFF in str(workspace.ephemerals(rita))
        assert not await entries(scene)
        await workspace.until(lambda: "was not kept" in shown(offer), 30)


async def test_what_is_said_in_private_is_not_shown_to_those_who_read_cards(stage: Stage) -> None:
    async with stage(review__learn_from_threads="true") as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        secret = workspace.private("secret", ann, rita)
        general = workspace.public("general", ann, rita)
        rita.reply(ann.say(secret, "Where is the Zebrafish contract kept?"), "In the blue safe.")
        rita.reply(ann.say(general, BADGE), DESK)
        await scene.card()
        assert [e.question for e in await entries(scene, EntryState.PROPOSED)] == [BADGE]
        assert "Zebrafish" not in str([shown(m) for m in scene.said(scene.escalations)])


async def test_nothing_is_offered_where_a_guest_reads_the_cards(stage: Stage) -> None:
    async with stage(review__learn_from_threads="true") as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, gus = workspace.join("ann"), workspace.join("gus", Kind.GUEST)
        scene.escalations.members.append(gus.id)
        general = workspace.public("general", ann, rita)
        rita.reply(ann.say(general, BADGE), DESK)
        await workspace.settled(30)
        await asyncio.gather(*scene.bot.aside._tasks)
        assert not await entries(scene, EntryState.PROPOSED)


async def test_an_unchanged_proposal_that_is_saved_in_the_form_is_found(stage: Stage) -> None:
    async with stage(review__learn_from_threads="true") as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob, rita)
        rita.reply(ann.say(general, BADGE), DESK)
        offer = await scene.card()
        await rita.click(offer, "entry:edit")
        await workspace.until(lambda: workspace.modal(rita) is not None)
        await rita.submit(workspace.modal(rita), {"question": BADGE, "answer": DESK})
        await workspace.until(lambda: "Kept for the same question" in shown(offer), 30)
        assert "security desk" in shown(await scene.answer(bob.mention(general, BADGE)))


async def sourced(scene: Scene, ann: Any, general: Any) -> tuple[Any, Entry]:
    """An entry that rests on leave.md, and its card."""
    asked = ann.mention(general, "How many weeks is parental leave?")
    await ann.click(await scene.answer(asked), "human")
    card = await scene.card()
    scene.reviewer.reply(card, "It is 16 weeks for every parent, says Rita.")
    await until_said(scene, card, "Kept for the same question")
    [entry] = await entries(scene)
    return card, entry


async def test_a_version_comes_not_back_whose_source_is_for_fewer_readers_now(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        card, entry = await sourced(scene, ann, workspace.public("general", ann))
        engine, tenant = scene.bot.engine, scene.settings.tenant
        newer = NewEntry(
            question=entry.question,
            answer="Ask the desk.",
            author="Rita",
            owner=rita.id,
            audience=entry.audience,
        )
        at = datetime.now(UTC)
        made = await engine.entries.publish(
            tenant, newer, at=at, by=rita.id, entry_id=entry.id, after=entry.version
        )
        assert made.entry is not None
        await scene.bot.entries.telling.hand_over(entry, made.entry)
        await scene.bot.entries.told(
            Timer(id="", tenant="", kind="", subject=f"{entry.id}.2", due_at=at)
        )
        leave = scene.folder.parent / entry.sources[0].document
        secret = "---\naudience: [user:U0NOBODY1]\n---\n\n# Leave\n\nIt is 16 weeks.\n"
        await scene.change(leave, secret)
        line = await until_said(scene, card, "(version 2)")
        await rita.click(line, "entry:undo")
        await until_said(scene, card, FEWER_READERS)
        assert not await entries(scene)
        assert await engine.documents.known_at(tenant, uri_of(entry.id)) is None


async def test_an_owner_is_not_shown_a_source_that_they_may_not_read(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann = workspace.join("ann")
        board = workspace.private("board", ann)
        await scene.learn(
            {"plan.md": "# Zebrafish\n\nThe Zebrafish plan begins in May 2031.\n"},
            f"channel:{board.id}",
        )
        engine, tenant = scene.bot.engine, scene.settings.tenant
        documents = await engine.documents.known(tenant)
        [uri] = [uri for uri in documents if uri.endswith("plan.md")]
        made = await engine.entries.publish(
            tenant,
            NewEntry(
                question="When does it begin, the plan of ours?",
                answer="Soon.",
                author="Rita",
                owner=rita.id,
                audience=(f"channel:{board.id}",),
                sources=(EntrySource(document=uri, content_hash="0" * 64, text="Zebrafish, May."),),
            ),
            at=datetime.now(UTC),
            by=rita.id,
        )
        assert made.entry is not None
        await scene.bot.entries.due(
            Timer(id="", tenant="", kind="", subject=made.entry.id, due_at=datetime.now(UTC))
        )
        [asked] = [m for m in scene.said(rita.dm) if "still hold" in shown(m)]
        assert "may read it" in shown(asked)
        assert "Zebrafish" not in shown(asked)


async def test_an_answer_in_place_of_the_one_it_cites_does_not_rest_on_that(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        await kept(scene, general, ann)
        asked = bob.mention(general, BADGE)
        await bob.click(await scene.answer(asked), "human")
        card = await scene.card(2)
        rita.reply(card, "The security desk has moved to floor 5. Bring a photo id.")
        await until_said(scene, card, "(version 2)")
        [entry] = await entries(scene)
        assert entry.version == 2
        assert not [s for s in entry.sources if s.document.startswith(ANSWERS)]
        await scene.bot.entries.look(LOOK)
        timers = TimerStore(scene.bot.engine.database)
        due = await timers.armed(scene.settings.tenant, DUE, entry.id)
        assert due is not None
        assert due > datetime.now(UTC) + timedelta(days=100)


async def test_an_entry_that_should_have_ended_ends_at_the_next_look(stage: Stage) -> None:
    async with stage() as scene:
        engine, tenant = scene.bot.engine, scene.settings.tenant
        at = datetime.now(UTC)
        made = await engine.entries.publish(
            tenant,
            NewEntry(
                question=BADGE,
                answer=DESK,
                author="Rita",
                owner=scene.reviewer.id,
                audience=("everyone",),
                expires_at=at - timedelta(seconds=1),
            ),
            at=at - timedelta(days=1),
            by=None,
        )
        assert made.entry is not None
        await scene.bot.entries.look(LOOK)
        scene.bot.timekeeper.wake()
        async with asyncio.timeout(30):
            while await entries(scene):  # noqa: ASYNC110 - polls rows
                await asyncio.sleep(0.05)
