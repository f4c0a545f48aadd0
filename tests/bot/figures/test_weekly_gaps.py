"""What the knowledge lacks, told on Mondays: with the whole bot, by clicks."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

import bot.composing
from bot.access.admins import Admins
from bot.figures.digest_composing import reading_of
from bot.figures.reading import CHANNELS
from bot.figures.weekly import DIGEST, GAPS
from bot.rendering.gap import APPROVE, DISMISS, EDIT
from bot.workspace import Kind
from bot.workspace.blocks import require_blocks
from bot.workspace.channels import ChannelType
from engine.clock import now
from engine.compose import open_engine
from engine.errors import DeskhandError
from engine.storage.gaps import Gap, GapState, GapStore
from engine.storage.inbox import NewQuestion, Surface
from engine.storage.schema import inbox
from engine.storage.timers import TimerStore
from tests.bot.app.conftest import Scene, Stage, shown
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage

pytestmark = pytest.mark.slow

PLANTS = (
    "Who waters the plants in the lobby of the Oslo office?",
    "Who takes care of the plants in the lobby of the Oslo office?",
    "Which person waters the lobby plants in the Oslo office?",
)
SECRET = "Who waters the Zebrafish plants in the lobby of the Oslo office?"
WATER = "Nina from facilities waters them on Tuesdays."


class Published:
    """Takes what would become knowledge."""

    def __init__(self) -> None:
        self.fails = False
        self.given: list[tuple[Any, ...]] = []

    async def __call__(self, *given: Any) -> str:
        if self.fails:
            raise DeskhandError("the knowledge is locked")
        self.given.append(given)
        return "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    port = Published()
    monkeypatch.setattr(bot.composing, "EntryArticles", lambda **_: port)
    return port


async def begun(scene: Scene) -> Any:
    """The admins' channel, with rita in it, and the bot running."""
    admins = scene.workspace.public("admins", scene.reviewer)
    scene.environment["DESKHAND_REVIEW__ADMIN_CHANNEL"] = admins.id
    await scene.start()
    return admins


async def lacking(scene: Scene, *, answered: bool) -> None:
    """Three people ask the same in public, one in private."""
    workspace = scene.workspace
    people = [workspace.join(name) for name in ("ann", "bob", "cleo")]
    general = workspace.public("general", *people)
    hidden = workspace.private("board", people[0])
    for person, words in zip(people, PLANTS, strict=True):
        asked = person.mention(general, words)
        answer = await scene.answer(asked)
        if "A person has your question" not in answer.text:
            assert (await person.click(answer, "human")).acked
    cards = 3
    if answered:
        card = await scene.card(cards)
        before = len(scene.replies(asked))
        scene.reviewer.reply(card, WATER)
        await workspace.until(lambda: len(scene.replies(asked)) > before)
    asked = people[0].mention(hidden, SECRET)
    assert (await people[0].click(await scene.answer(asked), "human")).acked
    await scene.idle()


async def due(scene: Scene, kind: str) -> None:
    store = TimerStore(scene.bot.engine.database)
    await store.set(scene.settings.tenant, kind, "weekly", now())
    scene.bot.timekeeper.wake()


async def told(scene: Scene, admins: Any) -> Any:
    """The message of the one gap, once it is stored where it is."""

    def found() -> list[Any]:
        return [m for m in scene.said(admins) if "Not in the documents" in m.text]

    await scene.workspace.until(lambda: bool(found()), 30.0)
    await scene.workspace.until(lambda: "private conversations" in str(scene.said(admins)[-1]))
    await scene.workspace.settled()
    assert len(found()) == 1
    return found()[0]


async def the_gap(scene: Scene) -> Any:
    (gap,) = await GapStore(scene.bot.engine.database).since(scene.settings.tenant, "")
    return gap


