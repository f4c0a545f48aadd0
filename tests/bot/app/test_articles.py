"""An article that closes a gap is an entry like any other: it rests on something, and it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.figures.article import Article, Cited
from bot.figures.publishing import EntryArticles
from bot.learning.keeping import DUE
from engine.errors import DeskhandError
from engine.storage.timers import Timer, TimerStore
from tests.bot.app.conftest import Scene, Stage, shown

pytestmark = pytest.mark.slow

QUESTION = "Who waters the plants in the lobby of the Oslo office?"
LOOK = Timer(id="", tenant="", kind="", subject="", due_at=datetime.now(UTC))


async def cited(scene: Scene, name: str) -> Cited:
    engine, tenant = scene.bot.engine, scene.settings.tenant
    documents = await engine.documents.known(tenant)
    [found] = [d for uri, d in documents.items() if uri.endswith(name)]
    rows = await engine.passages.ids_of_version(tenant, found.version)
    return Cited(passage=rows[0][0], snippet="Parental leave is 16 weeks for every parent.")


def articles(scene: Scene) -> EntryArticles:
    keeping = scene.bot.entries
    return EntryArticles(learning=keeping.learning, keeping=keeping, clock=keeping.clock)


def article(channel: Any, *cites: Cited) -> Article:
    return Article(
        question=QUESTION, answer="Nina does it on Tuesdays.", channels=(channel.id,), cites=cites
    )


async def test_who_published_an_article_is_asked_when_its_source_changes(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        general = workspace.public("general", rita)
        cite = await cited(scene, "leave.md")
        made = await articles(scene)(article(general, cite), rita.id)
        engine, tenant = scene.bot.engine, scene.settings.tenant
        [entry] = await engine.entries.all(tenant)
        assert (entry.id, entry.audience, entry.channels) == (made, ("everyone",), (general.id,))
        assert entry.expires_at is not None
        due = await TimerStore(engine.database).armed(tenant, DUE, made)
        assert due is not None
        assert due < entry.expires_at
        leave = scene.folder.parent / entry.sources[0].document
        await scene.change(leave, "# Parental leave\n\nParental leave is 20 weeks for all.\n")
        await scene.bot.entries.look(LOOK)
        scene.bot.timekeeper.wake()
        await workspace.until(
            lambda: any("still hold" in shown(m) for m in scene.said(rita.dm)), 30
        )
        assert "20 weeks" in shown(scene.said(rita.dm)[-1])


async def test_an_article_is_not_published_that_rests_on_what_not_all_may_read(
    stage: Stage,
) -> None:
    async with stage() as scene:
        general = scene.workspace.public("general", scene.reviewer)
        cite = await cited(scene, "bonus.md")
        with pytest.raises(DeskhandError):
            await articles(scene)(article(general, cite), scene.reviewer.id)
        assert not await scene.bot.engine.entries.all(scene.settings.tenant)
