"""`/deskhand channel`: who may, what it shows and sets, and who hears of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.workspace import Kind
from engine.storage.channel_modes import ChannelMode, ChannelModeStore, Mode, Setting
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown

pytestmark = pytest.mark.slow
FELL = Setting(mode=Mode.DRAFT)


async def mode_of(scene: Scene, channel: Any) -> ChannelMode | None:
    store = ChannelModeStore(scene.bot.engine.database)
    return await store.of(scene.settings.tenant, scene.bot.identity.team, channel.id)


async def with_admins(scene: Scene, **more: str) -> tuple[Any, Any]:
    """An admin, and their channel; starts the bot."""
    admin = scene.workspace.join("olga", Kind.ADMIN)
    admins = scene.workspace.public("admins", admin)
    scene.environment["DESKHAND_REVIEW__ADMIN_CHANNEL"] = admins.id
    scene.environment.update(more)
    await scene.start()
    return admin, admins


async def test_an_admin_sets_a_mode_and_the_admins_hear_of_it(stage: Stage) -> None:
    async with stage(started=False) as scene:
        admin, admins = await with_admins(scene)
        general = scene.workspace.public("general", admin)
        first = await admin.command(general, "/deskhand channel show")
        assert "Mode auto" in str(first.ack)
        assert "Nobody has set anything" in str(first.ack)
        done = await admin.command(general, "/deskhand channel set shadow precision 95%")
        assert "Mode shadow" in str(done.ack)
        assert "Target: 95%" in str(done.ack)
        row = await mode_of(scene, general)
        assert row is not None
        assert (row.mode, row.target_precision, row.set_by) == (Mode.SHADOW, 0.95, admin.id)
        await scene.workspace.until(lambda: scene.said(admins))
        assert "from auto to shadow" in shown(scene.said(admins)[0])
        again = await admin.command(general, "/deskhand channel set shadow")
        assert "so already" in str(again.ack)
        for line in (
            "set loud",
            "set shadow precision 2.5.1",
            "set auto precision 1",
            "set",
            "sing",
            "set auto 0.9",
        ):
            said = str((await admin.command(general, f"/deskhand channel {line}")).ack)
            assert "shadow" in said or "share" in said
        there = await admin.command(admin.dm, "/deskhand channel set off")
        assert "Type this in the channel" in str(there.ack)
        store = ChannelModeStore(scene.bot.engine.database)
        team = scene.bot.identity.team
        assert len(await store.changes(scene.settings.tenant, team, general.id)) == 1
        assert len(scene.said(admins)) == 1


async def test_who_is_no_admin_changes_nothing(stage: Stage) -> None:
    async with stage(started=False) as scene:
        admin, admins = await with_admins(scene)
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann, admin)
        for line in ("/deskhand channel", "/deskhand channel set off"):
            assert "Only admins" in str((await ann.command(general, line)).ack)
        await admin.command(general, "/deskhand channel")
        view = scene.workspace.modal(admin)
        admin.person.kind = Kind.MEMBER
        said = await admin.submit(view, {"mode": "off", "precision": "0.9"})
        assert "Only admins" in str(said.errors)
        assert await mode_of(scene, general) is None
        assert scene.said(admins) == []


async def test_the_form_sets_mode_precision_and_destination(stage: Stage) -> None:
    async with stage(started=False) as scene:
        admin, admins = await with_admins(scene)
        general = scene.workspace.public("general", admin)
        assert (await admin.command(general, "/deskhand channel")).acked
        view = scene.workspace.modal(admin)
        assert view is not None
        assert "Mode auto" in shown(view)
        wrong = await admin.submit(view, {"mode": "draft", "precision": "many"})
        assert "share" in str(wrong.errors)
        done = await admin.submit(view, {"mode": "draft", "precision": "0.97"})
        assert not done.errors
        row = await mode_of(scene, general)
        assert row is not None
        assert (row.mode, row.target_precision) == (Mode.DRAFT, 0.97)
        await scene.workspace.until(lambda: scene.said(admins))


async def test_without_people_there_is_no_draft(stage: Stage) -> None:
    async with stage(started=False, slack__escalation_channel="") as scene:
        admin, _ = await with_admins(scene)
        general = scene.workspace.public("general", admin)
        said = await admin.command(general, "/deskhand channel set draft")
        assert "no people are set up" in str(said.ack)
        assert await mode_of(scene, general) is None


async def test_what_the_policy_file_says_is_set_at_the_start_and_not_by_command(
    stage: Stage,
) -> None:
    async with stage(started=False) as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        path = scene.folder / "policy.toml"
        path.write_text(f'[channels.{general.id}]\nmode = "off"\n', encoding="utf-8")
        admin, admins = await with_admins(scene, DESKHAND_REVIEW__POLICY=str(path))
        asked = ann.mention(general, HOW_LONG)
        assert "switched off" in (await scene.answer(asked)).text
        for line in ("/deskhand channel", "/deskhand channel set auto"):
            assert "policy file" in str((await admin.command(general, line)).ack)
        await scene.workspace.until(lambda: scene.said(admins))
        assert "policy file" in shown(scene.said(admins)[0])
        await scene.stop()
        await scene.start()
        await scene.idle()
        assert len(scene.said(admins)) == 1
        row = await mode_of(scene, general)
        assert row is not None
        setting = scene.bot.modes.setting
        await setting.put(general.id, replace(FELL, routing=row.routing), by=None, evidence={})
        said = str((await admin.command(general, "/deskhand channel set shadow")).ack)
        assert "policy file" in said
        said = str((await admin.command(general, "/deskhand channel set off")).ack)
        assert "Mode off" in said
