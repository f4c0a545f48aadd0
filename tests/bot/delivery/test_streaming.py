"""Answers shown as they come, and what is left in Slack when that goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.delivery.answerer import NOT_MEANT, Prepared
from bot.delivery.stream_bucket import StreamBucket
from bot.workspace import Fault, ManualClock
from bot.workspace.messages import Message, Streaming
from engine.slack_settings import SlackSettings
from engine.stopwatch import Watch
from engine.storage.inbox import InboxItem, State
from engine.storage.replies import Kind, PartState
from engine.trace import Stage
from tests.bot.delivery.conftest import (
    TENANT,
    Desk,
    plain,
    prepared,
    sentence,
    stage,
)


class Slow:
    """Says its sentences one by one, each when told to, and then answers with all of them."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        self.told = 0
        self.cut_short = False
        self._go = asyncio.Semaphore(0)
        self.answer: Callable[[str], Prepared] = prepared

    def go(self, times: int = 1) -> None:
        for _ in range(times):
            self._go.release()

    async def __call__(self, item: InboxItem, watch: Watch) -> Prepared:
        try:
            await watch(stage(Stage.INTAKE))
            await watch(stage(Stage.RETRIEVAL))
            for said in self.sentences:
                await self._go.acquire()
                await watch(stage(Stage.GENERATION))
                await watch(sentence(said))
                self.told += 1
            await self._go.acquire()
        except asyncio.CancelledError:
            self.cut_short = True
            raise
        return self.answer("".join(self.sentences))


class Scene:
    """One question whose answer is slow."""

    def __init__(self, desk: Desk, *sentences: str) -> None:
        self.desk = desk
        self.act = Slow(*sentences)
        desk.script.act = self.act
        self.said: Message
        self.item: InboxItem

    async def ask(self, **more: Any) -> None:
        self.said, self.item = await self.desk.ask(**more)

    @property
    def replies(self) -> list[Message]:
        return self.desk.workspace.replies_by_app(self.said.channel, self.said.ts)

    async def streaming(self) -> Message:
        """The stream, once it has begun."""
        await self.desk.until(lambda: self.replies, step_s=0.2)
        return self.replies[-1]

    async def showing(self, text: str) -> None:
        await self.desk.until(lambda: self.replies and self.replies[-1].text == text, step_s=0.2)

    async def finish(self) -> None:
        self.act.go(len(self.act.sentences) + 1)
        await self.desk.until_done(self.item)


async def test_a_quick_answer_is_posted_whole_without_a_status(desk: Desk) -> None:
    worker = desk.worker()
    _, item = await desk.ask()
    worker.wake()
    await desk.until_done(item, step_s=0)
    assert [c.method for c in desk.workspace.calls()] == ["chat.postMessage"]


async def test_a_slow_answer_begins_with_a_status_and_is_streamed_sentence_by_sentence(
    desk: Desk,
) -> None:
    scene = Scene(desk, "One.", " Two.", " Three.")
    desk.worker()
    await scene.ask()
    await desk.until(lambda: desk.workspace.status(desk.general, scene.said.ts), step_s=0.1)
    assert scene.replies == []
    scene.act.go()
    message = await scene.streaming()
    assert message.streaming is Streaming.IN_PROGRESS
    await scene.showing("One.")
    scene.act.go()
    await scene.showing("One. Two.")
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One. Two. Three."]
    assert [b["type"] for b in message.blocks][-2:] == ["markdown", "actions"]
    assert message.metadata is not None
    assert message.metadata["event_payload"]["key"] == f"{scene.item.id}:answer:0"
    assert desk.workspace.calls("chat.update") == []  # nobody reads "edited"
    assert desk.workspace.calls("chat.postMessage") == []
    assert desk.workspace.session_status(desk.general, scene.said.ts) == "active"


async def test_the_stages_are_task_cards_that_all_end_as_complete(desk: Desk) -> None:
    scene = Scene(desk, "One.")
    desk.worker()
    await scene.ask()
    message = await scene.streaming()
    cards = [b for b in message.blocks if b["type"] == "task_card"]
    assert [(c["title"], c["status"]) for c in cards] == [("Stage retrieval", "in_progress")]
    await scene.finish()
    cards = [b for b in message.blocks if b["type"] == "task_card"]
    assert {c["status"] for c in cards} == {"complete"}


