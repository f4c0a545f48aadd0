"""What nobody should send, and what people send without thinking: a clear outcome for each."""

from __future__ import annotations

import json
import time
from typing import Any

import aiohttp
import pytest

from bot.workspace import Fault, Kind
from bot.workspace.http_delivery import signature
from bot.workspace.posting import message_event, post
from engine.storage.inbox import State
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown

pytestmark = pytest.mark.slow


def event_of(scene: Scene, user: str, channel: Any, text: str, **more: Any) -> dict[str, Any]:
    """An event as Slack sends it, of a message that stands in the workspace."""
    workspace = scene.workspace
    message = post(workspace.slack, channel, workspace.world.people[user], text, emit=False)
    event = message_event(workspace.slack, channel, message) | more
    return {
        "token": workspace.app.verification_token,
        "team_id": workspace.world.team_id,
        "api_app_id": workspace.app.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": "Ev0SAME0001",
        "event_time": int(time.time()),
    }


async def deliver(scene: Scene, body: bytes, **headers: str) -> int:
    """The status of a signed request; headers go before the right ones."""
    stamp = headers.pop("stamp", str(int(time.time())))
    signed = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(scene.workspace.signing_secret, stamp, body),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    url = f"http://127.0.0.1:{scene.bot.port}/slack/events"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=signed) as response,
    ):
        return response.status


async def test_what_slack_did_not_sign_now_is_refused_and_not_kept(stage: Stage) -> None:
    async with stage("http") as scene:
        ann = scene.workspace.join("ann")
        body = json.dumps(event_of(scene, ann.id, ann.dm, HOW_LONG)).encode()
        assert await deliver(scene, body, X_Slack_Signature="v0=" + "0" * 64) == 401
        assert await deliver(scene, body, X_Slack_Signature="") == 401
        assert await deliver(scene, body, stamp=str(int(time.time()) - 301)) == 401
        assert await deliver(scene, body, stamp=str(int(time.time()) + 600)) == 401
        assert await deliver(scene, body, stamp="yesterday") == 401
        await scene.idle()
        assert scene.said(ann.dm) == []


async def test_a_request_that_is_replayed_is_answered_once(stage: Stage) -> None:
    async with stage("http") as scene:
        ann = scene.workspace.join("ann")
        body = json.dumps(event_of(scene, ann.id, ann.dm, HOW_LONG)).encode()
        stamp = str(int(time.time()))
        for _ in range(3):
            assert await deliver(scene, body, stamp=stamp) == 200
        await scene.workspace.until(lambda: scene.said(ann.dm))
        await scene.idle()
        assert await deliver(scene, body, stamp=stamp, X_Slack_Retry_Num="1") == 200
        await scene.idle()
        assert len(scene.said(ann.dm)) == 1


@pytest.mark.parametrize("kind", ["message", "app_mention"])
async def test_either_event_of_a_mention_alone_is_enough(stage: Stage, kind: str) -> None:
    """No key may be claimed by the event that is dropped."""
    async with stage("http") as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        text = f"<@{scene.workspace.app.bot_user}> {HOW_LONG}"
        told = event_of(scene, ann.id, general, text, type=kind)
        if kind == "app_mention":
            del told["event"]["channel_type"]
        assert await deliver(scene, json.dumps(told).encode()) == 200
        await scene.workspace.until(lambda: scene.said(general))
        other = "message" if kind == "app_mention" else "app_mention"
        told["event"]["type"], told["event_id"] = other, "Ev0OTHER0001"
        assert await deliver(scene, json.dumps(told).encode()) == 200
        await scene.idle()
        assert len(scene.said(general)) == 1


