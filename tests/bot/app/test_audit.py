"""What admins and reviewers do in Slack is written down: who, what, and how it ended."""

from __future__ import annotations

from typing import Any

import pytest

from bot.workspace import Kind
from engine.storage.audit import AuditStore
from tests.bot.app.conftest import HOW_LONG, Scene, Stage
from tests.bot.app.test_desk import asked_for, more

pytestmark = pytest.mark.slow

SECRET = "It is sixteen weeks, says Rita."


async def deeds(scene: Scene) -> list[tuple[str, str, str, str]]:
    store = AuditStore(scene.bot.engine.database)
    rows = await store.rows(scene.settings.tenant, most=99)
    assert (await store.verify(scene.settings.tenant)).broken is None
    return [(row.who, row.action, row.object, str(row.outcome)) for row in rows]


async def case_of(scene: Scene, card: Any) -> str:
    case = await scene.bot.engine.cases.by_card(scene.settings.tenant, card.channel, card.ts)
    assert case is not None
    return case.id


async def test_buttons_forms_and_replies_of_reviewers_are_written_down_without_their_words(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, rita = scene.workspace, scene.reviewer
        ann, guest = workspace.join("ann"), workspace.join("gus", Kind.GUEST)
        workspace.invite(scene.escalations, guest)
        asked, card = await asked_for(scene, ann)
        assert await deeds(scene) == []  # an asker's own button is no such deed
        case = await case_of(scene, card)
        assert (await guest.click(card, "case:claim")).acked
        assert (await rita.click(card, "case:claim")).acked
        assert (await rita.click(card, "case:more", chosen=more("snooze", card))).acked
        assert (await rita.click(card, "case:answer")).acked
        form = workspace.modal(rita)
        assert form is not None
        assert (await rita.submit(form, {"reply": ""})).errors
        rita.reply(card, SECRET)
        await scene.answer(asked, 3)
        found = await deeds(scene)
        assert found == [
            (guest.id, "button case:claim", case, "refused"),
            (rita.id, "button case:claim", case, "accepted"),
            (rita.id, "button case:snooze", case, "accepted"),
            (rita.id, "button case:answer", case, "accepted"),
            (rita.id, "form case:answer", case, "refused"),
            (rita.id, "answer to case", case, "accepted"),
        ]
        assert SECRET not in str(found)


async def test_commands_of_admins_are_written_down_and_questions_are_not(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, admin = workspace.join("ann"), workspace.join("ada", Kind.ADMIN)
        general = workspace.public("general", ann, admin)
        for person, line in (
            (ann, "/deskhand channel set off"),
            (admin, "/deskhand channel set off"),
            (admin, "/deskhand channel the launch is secret"),
            (admin, "/deskhand budget"),
            (admin, "/deskhand budget for the secret launch?"),
            (ann, f"/deskhand ask {HOW_LONG}"),
        ):
            assert (await person.command(general, line)).acked
        assert await deeds(scene) == [
            (ann.id, "command channel set", general.id, "refused"),
            (admin.id, "command channel set", general.id, "accepted"),
            (admin.id, "command channel", general.id, "accepted"),
            (admin.id, "command budget", general.id, "accepted"),
        ]
