"""A doubtful question from its asker to a person and back, and from then on without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.workspace import Kind
from engine.figures.counting import Figures, figures_of
from engine.figures.definitions import FigureName
from engine.storage.figures import FigureStore
from tests.bot.app.conftest import Scene, Stage, shown

pytestmark = pytest.mark.slow

BUDGETS = {
    "budget-2019.md": "# Travel budget\n\nThe travel budget of Oslo is 350000 euros a year.\n",
    "budget.md": "# Travel budget\n\nThe travel budget of Oslo is 200000 euros a year.\n",
}
BUDGET = "What is the travel budget of the Oslo office for one year?"
TRUE = "The travel budget of Oslo is 200000 euros a year; the older document is out of date."


async def figures(scene: Scene) -> Figures:
    until = datetime.now(UTC) + timedelta(seconds=1)
    since = until - timedelta(days=1)
    store = FigureStore(scene.bot.engine.database)
    record = await store.record(scene.settings.tenant, since, until)
    return figures_of(record, since, until, now=until)


def cards(scene: Scene) -> list[object]:
    return [m for m in scene.said(scene.escalations) if not m.is_reply]


async def test_from_doubt_to_an_answer_that_needs_nobody_and_back_again(stage: Stage) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, bob = workspace.join("ann"), workspace.join("bob")
        gus = workspace.join("gus", Kind.GUEST)
        general = workspace.public("general", ann, bob)
        lobby = workspace.public("lobby", ann, gus)
        await scene.learn(BUDGETS)

        asked = ann.mention(general, BUDGET)
        doubtful = await scene.answer(asked)
        assert "A person has your question" in shown(doubtful)
        card = await scene.card()
        await rita.click(card, "case:claim")
        await workspace.until(lambda: "rita has this case" in shown(card))
        await rita.click(card, "case:edit")
        form = workspace.modal(rita)
        assert "350000 euros" in shown(form)  # the draft
        assert not (await rita.submit(form, {"text": TRUE})).errors
        reply = await scene.answer(asked, 2)
        assert "rita answered" in shown(reply)
        assert "out of date" in shown(reply)
        assert (await ann.give_feedback(reply, positive=True)).acked
        await workspace.until(lambda: any("Kept for" in shown(m) for m in scene.replies(card)), 30)
        (line,) = scene.replies(card)
        assert "for every full member" in shown(line)

        again = await scene.answer(bob.mention(general, BUDGET))
        assert "Answered by rita" in shown(again)
        assert "out of date" in shown(again)
        assert "A person has" not in shown(again)
        await scene.idle()
        assert len(cards(scene)) == 1
        found = (await figures(scene)).shares
        for name in (FigureName.ANSWERED_ALONE, FigureName.REVIEWED, FigureName.CONFIRMED_HELPFUL):
            assert (found[name].hits, found[name].trials) == (1, 2)

        boss = workspace.join("boss", Kind.ADMIN)
        boss.open_home()
        await workspace.until(lambda: bool(workspace.home(boss)))
        assert "Review load, rita" in shown(workspace.home(boss))

        theirs = await scene.answer(gus.mention(lobby, BUDGET))
        assert "out of date" not in shown(theirs)

        await rita.click(line, "entry:undo")
        await workspace.until(lambda: "not used for others any more" in shown(line), 30)
        before = len(cards(scene))
        anew = await scene.answer(bob.mention(general, BUDGET))
        assert "out of date" not in shown(anew)
        assert "A person has your question" in shown(anew)
        assert BUDGET in shown(await scene.card(before + 1))