async def test_a_stream_may_begin_at_once(desk: Desk) -> None:
    desk.settings = SlackSettings(stream_after_s=0, lease_s=3600)
    scene = Scene(desk, "One.", " Two.")
    desk.worker()
    await scene.ask()
    await scene.streaming()
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One. Two."]
    assert desk.workspace.calls("assistant.threads.setStatus") == []


async def test_a_stream_in_a_direct_message_works(desk: Desk) -> None:
    scene = Scene(desk, "One.")
    desk.worker()
    await scene.ask(channel=desk.alice.dm)
    await scene.streaming()
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One."]


async def test_a_final_answer_that_differs_replaces_what_was_streamed(desk: Desk) -> None:
    scene = Scene(desk, "One.", " Two.")
    scene.act.answer = lambda _: prepared("Something else.", "And more.")
    desk.worker()
    await scene.ask()
    await scene.streaming()
    await scene.finish()
    assert [m.text for m in scene.replies] == ["Something else.", "And more."]
    assert desk.unfinished_streams() == []


async def test_without_the_recipients_slack_wants_the_answer_is_posted_whole(
    desk: Desk,
) -> None:
    scene = Scene(desk, "One.")
    desk.workspace.faults.add("chat.startStream", Fault.REFUSED, code="missing_recipient_user_id")
    desk.worker()
    await scene.ask()
    await desk.until(lambda: desk.workspace.calls("chat.startStream"), step_s=0.2)
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One."]
    assert len(desk.workspace.calls("chat.startStream")) == 1


async def test_what_turns_out_not_to_be_meant_for_the_bot_shows_nothing(desk: Desk) -> None:
    decided = asyncio.Event()

    async def act(item: InboxItem, watch: Watch) -> Prepared:
        await decided.wait()
        return Prepared(trace_id="", outcome=NOT_MEANT, messages=())

    desk.script.act = act
    worker = desk.worker()
    _, item = await desk.ask()
    await desk.until(lambda: worker.busy and desk.script.begun, step_s=0.2)
    for _ in range(20):
        await desk.clock.advance(0.3)
        await asyncio.sleep(0.01)
    decided.set()
    await desk.until_done(item)
    assert desk.workspace.calls() == []
    assert desk.done == [(item.id, "not_meant")]


async def test_a_status_that_fails_matters_to_nobody(desk: Desk) -> None:
    scene = Scene(desk, "One.")
    desk.workspace.faults.add(
        "assistant.threads.setStatus", Fault.REFUSED, code="channel_not_found"
    )
    desk.worker()
    await scene.ask()
    await scene.streaming()
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One."]


async def test_a_429_on_an_append_holds_the_text_back_and_loses_none(desk: Desk) -> None:
    scene = Scene(desk, "One.", " Two.", " Three.")
    desk.worker()
    await scene.ask()
    await scene.streaming()
    desk.workspace.faults.add("chat.appendStream", Fault.RATE_LIMITED, seconds=4)
    scene.act.go(3)
    await scene.showing("One. Two. Three.")
    first, second = [c.at for c in desk.workspace.calls("chat.appendStream")][:2]
    assert second - first >= 4
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One. Two. Three."]


async def test_a_429_on_a_start_is_tried_again_later(desk: Desk) -> None:
    scene = Scene(desk, "One.")
    desk.workspace.faults.add("chat.startStream", Fault.RATE_LIMITED, seconds=6)
    desk.worker()
    await scene.ask()
    await scene.streaming()
    first, second = [c.at for c in desk.workspace.calls("chat.startStream")]
    assert second - first >= 6
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One."]


async def test_only_so_many_streams_are_started_in_a_minute(desk: Desk) -> None:
    desk.settings = SlackSettings(workers=8, lease_s=3600)
    scene = Scene(desk, "One.")
    desk.worker(bucket=StreamBucket(per_minute=3, clock=desk.now))
    asked = [await desk.ask(f"q{n}") for n in range(5)]
    await desk.until(lambda: len(desk.workspace.calls("chat.startStream")) == 3, step_s=0.2)
    for _ in range(10):
        await desk.clock.advance(0.5)
        await asyncio.sleep(0.01)
    assert len(desk.workspace.calls("chat.startStream")) == 3
    scene.act.go(10)
    await desk.until_done(*(item for _, item in asked))
    assert [desk.shown(said) for said, _ in asked] == [["One."]] * 5


def test_the_bucket_counts_a_minute_and_heeds_slack() -> None:
    clock = ManualClock(0.0)
    from datetime import UTC, datetime

    bucket = StreamBucket(clock=lambda: datetime.fromtimestamp(clock.now(), UTC))
    assert [bucket.take() for _ in range(21)] == [True] * 20 + [False]
    clock._now = 59.0
    assert not bucket.take()
    clock._now = 60.0
    assert bucket.take()
    bucket.block(5)
    assert not bucket.take()
    clock._now = 65.0
    assert bucket.take()


