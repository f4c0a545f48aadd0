"""Every button, form and command has a right, and who lacks it changes nothing by forging one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.surfaces.handlers import ACTIONS, COMMANDS, VIEWS, Right
from bot.workspace import Kind
from bot.workspace.interactions import common, send_interaction
from engine.storage.columns import metadata
from tests.bot.app.conftest import HOW_LONG, Scene, Stage

pytestmark = pytest.mark.slow
TABLES = "cases case_events replies entries gaps channel_modes channel_mode_changes labels".split()
OWN_WORK = ("outdated", "tells_asker")
VERBS = (
    "claim approve edit answer reject snooze relabel release reassign more set form write".split()
)


async def state(scene: Scene) -> dict[str, list[Any]]:
    """What the tables hold, but for what the bot still has to write itself."""
    async with scene.bot.engine.database.read() as db:
        return {
            name: sorted(
                map(
                    repr,
                    await db.execute(
                        select(*(c for c in metadata.tables[name].c if c.name not in OWN_WORK))
                    ),
                )
            )
            for name in TABLES
        }


async def send(scene: Scene, person: Any, payload: dict[str, Any]) -> None:
    slack = person._slack
    await send_interaction(slack, {**common(slack, person.person), **payload})


async def test_who_lacks_the_right_changes_nothing_by_forging_any_request(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        asked = ann.say(ann.dm, HOW_LONG)
        await ann.click(await scene.answer(asked), "human")
        card = await scene.card(1)
        await scene.answer(asked, 2)
        await scene.idle()
        others = [
            workspace.join("mel"),
            workspace.join("gus", Kind.GUEST),
            workspace.join("oli", Kind.STRANGER),
        ]
        general = workspace.public("general", *others)
        values = {
            element["action_id"]: element.get("value", "")
            for block in card.blocks
            for element in block.get("elements", ())
            if isinstance(element, dict) and "action_id" in element
        }
        real = values["case:approve"]
        before = await state(scene)
        where = {"type": "message", "channel_id": card.channel, "message_ts": card.ts}
        for person in others:
            for name, right in ACTIONS.items():
                for verb in VERBS if right is not Right.ASKER else ("0",):
                    action_id = f"{name}:{verb}"
                    action = {
                        "type": "button",
                        "block_id": "b",
                        "action_id": action_id,
                        "value": values.get(action_id, real),
                    }
                    await send(
                        scene,
                        person,
                        {"type": "block_actions", "actions": [action], "container": where},
                    )
            for name in VIEWS:
                for verb in VERBS:
                    view = {
                        "type": "modal",
                        "callback_id": f"{name}:{verb}",
                        "private_metadata": general.id if name == "mode" else real,
                        "state": {"values": {"text": {"text": {"value": "Forged"}}}},
                    }
                    await send(scene, person, {"type": "view_submission", "view": view})
            for word, right in COMMANDS.items():
                if right is Right.ADMIN:
                    line = "channel set off" if word == "channel" else word
                    said = await person.command(general, f"/deskhand {line}")
                    assert "dmin" in str(said.ack), (word, person.person.kind)
        await scene.idle()
        assert await state(scene) == before
