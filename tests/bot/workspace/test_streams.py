"""The streaming state machine, on a clock that stands still."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import LocalWorkspace, ManualClock
from bot.workspace.actor import Actor
from bot.workspace.channels import Channel
from bot.workspace.messages import Message
from tests.bot.workspace.test_web_api import error_of


class Scene:
    """A question in a channel, and calls about the stream that answers it."""

    def __init__(self, workspace: LocalWorkspace, client: AsyncWebClient) -> None:
        self.workspace, self.client = workspace, client
        self.alice: Actor = workspace.join("alice")
        self.general: Channel = workspace.public("general", self.alice)
        self.question: Message = self.alice.mention(self.general, "why?")
        self.ts = ""

    async def start(self, **more: Any) -> None:
        recipient = {
            "recipient_user_id": self.alice.id,
            "recipient_team_id": self.workspace.world.team_id,
        }
        got = await self.client.chat_startStream(
            channel=self.general.id, thread_ts=self.question.ts, **(recipient | more)
        )
        self.ts = got["ts"]

    async def append(self, text: str = "", **more: Any) -> None:
        given = {"markdown_text": text} if text else {}
        await self.client.chat_appendStream(channel=self.general.id, ts=self.ts, **(given | more))

    async def stop(self, **more: Any) -> None:
        await self.client.chat_stopStream(channel=self.general.id, ts=self.ts, **more)

    async def error(self, call: Any) -> str:
        return str((await error_of(call))["error"])

    @property
    def session(self) -> str:
        return self.workspace.session_status(self.general, self.question.ts)


@pytest.fixture
def scene(still: LocalWorkspace, still_client: AsyncWebClient) -> Scene:
    return Scene(still, still_client)


async def test_a_stream_in_a_channel_needs_its_recipient(scene: Scene) -> None:
    no_user = scene.start(recipient_user_id=None)
    assert await scene.error(no_user) == "missing_recipient_user_id"
    no_team = scene.start(recipient_team_id=None)
    assert await scene.error(no_team) == "missing_recipient_team_id"
    assert scene.workspace.replies_by_app(scene.general, scene.question.ts) == []
    asked = scene.alice.say(scene.alice.dm, "in private")
    await scene.client.chat_startStream(channel=scene.alice.dm.id, thread_ts=asked.ts)


async def test_a_stream_grows_and_its_session_works_until_it_stops(scene: Scene) -> None:
    await scene.start(markdown_text="one ")
    assert scene.session == "processing"
    await scene.append("two")
    key = {"event_type": "answer", "event_payload": {"id": "1"}}
    await scene.stop(markdown_text=" three", metadata=key, blocks=[{"type": "divider"}])
    assert scene.session == "active"
    reply = scene.workspace.thread(scene.general, scene.question.ts)[1]
    assert reply.text == "one two three"
    assert [b["type"] for b in reply.blocks] == ["markdown", "divider"]
    assert reply.metadata == key
    assert await scene.error(scene.append("more")) == "message_not_in_streaming_state"
    assert await scene.error(scene.stop()) == "message_not_in_streaming_state"


async def test_a_stream_dies_after_five_minutes_even_while_it_is_active(
    scene: Scene, clock: ManualClock
) -> None:
    await scene.start()
    for _ in range(4):
        await clock.advance(70)
        await scene.append("x")
    await clock.advance(20)
    assert await scene.error(scene.append("y")) == "message_not_in_streaming_state"
    assert await scene.error(scene.stop()) == "message_not_in_streaming_state"
    await scene.client.chat_update(channel=scene.general.id, ts=scene.ts, text="saved")
    assert scene.workspace.thread(scene.general, scene.question.ts)[1].text == "saved"


async def test_a_running_stream_cannot_be_updated(scene: Scene) -> None:
    await scene.start(markdown_text="x")
    update = scene.client.chat_update(channel=scene.general.id, ts=scene.ts, text="y")
    assert await scene.error(update) == "streaming_state_conflict"


async def test_a_stream_has_a_cap_for_each_call_and_for_all_together(scene: Scene) -> None:
    await scene.start()
    assert await scene.error(scene.append("x" * 12_001)) == "msg_too_long"
    await scene.append("x" * 9_000)
    assert await scene.error(scene.append("x" * 3_001)) == "msg_too_long"
    await scene.append("x" * 3_000)
    assert len(scene.workspace.thread(scene.general, scene.question.ts)[1].text) == 12_000


async def test_the_stop_button_ends_the_stream_but_not_the_session(scene: Scene) -> None:
    await scene.start(markdown_text="x")
    assert scene.alice.stop(scene.general, scene.question.ts)
    event = scene.workspace.slack.events.sent[-1]["event"]
    assert event["type"] == "agent_session_stopped"
    assert event["streaming_message_ts"] == [scene.ts]
    assert scene.session == "processing"
    assert await scene.error(scene.append("y")) == "stopped_by_user"
    assert await scene.error(scene.stop()) == "message_not_in_streaming_state"
    await scene.client.chat_update(channel=scene.general.id, ts=scene.ts, text="stopped")


async def test_without_the_subscription_there_is_no_stop_button(scene: Scene) -> None:
    scene.workspace.app.events = ("message.channels",)
    await scene.start()
    assert not scene.alice.stop(scene.general, scene.question.ts)
    await scene.append("still going")


async def test_chunks_are_checked_and_details_add_up(scene: Scene) -> None:
    await scene.start(task_display_mode="plan")

    def task(**more: Any) -> dict[str, Any]:
        return {"type": "task_update", "id": "1", "title": "Search", "status": "pending"} | more

    async def refused(chunk: dict[str, Any]) -> str:
        return await scene.error(scene.append(chunks=[chunk]))

    assert await refused({"type": "song"}) == "invalid_chunks"
    assert await refused(task(title="x" * 257)) == "invalid_chunks"
    assert await refused(task(status="late")) == "invalid_chunks"
    assert await refused({"type": "blocks", "blocks": [{"type": "song"}]}) == "invalid_blocks"
    many = [task(id=str(number)) for number in range(51)]
    assert await scene.error(scene.append(chunks=many)) == "invalid_chunks"
    assert await scene.error(scene.append(chunks=[])) == "no_text"
    plan = {"type": "plan_update", "title": "Looking"}
    await scene.append(chunks=[plan, task(details="a")])
    await scene.append(chunks=[task(status="complete", details="b")])
    shown = scene.workspace.thread(scene.general, scene.question.ts)[1].blocks[0]
    assert (shown["type"], shown["title"]) == ("plan", "Looking")
    assert shown["tasks"][0]["details"] == "ab"
    assert shown["tasks"][0]["status"] == "complete"


async def test_a_deleted_stream_and_somebody_elses_message_take_nothing(scene: Scene) -> None:
    await scene.start()
    await scene.client.chat_delete(channel=scene.general.id, ts=scene.ts)
    assert await scene.error(scene.append("x")) == "message_not_found"
    scene.ts = scene.question.ts
    assert await scene.error(scene.append("x")) == "message_not_owned_by_app"


async def test_a_mention_that_two_appends_make_together_is_accounted_for(scene: Scene) -> None:
    await scene.start(markdown_text="<!chan")
    assert scene.workspace.pings() == []
    await scene.append("nel>")
    assert [p.kind for p in scene.workspace.pings()] == ["channel"]


async def test_a_status_clears_itself_after_two_minutes_and_with_a_reply(
    scene: Scene, clock: ManualClock
) -> None:
    async def think() -> None:
        await scene.client.assistant_threads_setStatus(
            channel_id=scene.general.id, thread_ts=scene.question.ts, status="is thinking"
        )

    await think()
    assert scene.workspace.status(scene.general, scene.question.ts) == "is thinking"
    await clock.advance(121)
    assert scene.workspace.status(scene.general, scene.question.ts) == ""
    await think()
    await scene.client.chat_postMessage(
        channel=scene.general.id, thread_ts=scene.question.ts, text="done"
    )
    assert scene.workspace.status(scene.general, scene.question.ts) == ""