@pytest.mark.parametrize("fault", [Fault.DROP_RESPONSE, Fault.SERVER_ERROR_AFTER])
async def test_a_start_whose_answer_was_lost_is_found_and_becomes_the_answer(
    desk: Desk, fault: Fault
) -> None:
    scene = Scene(desk, "One.")
    desk.workspace.faults.add("chat.startStream", fault)
    desk.worker()
    await scene.ask()
    await desk.until(lambda: desk.workspace.calls("chat.startStream"), step_s=0.2)
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One."]
    assert desk.unfinished_streams() == []
    assert desk.workspace.calls("chat.postMessage") == []


async def test_a_start_that_did_not_happen_is_waited_out_and_then_posted(desk: Desk) -> None:
    scene = Scene(desk, "One.")
    desk.workspace.faults.add("chat.startStream", Fault.SERVER_ERROR)
    desk.worker()
    await scene.ask()
    await desk.until(lambda: desk.workspace.calls("chat.startStream"), step_s=0.2)
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One."]


async def test_an_append_whose_answer_was_lost_repeats_no_sentence(desk: Desk) -> None:
    scene = Scene(desk, "One.", " Two.", " Three.")
    desk.worker()
    await scene.ask()
    await scene.streaming()
    desk.workspace.faults.add("chat.appendStream", Fault.DROP_RESPONSE)
    scene.act.go(1)
    await desk.until(lambda: desk.workspace.calls("chat.appendStream"), step_s=0.2)
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One. Two. Three."]


async def test_the_end_of_a_stream_whose_answer_was_lost_is_told_again(desk: Desk) -> None:
    scene = Scene(desk, "One.")
    desk.worker()
    await scene.ask()
    await scene.streaming()
    desk.workspace.faults.add("chat.stopStream", Fault.DROP_RESPONSE)
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One."]
    (part,) = await desk.replies.of(TENANT, scene.item.id)
    assert part.state is PartState.POSTED
    assert desk.unfinished_streams() == []


async def test_a_stream_left_by_a_crash_becomes_the_answer(desk: Desk) -> None:
    said, item = await desk.ask()
    part = await _begin_stream(desk, item)
    started = await _start(desk, item)
    await desk.replies.mark_streaming(part.id, started)
    await desk.clock.advance(3)
    desk.worker()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    assert await desk.ts_of(item) == [started]
    assert desk.unfinished_streams() == []


async def test_a_stream_whose_ts_a_crash_lost_becomes_the_answer(desk: Desk) -> None:
    """The crash comes after Slack started the stream and before its ts was stored."""
    said, item = await desk.ask()
    await _begin_stream(desk, item)
    started = await _start(desk, item)
    await desk.clock.advance(3)
    desk.worker()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    assert await desk.ts_of(item) == [started]
    assert desk.unfinished_streams() == []


async def test_a_stream_that_was_never_started_leaves_no_trace(desk: Desk) -> None:
    """Nor is a message of ours that is known taken for it."""
    said, first = await desk.ask("first")
    before = desk.worker()
    await desk.until_done(first)
    await before.stop()
    _, item = await desk.ask("second", under=said)
    await _begin_stream(desk, item)
    await desk.clock.advance(3)
    desk.worker()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to first", "Answer to second"]


async def test_an_edit_while_streaming_is_answered_in_the_same_message(desk: Desk) -> None:
    scene = Scene(desk, "One.", " Two.")
    worker = desk.worker()
    await scene.ask()
    message = await scene.streaming()
    desk.script.act = plain
    await desk.edit(scene.said, "new")
    worker.edited(scene.item.id)
    await desk.until_done(scene.item)
    assert scene.act.cut_short
    assert desk.shown(scene.said) == ["Answer to new"]
    assert await desk.ts_of(scene.item) == [message.ts]
    assert desk.unfinished_streams() == []


async def test_a_deletion_while_streaming_leaves_nothing(desk: Desk) -> None:
    scene = Scene(desk, "One.", " Two.")
    worker = desk.worker()
    await scene.ask()
    await scene.streaming()
    await desk.delete(scene.said)
    worker.cancelled(scene.item.id)
    await desk.until(lambda: not desk.shown(scene.said), step_s=0.2)
    await desk.until_idle()
    assert scene.act.cut_short
    assert desk.done == []
    assert await desk.state(scene.item) is State.CANCELLED


