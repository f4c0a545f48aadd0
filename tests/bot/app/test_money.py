"""Limits and money, as people and admins meet them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.workspace import Kind
from engine.ledger import ModelCall
from engine.storage.spend import Total
from engine.trace import Usage
from evals.model_server.models import quoting
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown

pytestmark = pytest.mark.slow
PRICED = {"openai__prices": "gpt-4.1-mini=0.4/1.6", "answer__cache_s": "0"}
USED_UP = "The budget for models is used up"


async def spent_today(scene: Scene) -> Total:
    engine = scene.bot.engine
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return (await engine.spend.totals(scene.settings.tenant, [today])).get(today, Total())


async def spend(scene: Scene, cost_usd: float) -> None:
    """As a call of a model outside a question does."""
    call = ModelCall(
        purpose="ingest",
        provider="openai",
        model="m",
        usage=Usage(cost_usd=cost_usd),
        succeeded=True,
        estimated=False,
        price_known=True,
    )
    ledger = scene.bot.engine.ledger
    await ledger.settle(await ledger.reserve(call), call)


def home_of(scene: Scene, person: Any) -> str:
    view = scene.workspace.home(person)
    return shown(view) if view is not None else ""


async def test_at_the_limit_answers_go_on_in_the_documents_own_words_and_say_so(
    stage: Stage,
) -> None:
    budget_usd = 0.004
    async with stage(model=quoting, budget__day_usd=str(budget_usd), **PRICED) as scene:
        people = [scene.workspace.join(name) for name in ("ann", "bob", "cleo", "dan")]
        first = await scene.answer(people[0].say(people[0].dm, HOW_LONG))
        assert "16 weeks" in shown(first)
        assert USED_UP not in shown(first)
        asked = [person.say(person.dm, HOW_LONG) for person in people * 5]
        answers = await asyncio.gather(*(scene.answer(each) for each in asked))
        assert all("16 weeks" in shown(answer) for answer in answers)
        said_so = sum(USED_UP in shown(answer) for answer in answers)
        assert 0 < said_so < len(answers)
        total = await spent_today(scene)
        assert 0 < total.spent_usd <= budget_usd
        assert total.held_usd == 0
        assert total.refused == said_so


async def test_who_asks_too_often_is_told_once_when_to_try_again(stage: Stage) -> None:
    async with stage(limits__person="2") as scene:
        ann, bob = scene.workspace.join("ann"), scene.workspace.join("bob")
        general = scene.workspace.public("general", ann, bob)
        for _ in range(2):
            await scene.answer(ann.say(ann.dm, HOW_LONG))
        refused = ann.say(ann.dm, HOW_LONG)
        told = await scene.answer(refused)
        assert "more in a short time than I may answer. Please try again in" in shown(told)
        silent = ann.mention(general, HOW_LONG)
        await scene.idle()
        assert scene.replies(silent) == []
        thanks = await scene.answer(ann.say(ann.dm, "thank you!"))
        assert "You are welcome" in shown(thanks)
        assert "16 weeks" in shown(await scene.answer(bob.mention(general, HOW_LONG)))
        ann.edit(refused, "What is the guest wifi called?")
        await scene.workspace.settled()
        await scene.idle()
        [still] = scene.replies(refused)
        assert "Please try again in" in shown(still)


async def test_admins_hear_of_each_level_once(stage: Stage) -> None:
    async with stage(started=False, model=quoting, budget__day_usd="0.004", **PRICED) as scene:
        olga = scene.workspace.join("olga", Kind.ADMIN)
        admins = scene.workspace.public("admins", olga)
        scene.environment["DESKHAND_REVIEW__ADMIN_CHANNEL"] = admins.id
        await scene.start()

        async def look(said: int) -> list[str]:
            """What the admins have heard, once that is so much and nothing is left to be said."""
            for _ in range(2):  # as a second bot does
                await scene.bot.spending.look(admins.id)
            await scene.workspace.until(lambda: len(scene.said(admins)) >= said)
            announcements, tenant = scene.bot.engine.announcements, scene.settings.tenant
            assert await announcements.claim(tenant, at=datetime.now(UTC), lease_s=1) is None
            return [message.text for message in scene.said(admins)]

        assert await look(0) == []
        await spend(scene, 0.0021)
        [half] = await look(1)
        assert "The models have cost $0.0021 this day" in half
        assert "more than 50% of its budget of $0.0040" in half
        await spend(scene, 0.0019)
        [_, used_up] = await look(2)
        assert "is used up" in used_up
        assert "DESKHAND_BUDGET__DAY_USD" in used_up


async def test_an_admin_sees_what_the_models_cost_and_nobody_else_does(stage: Stage) -> None:
    async with stage(model=quoting, **PRICED) as scene:
        olga, ann = scene.workspace.join("olga", Kind.ADMIN), scene.workspace.join("ann")
        guest = scene.workspace.join("gus", Kind.GUEST)
        await scene.answer(ann.say(ann.dm, HOW_LONG))
        said = str((await olga.command(olga.dm, "/deskhand budget")).ack)
        assert "*Today*: $0.00" in said
        assert "of $20.00 (0%)" in said
        assert "of $200.00" in said
        assert f"*Questions of one person this month, most first*: <@{ann.id}> $0.00" in said
        for person in (ann, guest):
            refused = str((await person.command(person.dm, "/deskhand budget")).ack)
            assert "Only admins" in refused
            assert "$" not in refused
        olga.open_home()
        await scene.workspace.until(lambda: "Models cost today" in home_of(scene, olga))
        assert "Models cost in 7 days" in home_of(scene, olga)
        ann.open_home()
        await scene.workspace.until(lambda: "How to ask" in home_of(scene, ann))
        assert "Models cost" not in home_of(scene, ann)
