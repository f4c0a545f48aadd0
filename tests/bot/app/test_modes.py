"""What a channel's mode makes of what is said there, by the whole bot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.modes.record import COMPARE
from bot.names import SHORTCUT
from bot.workspace import Fault
from engine.storage.channel_modes import ChannelModeStore, Mode, Setting
from engine.storage.overview import OverviewStore
from engine.storage.timers import TimerStore
from engine.storage.verdicts import JudgedAnswer, VerdictStore
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown

pytestmark = pytest.mark.slow

TENANT = "default"
DAY = timedelta(days=1)


async def set_mode(scene: Scene, channel: Any, mode: Mode, target: float | None = None) -> None:
    await ChannelModeStore(scene.bot.engine.database).put(
        scene.settings.tenant,
        scene.bot.identity.team,
        channel.id,
        Setting(mode=mode, target_precision=target),
        by="U0ADMIN",
        at=datetime.now(UTC),
        evidence={},
    )


async def answers_of(scene: Scene, channel: Any) -> list[JudgedAnswer]:
    store = VerdictStore(scene.bot.engine.database)
    return list(await store.of_channel(scene.settings.tenant, scene.bot.identity.team, channel.id))


def posts(scene: Scene) -> list[Any]:
    """Every call that shows something to everybody in a channel."""
    seen = ("chat.postMessage", "chat.startStream", "assistant.threads.setStatus")
    return [call for method in seen for call in scene.workspace.calls(method)]


async def test_in_shadow_a_question_is_answered_for_nobody(stage: Stage) -> None:
    async with stage(slack__stream_after_s="0") as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        await set_mode(scene, general, Mode.SHADOW)
        asked = ann.say(general, HOW_LONG)
        ann.say(general, "Lunch was great today.")
        ann.reply(asked, "I mean for fathers, how many weeks is it?")
        await scene.idle()
        (answer,) = await answers_of(scene, general)
        assert (answer.mode, answer.outcome, answer.verdict) == (Mode.SHADOW, "answered", None)
        assert answer.confidence > 0.5
        assert posts(scene) == []
        assert scene.workspace.ephemerals(ann) == []
        item = await scene.bot.engine.inbox.get(TENANT, answer.question_id)
        assert item is not None
        assert item.outcome == "shadow"
        assert await scene.bot.engine.traces.get(TENANT, item.trace_id or "") is not None
        ended = await OverviewStore(scene.bot.engine.database).outcomes(TENANT, item.asked_at - DAY)
        assert ended == {}  # nobody was shown it
        timers = TimerStore(scene.bot.engine.database)
        due = await timers.armed(TENANT, COMPARE, answer.question_id)
        assert due is not None
        assert round((due - item.asked_at).total_seconds()) == 86_400


async def test_who_mentions_the_bot_in_shadow_is_told_that_it_listens(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        await set_mode(scene, general, Mode.SHADOW)
        ann.mention(general, HOW_LONG)
        await workspace.until(lambda: workspace.ephemerals(ann))
        await scene.idle()
        assert "only listen" in workspace.ephemerals(ann)[-1].text
        assert workspace.ephemerals(bob) == []
        assert posts(scene) == []
        assert len(await answers_of(scene, general)) == 1


async def test_edits_and_deletions_in_shadow_are_heeded(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        await set_mode(scene, general, Mode.SHADOW)
        first = ann.say(general, HOW_LONG)
        second = ann.say(general, "What is the name of the guest wifi?")
        await scene.idle()
        assert len(await answers_of(scene, general)) == 2
        ann.edit(first, "What is the password policy of the guest wifi?")
        ann.delete(second)
        await scene.idle()
        (answer,) = await answers_of(scene, general)
        assert answer.revision == 2
        assert posts(scene) == []


async def test_where_it_is_off_a_mention_gets_one_notice_and_nothing_is_answered(
    stage: Stage,
) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        await set_mode(scene, general, Mode.OFF)
        ann.say(general, HOW_LONG)
        asked = ann.mention(general, HOW_LONG)
        notice = await scene.answer(asked)
        assert "switched off" in notice.text
        assert "16 weeks" not in shown(notice)
        ann.reply(asked, "How many weeks is it for fathers?")
        await scene.idle()
        assert len(scene.said(general)) == 1
        assert await answers_of(scene, general) == []


async def test_a_thread_that_was_followed_is_told_once_that_it_is_off(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        assert "16 weeks" in shown(await scene.answer(asked))
        await set_mode(scene, general, Mode.OFF)
        ann.reply(asked, "And how do I apply for it?")
        assert "switched off" in (await scene.answer(asked, 2)).text
        ann.reply(asked, "What is the form called?")
        await scene.idle()
        assert len(scene.replies(asked)) == 2
        await ann.shortcut(SHORTCUT, asked)
        assert "switched off" in (await scene.answer(asked, 3)).text


async def test_in_draft_every_answer_goes_through_a_person(stage: Stage) -> None:
    async with stage(slack__stream_after_s="0") as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        await set_mode(scene, general, Mode.DRAFT)
        asked = ann.mention(general, HOW_LONG)
        told = await scene.answer(asked)
        assert "A person" in shown(told)
        card = await scene.card()
        assert "16 weeks" in shown(card)
        assert "Draft, not sent" in shown(card)
        assert "sees every answer" in shown(card)
        for call in posts(scene):
            if call.arguments.get("channel") == general.id:
                assert "16 weeks" not in str(call.arguments)
        assert "16 weeks" not in shown(told)
        case = await scene.bot.engine.cases.of_question(
            TENANT, (await answers_of(scene, general))[0].question_id
        )
        assert case is not None
        assert "draft_mode" in case.reasons
        (answer,) = await answers_of(scene, general)
        assert (answer.mode, answer.outcome) == (Mode.DRAFT, "answered")


async def test_in_auto_only_what_is_below_the_channels_threshold_goes_to_a_person(
    stage: Stage,
) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        lax, strict = scene.workspace.public("lax", ann), scene.workspace.public("strict", ann)
        await set_mode(scene, lax, Mode.AUTO, 0.5)
        await set_mode(scene, strict, Mode.AUTO, 0.9999)
        assert "16 weeks" in shown(await scene.answer(ann.mention(lax, HOW_LONG)))
        held = await scene.answer(ann.mention(strict, HOW_LONG))
        assert "16 weeks" not in shown(held)
        card = await scene.card()
        assert "16 weeks" in shown(card)


async def test_a_mode_that_is_set_while_an_answer_waits_to_be_posted_holds(stage: Stage) -> None:
    async with stage(slack__stream_after_s="60") as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        scene.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=1)
        asked = ann.mention(general, HOW_LONG)
        workspace = scene.workspace
        await workspace.until(lambda: workspace.calls("chat.postMessage"), 30)
        await set_mode(scene, general, Mode.DRAFT)
        told = await scene.answer(asked)
        assert "16 weeks" not in shown(told)
        assert "16 weeks" in shown(await scene.card())


async def test_a_direct_message_is_answered_whatever_a_channel_says(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        await set_mode(scene, ann.dm, Mode.OFF)
        assert "16 weeks" in shown(await scene.answer(ann.say(ann.dm, HOW_LONG)))
