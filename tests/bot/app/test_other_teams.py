"""Events in whose wrapper another workspace stands: Slack Connect, and others of an enterprise."""

from __future__ import annotations

from typing import Any

import pytest

from bot.workspace import Kind
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown

pytestmark = pytest.mark.slow

OTHER_TEAM = "T0OUTSIDE0"
ENTERPRISE = "E0LOCAL000"
HOURS = "When does the shop open?"


def wrapped_by_another_team(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, types: tuple[str, ...], **more: str
) -> None:
    """Has events of these types come as seen from another team."""
    events = scene.workspace.slack.events
    wrap = events.wrap

    def foreign(event: dict[str, Any], channel: Any) -> dict[str, Any]:
        outer = wrap(event, channel)
        return outer | {"team_id": OTHER_TEAM} | more if event["type"] in types else outer

    monkeypatch.setattr(events, "wrap", foreign)


@pytest.mark.parametrize(
    ("transport", "more"),
    [("socket", {}), ("http", {"enterprise_id": ENTERPRISE})],
    ids=["connect", "enterprise"],
)
@pytest.mark.parametrize(
    "types", [("message",), ("app_mention",), ("message", "app_mention")], ids="-".join
)
async def test_an_outsiders_question_is_kept_once_and_answered_as_an_outsiders(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    transport: str,
    more: dict[str, str],
    types: tuple[str, ...],
) -> None:
    async with stage(transport) as scene:
        workspace = scene.workspace
        ann, olga = workspace.join("ann"), workspace.join("olga", Kind.STRANGER)
        room = workspace.shared("with-others", ann, olga)
        await scene.learn({"hours.md": "# Opening hours\n\nThe shop opens at nine.\n"}, "public")
        wrapped_by_another_team(scene, monkeypatch, types, **more)
        public, internal = olga.mention(room, HOURS), olga.mention(room, HOW_LONG)
        assert "at nine" in (await scene.answer(public)).text
        await scene.answer(internal)
        direct = olga.say(olga.dm, HOW_LONG)
        await scene.answer(direct)
        olga.edit(public, f"<@{workspace.app.bot_user}> And {HOURS.lower()}")
        await scene.idle()
        await scene.stop()
        await scene.start()  # reads history, where they stand as well
        await scene.answer(olga.reply(public, f"<@{workspace.app.bot_user}> {HOW_LONG}"), 2)
        await scene.idle()
        assert [len(scene.replies(m)) for m in (public, internal, direct)] == [2, 1, 1]
        for channel in (room, olga.dm):
            assert not any("16 weeks" in shown(m) for m in scene.said(channel))
        rows = await scene.bot.engine.inbox.last_of_user(scene.settings.tenant, olga.id, 10)
        assert len(rows) == 4