async def test_a_deletion_known_to_another_replica_stops_the_stream_too(desk: Desk) -> None:
    desk.settings = SlackSettings(lease_s=30)
    scene = Scene(desk, "One.", " Two.")
    desk.worker()
    await scene.ask()
    await scene.streaming()
    await desk.delete(scene.said)
    await desk.until(lambda: not desk.shown(scene.said), step_s=0.5)
    assert scene.act.cut_short


async def test_the_stop_button_keeps_what_was_shown_and_adds_a_line(desk: Desk) -> None:
    scene = Scene(desk, "One.", " Two.")
    worker = desk.worker()
    await scene.ask()
    await scene.streaming()
    scene.act.go()
    await scene.showing("One.")
    assert desk.alice.stop(desk.general, scene.said.ts)
    assert worker.stopped(desk.general.id, scene.said.ts, desk.alice.id)
    await desk.until_done(scene.item, step_s=0)
    assert scene.act.cut_short
    assert desk.shown(scene.said) == ["One.\n\n_Stopped._"]
    assert desk.done == [(scene.item.id, "stopped")]
    assert desk.workspace.session_status(desk.general, scene.said.ts) == "active"


async def test_a_stop_that_only_slack_tells_of_is_heeded(desk: Desk) -> None:
    """Another replica got the event; this one learns from `stopped_by_user`."""
    scene = Scene(desk, "One.", " Two.")
    desk.worker()
    await scene.ask()
    await scene.streaming()
    scene.act.go()
    await scene.showing("One.")
    desk.alice.stop(desk.general, scene.said.ts)
    scene.act.go()
    await desk.until_done(scene.item)
    assert scene.act.cut_short
    assert desk.shown(scene.said) == ["One.\n\n_Stopped._"]


async def test_a_stopped_answer_is_not_made_anew_where_slack_fails_on_the_line(
    desk: Desk,
) -> None:
    scene = Scene(desk, "One.", " Two.")
    worker = desk.worker()
    await scene.ask()
    await scene.streaming()
    scene.act.go()
    await scene.showing("One.")
    desk.alice.stop(desk.general, scene.said.ts)
    desk.workspace.faults.add("chat.update", Fault.SERVER_ERROR)
    assert worker.stopped(desk.general.id, scene.said.ts, desk.alice.id)
    await desk.until_done(scene.item, step_s=0)
    assert desk.done == [(scene.item.id, "stopped")]
    assert desk.shown(scene.said) == ["One."]
    assert len(desk.script.begun) == 1


async def test_a_fault_of_the_answerer_while_streaming_ends_in_one_message(desk: Desk) -> None:
    scene = Scene(desk, "One.")

    async def broken(item: InboxItem, watch: Watch) -> Prepared:
        await scene.act(item, watch)
        raise RuntimeError("no")

    desk.script.act = broken
    desk.worker()
    await scene.ask()
    await scene.streaming()
    scene.act.go(20)
    await desk.until_done(scene.item)
    assert desk.shown(scene.said) == [f"Sorry. A person has it. ({scene.item.id})"]
    assert desk.unfinished_streams() == []


async def test_a_watcher_that_fails_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(desk, "One.")

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("bot.delivery.streaming.LiveAnswer._open", broken)
    desk.worker()
    await scene.ask()
    await desk.until(lambda: desk.workspace.status(desk.general, scene.said.ts), step_s=0.2)
    await desk.clock.advance(3)
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One."]


async def _begin_stream(desk: Desk, item: InboxItem) -> Any:
    """As a worker does before it starts a stream, and dies."""
    claimed = await desk.inbox.claim(TENANT, "dead", at=desk.now(), lease_s=2)
    assert claimed is not None
    assert claimed.id == item.id
    planned = [(item.channel, item.root, {"streaming": True})]
    parts = await desk.replies.plan(TENANT, item.id, 1, Kind.ANSWER, planned, lease=claimed.lease)
    assert parts is not None
    part = await desk.replies.mark_posting(parts[0], at=desk.now(), lease=claimed.lease)
    assert part is not None
    return part


async def _start(desk: Desk, item: InboxItem) -> str:
    started = await desk.api.call(
        "chat.startStream",
        channel=item.channel,
        thread_ts=item.root,
        recipient_user_id=item.user,
        recipient_team_id=item.team,
        markdown_text="Half an ans",
    )
    return str(started["ts"])