async def test_a_gap_is_told_once_with_what_people_answered_and_published_by_a_click(
    stage: Stage, published: Published
) -> None:
    async with stage(started=False) as scene:
        admins = await begun(scene)
        await lacking(scene, answered=True)
        await due(scene, GAPS)
        message = await told(scene, admins)
        assert "plants" in message.text
        assert "3 questions" in message.text
        assert WATER in shown(message)
        assert "rita" in shown(message)
        assert require_blocks(list(message.blocks))
        for said in scene.said(admins):
            assert "zebrafish" not in shown(said).lower()
        gap = await the_gap(scene)
        assert "zebrafish" not in f"{gap.name} {gap.place}".lower()
        assert gap.state is GapState.DRAFTED
        assert (await scene.reviewer.click(message, APPROVE)).acked
        await scene.workspace.until(lambda: "Published by rita" in shown(message))
        ((article, author),) = published.given
        assert article.question in PLANTS
        assert WATER in article.answer
        assert len(article.sources) == 1
        assert len(article.channels) == 1
        assert author == scene.reviewer.id
        closed = await the_gap(scene)
        assert closed.state is GapState.CLOSED
        assert closed.entry_id is not None
        said = len(scene.said(admins))
        await scene.stop()
        await scene.start()
        await due(scene, GAPS)  # nothing is said again
        store = TimerStore(scene.bot.engine.database)
        while (await store.armed(scene.settings.tenant, GAPS, "weekly") or now()) <= now():
            await scene.bot.timekeeper.sleep(0.1)
        await scene.workspace.settled()
        assert len(scene.said(admins)) == said
        assert len(published.given) == 1


async def test_only_reviewers_decide_and_only_on_our_message(
    stage: Stage, published: Published
) -> None:
    async with stage(started=False) as scene:
        admins = await begun(scene)
        await lacking(scene, answered=True)
        await due(scene, GAPS)
        message = await told(scene, admins)
        gap = await the_gap(scene)
        gus, rita = scene.workspace.join("gus"), scene.reviewer  # gus is not in the channel
        assert (await gus.click(message, APPROVE)).acked
        assert (await gus.click(message, DISMISS)).acked
        forged = copy.copy(message)
        forged.ts = scene.said(admins)[-1].ts  # ours, but not the gap's
        assert forged.ts != message.ts
        assert (await rita.click(forged, APPROVE)).acked
        unknown = copy.deepcopy(message)
        for block in unknown.blocks:
            for element in block.get("elements", ()):
                if element.get("action_id") == APPROVE:
                    element["value"] = "22222222-2222-2222-2222-222222222222"
        assert (await rita.click(unknown, APPROVE)).acked
        await scene.idle()
        assert published.given == []
        assert (await the_gap(scene)).state is gap.state
        published.fails = True
        assert (await rita.click(message, APPROVE)).acked
        await scene.idle()
        assert (await the_gap(scene)).state is GapState.DRAFTED  # it can be tried again
        published.fails = False
        pressed_late = copy.copy(message)
        assert (await rita.click(message, DISMISS)).acked
        await scene.workspace.until(lambda: "Dismissed by rita" in shown(message))
        assert (await rita.click(pressed_late, APPROVE)).acked
        await scene.idle()
        assert published.given == []


async def test_an_article_is_written_where_nobody_answered(stage: Stage) -> None:
    async with stage(started=False) as scene:
        admins = await begun(scene)
        await lacking(scene, answered=False)
        await due(scene, GAPS)
        message = await told(scene, admins)
        assert "Nobody has answered" in shown(message)
        assert APPROVE not in shown(message)
        rita = scene.reviewer
        assert (await rita.click(message, EDIT)).acked
        gap = await the_gap(scene)
        form = scene.workspace.modal(rita)
        empty = await rita.submit(form, {"answer": "  "})
        assert empty.errors
        done = await rita.submit(form, {"answer": WATER})
        assert not done.errors
        await scene.workspace.until(lambda: "Published by rita" in shown(message))
        dora = scene.workspace.join("dora")
        asked = dora.say(dora.dm, gap.place["draft"]["question"])
        assert WATER in shown(await scene.answer(asked))


