"""Questions that were asked while the bot was down, or not connected."""

from __future__ import annotations

import asyncio

import pytest

from bot.workspace import Fault
from bot.workspace.delivery import Answer, Envelope
from evals.model_server.models import quoting
from evals.model_server.reply import Received, Reply
from tests.bot.app.conftest import HOW_LONG, Stage, shown

pytestmark = pytest.mark.slow

WIFI = "What is the guest wifi called?"
HOUR_S = 3600.0


async def test_what_was_asked_while_it_was_down_is_answered_once_after_the_start(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general, side = workspace.public("general", ann, bob), workspace.private("side", bob)
        before = ann.mention(general, WIFI)
        await scene.answer(before)
        direct = ann.say(ann.dm, WIFI)
        await scene.answer(direct)
        workspace.delivery.retry_delays_s = ()
        await scene.stop()

        asked = [
            ann.mention(general, HOW_LONG),
            bob.mention(side, HOW_LONG),
            ann.say(ann.dm, HOW_LONG),
            bob.say(bob.dm, WIFI),
        ]
        chatter = ann.say(general, "anybody for lunch?")
        thread = bob.say(general, "I have to plan something.")
        bob.mention(general, HOW_LONG, thread_ts=thread.ts)
        ann.reply(before, "and how many weeks is parental leave?")
        ann.reply(direct, "and how many weeks is parental leave?")
        ann.mention(general, HOW_LONG, thread_ts=thread.ts)
        await workspace.settled(30)
        assert workspace.delivery.lost

        await scene.start()
        for message in (*asked, thread):
            await scene.answer(message, timeout_s=40)
        await scene.answer(before, 2)
        await scene.answer(direct, 2)
        await scene.answer(thread, 2)
        for message in asked:
            assert len(scene.replies(message)) == 1
        assert "16 weeks" in scene.replies(before)[1].text
        assert [len(scene.replies(m)) for m in (before, direct, thread)] == [2, 2, 2]
        assert scene.replies(chatter) == []
        assert not workspace.pings()

        await scene.stop()
        await scene.start()
        ann.say(ann.dm, WIFI)
        await scene.idle()
        assert [len(scene.replies(m)) for m in (before, direct, thread)] == [2, 2, 2]
        assert [len(scene.replies(m)) for m in asked] == [1, 1, 1, 1]


async def test_an_old_question_is_answered_with_an_apology_and_a_very_old_one_is_left_alone(
    stage: Stage,
) -> None:
    async with stage(started=False) as scene:
        workspace = scene.workspace
        workspace.delivery.retry_delays_s = ()
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        scene.clock.offset_s = -30 * HOUR_S
        forgotten = [ann.mention(general, HOW_LONG), ann.say(ann.dm, HOW_LONG)]
        scene.clock.offset_s = -2 * HOUR_S
        late = [ann.mention(general, HOW_LONG), ann.say(ann.dm, WIFI)]
        ann.reply(forgotten[0], f"<@{workspace.app.bot_user}> {WIFI}")
        scene.clock.offset_s = 0.0
        fresh = ann.mention(general, HOW_LONG)
        await scene.start()
        for message in late:
            answer = await scene.answer(message)
            assert "Sorry for the wait: you asked this 2 hours ago" in answer.text
        assert "Sorry" not in (await scene.answer(fresh)).text
        await scene.idle()
        assert scene.replies(forgotten[1]) == []
        assert "16 weeks" not in str([m.text for m in scene.replies(forgotten[0])])


async def test_a_question_that_was_edited_while_the_bot_was_down_is_answered_in_its_new_form(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked, direct = ann.mention(general, WIFI), ann.say(ann.dm, WIFI)
        await scene.answer(asked)
        await scene.answer(direct)
        workspace.delivery.retry_delays_s = ()
        await scene.stop()
        ann.edit(asked, f"<@{workspace.app.bot_user}> {HOW_LONG}")
        ann.edit(direct, HOW_LONG)
        await workspace.settled(30)
        await scene.start()
        for message in (asked, direct):
            await workspace.until(lambda m=message: "16 weeks" in scene.replies(m)[0].text, 20)
        await scene.idle()
        assert [len(scene.replies(m)) for m in (asked, direct)] == [1, 1]


async def test_a_follow_up_that_was_edited_while_the_bot_was_down_is_answered_in_its_new_form(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace, clock = scene.workspace, scene.clock
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        clock.offset_s = -600.0
        asked = [ann.mention(general, WIFI), ann.say(ann.dm, WIFI)]
        for message in asked:
            await scene.answer(message)
        followed = [ann.reply(message, "When does its password change?") for message in asked]
        for message in asked:
            await scene.answer(message, 2)
        clock.offset_s = -300.0
        talk = [ann.say(general, "Good morning, dear all"), ann.say(ann.dm, "thanks")]
        await scene.idle()
        await scene.stop()
        await scene.start()
        conversations, team = scene.bot.engine.conversations, workspace.world.team_id
        async with asyncio.timeout(20):
            for message in talk:
                where, ts = message.channel, message.ts
                while (await conversations.read_through("default", team)).get(where, "") < ts:  # noqa: ASYNC110 - polls rows
                    await asyncio.sleep(0.02)
        workspace.delivery.retry_delays_s = ()
        await scene.stop()
        clock.offset_s = 0.0
        for message in followed:
            ann.edit(message, HOW_LONG)
        await workspace.settled(30)
        await scene.start()
        for message in asked:
            await workspace.until(lambda m=message: "16 weeks" in scene.replies(m)[1].text, 20)
        await scene.idle()
        assert [len(scene.replies(m)) for m in asked] == [2, 2]


async def test_a_question_that_was_deleted_while_the_bot_was_down_is_not_answered(
    stage: Stage,
) -> None:
    def thinking(request: Received) -> Reply:
        return Reply(text=quoting(request).text, first_s=5.0)

    async with stage(model=thinking, slack__drain_s="0", slack__stream_after_s="60") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked, direct = ann.mention(general, HOW_LONG), ann.say(ann.dm, HOW_LONG)
        await workspace.settled()
        workspace.delivery.retry_delays_s = ()
        await scene.stop()
        ann.delete(asked)
        ann.delete(direct)
        await workspace.settled(30)
        await scene.start()
        await scene.idle()
        assert scene.said(general) == []
        assert scene.said(ann.dm) == []


async def test_what_was_asked_while_no_connection_stood_is_answered(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        workspace.delivery.retry_delays_s = ()
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        workspace.faults.add("apps.connections.open", Fault.SERVER_ERROR, times=4)
        for socket in list(workspace.sockets.sockets):
            socket.cut()
        await workspace.until(lambda: not workspace.sockets.sockets)
        asked = ann.mention(general, HOW_LONG)
        answer = await scene.answer(asked, timeout_s=60)
        assert "16 weeks" in answer.text
        assert len(scene.replies(asked)) == 1


async def test_a_channel_whose_history_is_refused_does_not_hold_up_the_others(
    stage: Stage,
) -> None:
    async with stage(started=False) as scene:
        workspace = scene.workspace
        workspace.delivery.retry_delays_s = ()
        ann = workspace.join("ann")
        channels = [workspace.public(f"room{n}", ann) for n in range(3)]
        asked = [ann.mention(channel, HOW_LONG) for channel in channels]
        await workspace.settled(30)
        workspace.faults.add("conversations.history", Fault.REFUSED, times=1, code="missing_scope")
        await scene.start()
        await workspace.until(lambda: sum(bool(scene.replies(m)) for m in asked) >= 2, 20)
        await scene.idle()
        assert all("16 weeks" in shown(r) for m in asked for r in scene.replies(m))


async def test_a_start_without_slack_waits_for_it(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        workspace.delivery.retry_delays_s = ()
        ann = workspace.join("ann")
        await scene.stop()
        asked = ann.say(ann.dm, HOW_LONG)
        await workspace.settled(30)
        for method in ("apps.connections.open", "users.conversations", "conversations.history"):
            workspace.faults.add(method, Fault.SERVER_ERROR, times=2)
        await scene.start()
        assert "16 weeks" in (await scene.answer(asked, timeout_s=40)).text


class Unreachable:
    """What Slack meets where a load balancer or a name leads nowhere."""

    async def send(self, envelope: Envelope, attempt: int, reason: str) -> Answer:
        return Answer(acked=False, reason="connection_failed")


async def test_an_event_that_came_at_slacks_second_try_has_the_lost_ones_before_it_read(
    stage: Stage,
) -> None:
    async with stage("http") as scene:
        workspace, delivery = scene.workspace, scene.workspace.delivery
        ann, bob, eve = (workspace.join(name) for name in ("ann", "bob", "eve"))
        general = workspace.public("general", ann, bob, eve)
        before = ann.mention(general, WIFI)
        await scene.answer(before)
        reached, delivery.transport = delivery.transport, Unreachable()
        delivery.retry_delays_s = ()
        lost = [
            ann.mention(general, HOW_LONG),
            bob.say(bob.dm, HOW_LONG),
            ann.reply(before, "and how many weeks is parental leave?"),
        ]
        await workspace.settled()
        assert len(delivery.lost) >= 3
        delivery.retry_delays_s, tried = (1.5,), len(delivery.attempts)
        late = [eve.mention(general, WIFI), eve.say(general, "anybody for lunch?")]
        await workspace.until(lambda: len(delivery.attempts) >= tried + 3)
        delivery.transport = reached
        for message in (*lost[:2], late[0]):
            await scene.answer(message)
        await scene.answer(before, 2)
        assert [len(scene.replies(m)) for m in (*lost[:2], late[0])] == [1, 1, 1]
        assert scene.replies(late[1]) == []

        def reads() -> int:
            calls = workspace.calls("conversations.history")
            return sum(call.arguments["channel"] == general.id for call in calls)

        assert reads() <= 2  # at the start, and once for all that came late
        before_more = reads()
        retried = [a.envelope for a in delivery.attempts if a.number == 1]
        for envelope in retried * 3:
            assert (await delivery.once(envelope, 2, "http_timeout")).acked
        await asyncio.sleep(0.2)
        assert scene.bot.gaps._later is None
        assert reads() == before_more


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_what_slack_could_not_deliver_unnoticed_is_found_by_the_next_sweep(
    stage: Stage, transport: str
) -> None:
    async with stage(transport, slack__sweep_every_s="3") as scene:
        workspace, delivery = scene.workspace, scene.workspace.delivery
        ann = workspace.join("ann")
        general, quiet = workspace.public("general", ann), workspace.public("quiet", ann)
        before = [ann.mention(general, WIFI), ann.say(ann.dm, WIFI)]
        for message in before:
            await scene.answer(message)
        reached, delivery.transport = delivery.transport, Unreachable()
        delivery.retry_delays_s = ()
        lost = [ann.mention(general, HOW_LONG), ann.say(ann.dm, HOW_LONG)]
        await workspace.settled()
        assert delivery.lost
        delivery.transport = reached
        after = ann.mention(general, WIFI)  # live messages come above what is missing
        for message in (after, *lost):
            await scene.answer(message)

        def read() -> list[str]:
            return [c.arguments["channel"] for c in workspace.calls("conversations.history")]

        await workspace.until(lambda: read().count(general.id) >= 2, 30)
        await scene.idle()
        assert [len(scene.replies(m)) for m in (*before, after, *lost)] == [1] * 5
        assert read().count(quiet.id) <= 1  # at the start; nobody says anything there