async def test_a_message_of_forty_thousand_characters_has_an_outcome(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        for text in ("lorem ipsum " * 3_300, "a" * 40_000, f"{HOW_LONG} " * 1_000, "<@" * 20_000):
            asked = ann.say(ann.dm, text)
            assert await scene.answer(asked, timeout_s=60)
            assert len(scene.replies(asked)) == 1


@pytest.mark.parametrize(
    "text", [":wave:", ":tada::tada: :+1::skin-tone-3:", "???", "...", "👋", "\u200b", "?"]
)
async def test_a_message_without_words_has_one_outcome(stage: Stage, text: str) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        for asked in (ann.say(ann.dm, text), ann.mention(general, text)):
            answer = await scene.answer(asked)
            assert "documents cover" not in answer.text
            assert len(scene.replies(asked)) == 1
        assert scene.said(scene.escalations) == []


async def test_only_a_mention_has_one_outcome(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        asked = ann.mention(general, "")
        answer = await scene.answer(asked)
        assert answer.text
        assert scene.said(scene.escalations) == []


async def test_bots_that_talk_to_the_bot_hear_nothing(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, robot = workspace.join("ann"), workspace.join("robot", Kind.BOT)
        general = workspace.public("general", ann, robot)
        robot.mention(general, HOW_LONG)
        asked = ann.mention(general, HOW_LONG)
        await scene.answer(asked)
        robot.reply(asked, "what do you mean by that?")
        robot.mention(general, "why?", thread_ts=asked.ts)
        workspace.actor(workspace.app.bot_user).mention(general, HOW_LONG)
        await scene.idle()
        assert len(scene.replies(asked)) == 1


async def test_a_channel_that_ends_before_the_answer_ends_the_question_too(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        for end in (workspace.archive, workspace.delete_channel):
            channel = workspace.public(f"room-{end.__name__}", ann)
            asked = ann.mention(channel, HOW_LONG)
            end(channel)
            await scene.idle()
            item = await scene.bot.engine.inbox.find(
                scene.settings.tenant, workspace.world.team_id, channel.id, asked.ts
            )
            assert item is not None
            assert item.state in (State.DONE, State.CANCELLED)
            assert scene.said(channel) == []
            assert len([r for r in caplog.records if item.id in r.getMessage()]) <= 2
        assert "16 weeks" in (await scene.answer(ann.say(ann.dm, HOW_LONG))).text


async def test_somebody_who_left_before_the_answer_holds_up_nobody(stage: Stage) -> None:
    async with stage(slack__workers="1") as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        asked, direct = ann.mention(general, HOW_LONG), ann.say(ann.dm, HOW_LONG)
        workspace.leave(ann)
        assert "16 weeks" in (await scene.answer(bob.say(bob.dm, HOW_LONG))).text
        await scene.idle()
        assert len(scene.replies(asked)) <= 1
        assert "16 weeks" not in str([shown(m) for m in scene.replies(direct)])


async def test_scopes_that_are_missing_leave_what_can_be_done(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        for method in (
            "conversations.replies",
            "assistant.threads.setStatus",
            "agents.sessions.rename",
            "chat.postEphemeral",
            "usergroups.list",
        ):
            workspace.faults.add(method, Fault.REFUSED, times=None, code="missing_scope")
        thread = ann.say(general, "some words")
        ann.mention(general, HOW_LONG, thread_ts=thread.ts)
        assert "16 weeks" in (await scene.answer(thread)).text
        assert "16 weeks" in (await scene.answer(ann.say(ann.dm, HOW_LONG))).text


async def test_revoked_tokens_are_said_once_and_make_no_loop(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(errors=True) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        await scene.answer(ann.say(ann.dm, HOW_LONG))
        workspace.revoke_tokens()
        ann.say(ann.dm, HOW_LONG)
        await workspace.settled()
        await workspace.until(lambda: "revoked" in scene.bot.readiness.why_not())
        before = len(workspace.calls())
        for _ in range(200):
            await workspace.clock.sleep(0.005)
        assert len(workspace.calls()) - before < 10
        said = [r for r in caplog.records if "revoked: install" in r.getMessage()]
        assert len(said) == 1


async def test_a_persons_own_token_that_is_revoked_is_not_the_bots(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        tokens = {"oauth": [ann.id], "bot": []}
        workspace.slack.events.emit({"type": "tokens_revoked", "tokens": tokens})
        await workspace.settled()
        assert scene.bot.readiness.why_not() == ""