async def test_where_guests_read_no_words_of_a_gap_are_shown(stage: Stage) -> None:
    async with stage(started=False) as scene:
        admins = await begun(scene)
        guest = scene.workspace.join("gus", Kind.GUEST)
        scene.workspace.invite(admins, guest)
        await lacking(scene, answered=True)
        await due(scene, GAPS)
        await scene.workspace.until(lambda: bool(scene.said(admins)), 30.0)
        await scene.workspace.settled()
        (said,) = scene.said(admins)
        assert "1 subject that the documents lack cannot be shown here" in said.text
        assert "plants" not in shown(said)
        assert (await the_gap(scene)).place["key"] is None  # it is told once they have left


async def test_a_gap_is_named_to_nobody_once_its_channel_is_closed(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        general = workspace.public("general", rita)
        engine = scene.bot.engine
        gap = Gap(
            id="33333333-3333-3333-3333-333333333333",
            tenant=scene.settings.tenant,
            first_week="2026-W47",
            last_week="2026-W47",
            name="zebrafish",
            centre=np.array([0.6, 0.8], dtype=np.float32),
            weeks={"2026-W47": 3},
            questions=(),
            place={CHANNELS: [general.id]},
            changed_at=now(),
        )
        keeping = scene.bot.entries
        admins = Admins(api=keeping.api, facts=keeping.rights.facts, group=None)
        reading = reading_of(engine, keeping.api, keeping.rights.facts, admins, team="T1")
        assert [each.name for each in await reading.shown([gap])] == ["zebrafish"]
        general.type = ChannelType.PRIVATE
        scene.bot.entries.rights.facts.forget_all()
        assert await reading.shown([gap]) == ()


async def test_the_digest_is_told_once_with_its_plots(stage: Stage) -> None:
    async with stage(started=False) as scene:
        async with open_engine(scene.settings) as engine:
            for ts, outcome in (("1.0", "answered"), ("2.0", "abstained")):
                asked, _ = await engine.inbox.add(
                    scene.settings.tenant,
                    NewQuestion(
                        team="T1",
                        channel="C1",
                        ts=ts,
                        user="U1",
                        surface=Surface.MENTION,
                        text=PLANTS[0],
                        asked_at=now() - timedelta(days=2),
                    ),
                    at=now(),
                )
                async with engine.database.write() as db:
                    done = {"state": "done", "outcome": outcome}
                    await db.execute(update(inbox).where(inbox.c.id == asked.id).values(**done))
            await GapStore(engine.database).save(
                Gap(
                    id="33333333-3333-3333-3333-333333333333",
                    tenant=scene.settings.tenant,
                    first_week="2020-W02",
                    last_week="2020-W02",
                    name="a subject of another week",
                    centre=np.array([0.6, 0.8], dtype=np.float32),
                    weeks={"2020-W02": 3},
                    questions=(),
                    changed_at=now() - timedelta(days=6),
                )
            )
        admins = await begun(scene)
        await due(scene, DIGEST)
        await scene.workspace.until(lambda: len(scene.said(admins)) >= 2, 60.0)
        (root,) = [m for m in scene.said(admins) if not m.is_reply]
        assert "The week from" in shown(root)
        assert "50% [9, 91], 1 of 2" in shown(root)
        assert "another week" not in shown(root)
        (plots,) = [m for m in scene.said(admins) if m.is_reply]
        assert len(plots.files) == 3
        assert require_blocks(list(root.blocks))
        await scene.stop()
        await scene.start()
        await due(scene, DIGEST)
        store = TimerStore(scene.bot.engine.database)
        while (await store.armed(scene.settings.tenant, DIGEST, "weekly") or now()) <= now():
            await scene.bot.timekeeper.sleep(0.1)
        await scene.workspace.settled()
        assert len(scene.said(admins)) == 2
