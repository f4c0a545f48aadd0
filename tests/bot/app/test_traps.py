"""What others fell into, each by its name: receiving and delivering, with the whole bot."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest

from bot.chaos.bot_process import BotProcess
from bot.workspace import Disconnect, Fault
from evals.model_server.models import quoting
from evals.model_server.reply import Received, Reply
from evals.model_server.server import ModelServer
from tests.bot.app.conftest import HOW_LONG, Stage, shown

pytestmark = pytest.mark.slow

WIFI = "What is the guest wifi called?"


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_database_that_takes_nothing_leaves_the_event_to_slack_which_sends_it_again(
    stage: Stage, transport: str
) -> None:
    """Nothing may go by the retry header: attempt one of the event was never kept."""
    async with stage(transport, errors=True) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        workspace.delivery.retry_delays_s = (0.0, 1.0, 2.0, 4.0)
        database = scene.settings.home / "deskhand.db"
        with closing(sqlite3.connect(database, timeout=30)) as other:
            other.execute("ALTER TABLE inbox RENAME TO inbox_away")
        asked = ann.say(ann.dm, HOW_LONG)
        await workspace.until(
            lambda: any(not a.answer.acked for a in workspace.attempts("message")), 20
        )
        with closing(sqlite3.connect(database, timeout=30)) as other:
            other.execute("ALTER TABLE inbox_away RENAME TO inbox")
        answer = await scene.answer(asked, timeout_s=60)
        assert "16 weeks" in answer.text
        assert len(scene.replies(asked)) == 1
        assert not workspace.delivery.lost


async def test_a_database_that_takes_it_late_makes_one_answer_of_both_deliveries(
    stage: Stage,
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        workspace.sockets.ack_within_s = 0.3
        with closing(sqlite3.connect(scene.settings.home / "deskhand.db", timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            asked = ann.say(ann.dm, HOW_LONG)
            await workspace.until(
                lambda: any(not a.answer.acked for a in workspace.attempts("message")), 20
            )
            other.rollback()
        await scene.answer(asked, timeout_s=60)
        assert len(scene.replies(asked)) == 1


async def test_a_question_that_was_acknowledged_outlives_a_kill(stage: Stage) -> None:
    """What only a listener holds is lost in a crash, as Bolt acknowledges before it runs one."""
    asked_model: list[str] = []

    def thinking(request: Received) -> Reply:
        asked_model.append("asked")
        return Reply(text=quoting(request).text, first_s=600.0)

    async with stage(started=False) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        async with ModelServer(thinking).serving() as url:
            environment = {
                **scene.environment,
                "DESKHAND_OPENAI__API_KEY": "sk-local-test",
                "DESKHAND_OPENAI__BASE_URL": url,
            }
            process = BotProcess(environment, log=scene.folder / "killed.log")
            await process.start()
            try:
                await workspace.until(lambda: workspace.sockets.sockets, 60)
                asked = [ann.say(ann.dm, HOW_LONG), ann.say(ann.dm, WIFI)]
                await workspace.settled()
                await workspace.until(lambda: asked_model, 60)
            finally:
                await process.kill()
        workspace.world.channels[ann.dm.id].messages.clear()  # history gives nothing back
        for message in asked:
            workspace.world.channels[ann.dm.id].messages[message.ts] = message
        await scene.start()
        for message in asked:
            await scene.answer(message, timeout_s=60)
            assert len(scene.replies(message)) == 1


async def test_slow_answers_never_hold_up_the_acknowledgement(stage: Stage) -> None:
    def thinking(request: Received) -> Reply:
        return Reply(text=quoting(request).text, first_s=3.5)

    async with stage(model=thinking, slack__workers="1") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        asked = [ann.say(ann.dm, HOW_LONG), ann.say(ann.dm, WIFI)]
        for message in asked:
            await scene.answer(message, timeout_s=60)
            assert len(scene.replies(message)) == 1
        assert {a.number for a in workspace.attempts("message")} == {0}


async def test_a_status_that_slack_refuses_costs_no_answer(stage: Stage) -> None:
    def thinking(request: Received) -> Reply:
        return Reply(text=quoting(request).text, first_s=1.0)

    async with stage(model=thinking, slack__stream_after_s="0.05") as scene:
        for fault in (Fault.REFUSED, Fault.SERVER_ERROR, Fault.RATE_LIMITED):
            for method in ("assistant.threads.setStatus", "agents.sessions.rename"):
                scene.workspace.faults.add(method, fault, times=3, seconds=60)
            ann = scene.workspace.join("ann")
            assert "16 weeks" in shown(await scene.answer(ann.say(ann.dm, HOW_LONG)))


async def test_an_auth_test_that_fails_for_a_while_drops_no_event(stage: Stage) -> None:
    async with stage() as scene:
        scene.workspace.faults.add("auth.test", Fault.SERVER_ERROR, times=None)
        ann = scene.workspace.join("ann")
        assert "16 weeks" in (await scene.answer(ann.say(ann.dm, HOW_LONG))).text


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_slacks_names_in_the_environment_are_not_picked_up_in_silence(
    stage: Stage, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(transport, started=False) as scene:
        for name in (
            "SLACK_BOT_TOKEN",
            "SLACK_SIGNING_SECRET",
            "SLACK_CLIENT_ID",
            "SLACK_CLIENT_SECRET",
            "SLACK_VERIFICATION_TOKEN",
        ):
            monkeypatch.setenv(name, "not-ours")
        await scene.start()
        ann = scene.workspace.join("ann")
        assert "16 weeks" in (await scene.answer(ann.say(ann.dm, HOW_LONG))).text


async def test_channels_are_known_by_id_and_may_be_renamed(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        answer = await scene.answer(asked)
        workspace.rename(general, "everybody")
        workspace.rename(scene.escalations, "people-who-know")
        assert (await ann.click(answer, "human")).acked
        card = await scene.card()
        scene.reviewer.reply(card, "Sixteen, says Rita.")
        await workspace.until(lambda: "says Rita" in shown(scene.replies(asked)[-1]), 20)
        ann.reply(asked, "and how do I apply?")
        await workspace.until(lambda: "L-12" in shown(scene.replies(asked)[-1]), 20)


async def test_duplicated_and_reordered_events_make_one_answer_each(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        workspace.faults.duplicate_events, workspace.faults.reorder_events = 1.0, 0.5
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        asked = [ann.mention(general, HOW_LONG), ann.mention(general, WIFI), ann.say(ann.dm, WIFI)]
        asked.append(ann.mention(general, HOW_LONG))
        for message in asked:
            await scene.answer(message)
            assert len(scene.replies(message)) == 1


async def test_a_mention_in_a_thread_that_is_followed_is_answered_once(stage: Stage) -> None:
    """As a mention and as a follow-up it is one question."""
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        asked = ann.mention(general, HOW_LONG)
        await scene.answer(asked)
        ann.mention(general, "how do I apply?", thread_ts=asked.ts)
        await scene.answer(asked, 2)
        assert len(scene.replies(asked)) == 2


async def test_a_connection_that_slack_takes_away_loses_no_question(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        for reason in (Disconnect.WARNING, Disconnect.REFRESH):
            await workspace.sockets.disconnect(reason)
            asked = ann.say(ann.dm, HOW_LONG)
            await scene.answer(asked, timeout_s=60)
            assert len(scene.replies(asked)) == 1


async def test_a_post_whose_answer_was_lost_is_not_repeated(stage: Stage) -> None:
    async with stage(slack__request_timeout_s="2") as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        for fault in (Fault.DROP_RESPONSE, Fault.SERVER_ERROR_AFTER, Fault.SERVER_ERROR):
            workspace.faults.add("chat.postMessage", fault)
            asked = ann.mention(general, HOW_LONG)
            await scene.answer(asked, timeout_s=60)
            assert len(scene.replies(asked)) == 1


async def test_stopping_ends_in_bounded_time_with_a_question_under_way(stage: Stage) -> None:
    def endless(request: Received) -> Reply:
        return Reply(text=quoting(request).text, first_s=600.0)

    async with stage(model=endless, slack__drain_s="0.2") as scene:
        ann = scene.workspace.join("ann")
        ann.say(ann.dm, HOW_LONG)
        await scene.workspace.until(lambda: scene.bot.worker.busy)
        async with asyncio.timeout(30):
            await scene.stop()
