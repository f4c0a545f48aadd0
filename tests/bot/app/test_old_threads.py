"""What was said in threads whose root history does not reach back to, while nobody listened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.workspace import Fault
from bot.workspace.messages import Message
from engine.storage.schema import conversations
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown

pytestmark = pytest.mark.slow

WIFI = "What is the guest wifi called?"
WATER = "Nina from facilities waters them on Tuesdays."
LONG_AGO_S = 2 * 3600.0
REACHES_BACK_S = "3600"


async def restart(scene: Scene) -> None:
    """Starts again, with history that ends above what was written long ago."""
    scene.environment["DESKHAND_SLACK__FORGOTTEN_AFTER_S"] = REACHES_BACK_S
    scene.clock.offset_s = 0.0
    await scene.stop()
    await scene.start()


async def lost(scene: Scene, say: Callable[[], Message], *, stopped: bool) -> None:
    """Something is said while the bot is down or has no connection, and never delivered."""
    workspace = scene.workspace
    workspace.delivery.retry_delays_s = ()
    if stopped:
        await scene.stop()
    else:
        workspace.faults.add("apps.connections.open", Fault.SERVER_ERROR, times=None)
        for socket in list(workspace.sockets.sockets):
            socket.cut()
        await workspace.until(lambda: not workspace.sockets.sockets)
    ts = say().ts
    await workspace.until(
        lambda: ts in [e.payload["event"].get("ts") for e in workspace.delivery.lost], 30
    )
    workspace.faults.clear()
    if stopped:
        await scene.start()


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "disconnected"])
async def test_a_reply_in_an_old_direct_message_thread_is_answered_once(
    stage: Stage, stopped: bool
) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        scene.clock.offset_s = -LONG_AGO_S
        asked = ann.say(ann.dm, WIFI)
        await scene.answer(asked)
        await restart(scene)
        ann.say(ann.dm, "Good morning!")  # seen, long after the root
        await scene.idle()
        await lost(scene, lambda: ann.reply(asked, HOW_LONG), stopped=stopped)
        assert "16 weeks" in (await scene.answer(asked, 2, timeout_s=30)).text
        await restart(scene)
        ann.say(ann.dm, WIFI)
        await scene.idle()
        assert len(scene.replies(asked)) == 2


async def test_of_many_old_threads_only_those_with_news_are_read(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        scene.clock.offset_s = -LONG_AGO_S
        asked = [ann.say(ann.dm, WIFI) for _ in range(8)]
        for message in asked:
            await scene.answer(message)
        database = scene.bot.engine.database
        long_ago = datetime.now(UTC) - timedelta(seconds=LONG_AGO_S)
        async with database.write() as db:
            await db.execute(update(conversations).values(active_at=long_ago))
        await restart(scene)
        ann.say(ann.dm, "Good morning!")
        await scene.idle()
        before = len(scene.workspace.calls("conversations.replies"))
        await lost(scene, lambda: ann.reply(asked[3], HOW_LONG), stopped=True)
        assert "16 weeks" in (await scene.answer(asked[3], 2, timeout_s=30)).text
        calls = scene.workspace.calls("conversations.replies")[before:]
        assert {call.arguments["ts"] for call in calls} & {m.ts for m in asked} == {asked[3].ts}


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "disconnected"])
async def test_a_persons_reply_under_an_old_card_reaches_the_asker_once(
    stage: Stage, stopped: bool
) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        scene.clock.offset_s = -LONG_AGO_S
        asked = ann.mention(general, HOW_LONG)
        assert (await ann.click(await scene.answer(asked), "human")).acked
        card = await scene.card()
        await scene.answer(asked, 2)
        await restart(scene)
        scene.reviewer.say(scene.escalations, "Good morning!")
        await scene.idle()
        await lost(scene, lambda: scene.reviewer.reply(card, WATER), stopped=stopped)
        assert WATER in shown(await scene.answer(asked, 3, timeout_s=30))
        await restart(scene)
        scene.reviewer.say(scene.escalations, "Good evening!")
        await scene.idle()
        assert len(scene.replies(asked)) == 3


async def test_a_thread_in_which_follow_ups_go_on_stays_among_those_looked_at(
    stage: Stage,
) -> None:
    """The mention that began it is longer ago than threads are looked at; our answers are not."""
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        scene.clock.offset_s = -LONG_AGO_S
        asked = ann.mention(general, WIFI)
        await scene.answer(asked)
        async with scene.bot.engine.database.write() as db:
            before = datetime.now(UTC) - timedelta(days=30)
            await db.execute(update(conversations).values(active_at=before))
        ann.reply(asked, "and how do I apply for parental leave?")
        await scene.answer(asked, 2)
        await restart(scene)
        await lost(
            scene, lambda: ann.reply(asked, "and how many weeks is parental leave?"), stopped=True
        )
        assert "16 weeks" in (await scene.answer(asked, 3, timeout_s=30)).text
