"""Messages whose calls fail in every way, and what readers see in the end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.answerer import Prepared
from bot.delivery.poster import Dropped, Place
from bot.delivery.recovery import InDoubt
from bot.delivery.streamed import remainder
from bot.slack_api import RateLimited, Refused, SlackApi
from bot.workspace import Fault
from engine.slack_settings import SlackSettings
from engine.stopwatch import Watch
from engine.storage.inbox import InboxItem
from engine.storage.replies import Kind, PartState, ReplyStore
from tests.bot.delivery.conftest import TENANT, Desk, body_of


@pytest.mark.parametrize("fault", [Fault.DROP_RESPONSE, Fault.SERVER_ERROR_AFTER])
async def test_a_post_whose_answer_was_lost_is_found_and_not_made_again(
    desk: Desk, fault: Fault
) -> None:
    desk.workspace.faults.add("chat.postMessage", fault)
    worker = desk.worker()
    said, item = await desk.ask()
    worker.wake()
    await desk.until_done(item, step_s=0)  # at once: no waiting where it is found
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.workspace.calls("chat.postMessage")) == 1
    assert await desk.ts_of(item) == [
        m.ts for m in desk.workspace.replies_by_app(desk.general, said.ts)
    ]


async def test_a_post_that_did_not_happen_is_made_again_once_that_is_certain(desk: Desk) -> None:
    desk.workspace.faults.add("chat.postMessage", Fault.SERVER_ERROR)
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    first, second = desk.workspace.calls("chat.postMessage")
    assert second.at - first.at >= desk.api.timeout_s
    assert len(desk.script.begun) == 1
    assert desk.script.recalled


async def test_every_part_of_a_long_answer_arrives_once_through_lost_answers(desk: Desk) -> None:
    async def act(item: InboxItem, watch: Watch) -> list[str]:
        return [f"part {n}" for n in range(6)]

    desk.script.act = act
    desk.workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE, times=None, chance=0.4)
    desk.workspace.faults.add("chat.postMessage", Fault.SERVER_ERROR, times=None, chance=0.4)
    desk.workspace.faults.add("conversations.replies", Fault.SERVER_ERROR, times=None, chance=0.3)
    desk.worker()
    asked = [await desk.ask(f"q{n}") for n in range(3)]
    await desk.until_done(*(item for _, item in asked), step_s=2)
    for said, _ in asked:
        assert sorted(desk.shown(said)) == [f"part {n}" for n in range(6)]


async def test_a_thread_of_several_pages_is_looked_through_to_its_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.recovery._PAGE", 3)
    said, item = await desk.ask()
    for number in range(10):
        desk.bob.reply(said, f"me too {number}")
    desk.workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE)
    desk.worker()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.workspace.calls("conversations.replies")) == 4


async def test_an_update_whose_answer_was_lost_is_made_again(desk: Desk) -> None:
    worker = desk.worker()
    said, item = await desk.ask("old")
    await desk.until_done(item)
    desk.workspace.faults.add("chat.update", Fault.SERVER_ERROR)
    await desk.edit(said, "new")
    worker.edited(item.id)
    await desk.until(lambda: len(desk.done) == 2, step_s=0.25)
    assert desk.shown(said) == ["Answer to new"]


async def test_a_post_left_by_a_crash_is_adopted_by_the_next_worker(desk: Desk) -> None:
    """The crash comes after Slack carried the post out and before its ts was stored."""
    said, item = await desk.ask()
    claimed = await desk.inbox.claim(TENANT, "dead", at=desk.now(), lease_s=2)
    assert claimed is not None
    answer = await desk.script.prepare(claimed, _ignore)
    await desk.inbox.answered(item.id, claimed.lease, 1, answer.trace_id)
    (part,) = await _plan(desk, claimed, answer)
    await desk.replies.mark_posting(part, at=desk.now(), lease=claimed.lease)
    key = {"event_type": "deskhand_reply", "event_payload": {"key": part.key}}
    await desk.api.call(
        "chat.postMessage",
        channel=said.channel,
        thread_ts=said.ts,
        metadata=key,
        **answer.messages[0],
    )
    await desk.clock.advance(3)
    desk.worker()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.workspace.calls("chat.postMessage")) == 1
    assert len(desk.script.begun) == 1


async def test_a_crash_before_the_post_loses_nothing(desk: Desk) -> None:
    said, item = await desk.ask()
    claimed = await desk.inbox.claim(TENANT, "dead", at=desk.now(), lease_s=2)
    assert claimed is not None
    answer = await desk.script.prepare(claimed, _ignore)
    await desk.inbox.answered(item.id, claimed.lease, 1, answer.trace_id)
    (part,) = await _plan(desk, claimed, answer)
    await desk.replies.mark_posting(part, at=desk.now(), lease=claimed.lease)
    await desk.clock.advance(3)
    desk.worker()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    # not before the dead worker's call can have arrived
    assert desk.workspace.calls("conversations.replies")


async def test_a_trace_that_is_gone_is_made_anew(desk: Desk) -> None:
    said, item = await desk.ask()
    claimed = await desk.inbox.claim(TENANT, "dead", at=desk.now(), lease_s=2)
    assert claimed is not None
    answer = await desk.script.prepare(claimed, _ignore)
    await desk.inbox.answered(item.id, claimed.lease, 1, answer.trace_id)
    desk.script.saved.clear()
    await desk.clock.advance(3)
    desk.worker()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.script.begun) == 2


async def test_a_post_that_arrives_late_after_all_is_removed_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack carries the first call out while the second is under way."""
    real = desk.api.call
    late: list[dict[str, Any]] = []

    async def call(method: str, **given: Any) -> dict[str, Any]:
        if method == "chat.postMessage":
            if not late:
                late.append(given)
                desk.workspace.faults.add("chat.postMessage", Fault.SERVER_ERROR)
            elif len(late) == 1:
                late.append(given)
                await real(method, **late[0])
        return await real(method, **given)

    monkeypatch.setattr(desk.api, "call", call)
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.workspace.calls("chat.delete")) == 1
    assert await desk.ts_of(item) == [
        m.ts for m in desk.workspace.replies_by_app(desk.general, said.ts)
    ]


async def test_a_429_gives_the_question_back_until_slack_wants_it(desk: Desk) -> None:
    desk.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=17)
    desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: desk.workspace.calls("chat.postMessage"), step_s=0.25)
    await desk.until_idle()
    stored = await desk.inbox.get(TENANT, item.id)
    assert stored is not None
    assert stored.attempts == 0
    assert stored.due_at >= desk.now() + timedelta(seconds=15)
    await desk.until_done(item)
    first, second = desk.workspace.calls("chat.postMessage")
    assert second.at - first.at >= 17
    assert desk.shown(said) == ["Answer to why?"]
    assert desk.workspace.calls("conversations.replies") == []  # nothing was in doubt


async def test_a_429_in_the_middle_of_a_long_answer_goes_on_where_it_was(desk: Desk) -> None:
    async def act(item: InboxItem, watch: Watch) -> list[str]:
        return ["one", "two", "three"]

    desk.script.act = act
    desk.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, after=1, seconds=5)
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert desk.shown(said) == ["one", "two", "three"]
    assert len(desk.workspace.calls("chat.postMessage")) == 4


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long"])
async def test_a_message_slack_does_not_take_arrives_as_plain_text(desk: Desk, code: str) -> None:
    desk.workspace.faults.add("chat.postMessage", Fault.REFUSED, code=code)
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    message = desk.workspace.replies_by_app(desk.general, said.ts)[0]
    assert (message.text, message.blocks) == ("Answer to why?", [])
    assert desk.done == [(item.id, "answered")]


async def test_delivering_the_same_again_does_nothing(desk: Desk) -> None:
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    calls = len(desk.workspace.calls())
    place = Place(channel=said.channel, thread_ts=said.ts)
    body = body_of("Answer to why?")
    (part,) = await worker.poster.deliver(item.id, 1, Kind.ANSWER, place, [body])
    assert part.state is PartState.POSTED
    assert len(desk.workspace.calls()) == calls


async def test_a_message_outside_a_thread_in_doubt_is_looked_for_in_its_channel(
    desk: Desk,
) -> None:
    worker = desk.worker(start=False)
    _, item = await desk.ask()
    place = Place(channel=desk.general.id, thread_ts=None)
    desk.workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE)
    (part,) = await worker.poster.deliver(item.id, 1, Kind.CARD, place, [body_of("a case")])
    cards = [m for m in desk.workspace.messages(desk.general) if m.text == "a case"]
    assert [m.ts for m in cards] == [part.ts]


async def test_withdrawing_removes_everything_also_what_is_gone_already(desk: Desk) -> None:
    worker = desk.worker(start=False)
    said, item = await desk.ask()
    place = Place(channel=said.channel, thread_ts=said.ts)
    parts = await worker.poster.deliver(
        item.id, 1, Kind.NOTICE, place, [body_of("a"), body_of("b")]
    )
    await desk.api.call("chat.delete", channel=said.channel, ts=parts[0].ts)
    await worker.poster.withdraw(item.id, Kind.NOTICE)
    assert desk.shown(said) == []
    await worker.poster.withdraw(item.id, Kind.NOTICE)
    assert len(desk.workspace.calls("chat.delete")) == 3


async def test_a_lost_lease_changes_nothing(desk: Desk) -> None:
    worker = desk.worker(start=False)
    said, item = await desk.ask()
    place = Place(channel=said.channel, thread_ts=said.ts)
    claimed = await desk.inbox.claim(TENANT, "x", at=desk.now(), lease_s=60)
    assert claimed is not None
    await desk.edit(said, "other")
    with pytest.raises(Dropped):
        await worker.poster.deliver(
            item.id, 1, Kind.ANSWER, place, [body_of("old")], lease=claimed.lease
        )
    assert desk.workspace.calls() == []


async def test_what_cannot_be_known_yet_says_when_it_can(desk: Desk) -> None:
    worker = desk.worker(start=False)
    said, item = await desk.ask()
    place = Place(channel=said.channel, thread_ts=said.ts)
    desk.workspace.faults.add("chat.postMessage", Fault.SERVER_ERROR)
    for limits in (1.0, 1.5):
        with pytest.raises(InDoubt) as doubt:
            await worker.poster.deliver(item.id, 1, Kind.NOTICE, place, [body_of("a")])
        assert doubt.value.due_at == desk.now() + timedelta(seconds=limits * desk.api.timeout_s)
    await desk.clock.advance(1.5 * desk.api.timeout_s)
    await worker.poster.deliver(item.id, 1, Kind.NOTICE, place, [body_of("a")])
    assert desk.shown(said) == ["a"]


async def test_what_the_database_noted_too_late_is_left_to_whoever_takes_it_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = desk.worker(start=False)
    said, item = await desk.ask()
    place = Place(channel=said.channel, thread_ts=said.ts)
    noted = ReplyStore.mark_posting

    async def late(self: ReplyStore, *given: Any, **more: Any) -> Any:
        found = await noted(self, *given, **more)
        await desk.clock.advance(0.6 * desk.api.timeout_s)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ReplyStore, "mark_posting", late)
        with pytest.raises(InDoubt) as doubt:
            await worker.poster.deliver(item.id, 1, Kind.NOTICE, place, [body_of("a")])
    assert desk.workspace.calls("chat.postMessage") == []
    await desk.clock.advance((doubt.value.due_at - desk.now()).total_seconds())
    await worker.poster.deliver(item.id, 1, Kind.NOTICE, place, [body_of("a")])
    assert desk.shown(said) == ["a"]


async def test_limits_and_refusals_reach_whoever_delivers(desk: Desk) -> None:
    worker = desk.worker(start=False)
    said, item = await desk.ask()
    place = Place(channel=said.channel, thread_ts=said.ts)
    desk.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=3)
    with pytest.raises(RateLimited):
        await worker.poster.deliver(item.id, 1, Kind.NOTICE, place, [body_of("a")])
    desk.workspace.faults.add("chat.postMessage", Fault.REFUSED, code="is_archived")
    with pytest.raises(Refused):
        await worker.poster.deliver(item.id, 1, Kind.NOTICE, place, [body_of("a")])
    (part,) = await desk.replies.of(TENANT, item.id)
    assert (part.state, part.attempted_at) == (PartState.PLANNED, None)


async def test_a_slow_slack_and_a_hasty_client_make_no_second_message(desk: Desk) -> None:
    hasty = SlackApi(desk.workspace.bot_token, url=desk.workspace.api_url, timeout_s=0.3)
    desk.settings = SlackSettings(lease_s=3600)
    desk.workspace.faults.add("chat.postMessage", Fault.SLOW, seconds=1000)
    worker = desk.worker(api=hasty)
    said, item = await desk.ask()
    worker.wake()
    await desk.until_done(item, step_s=0)
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.workspace.messages(desk.general)) == 2
    await desk.clock.advance(1000)
    await hasty.aclose()


async def test_a_message_that_was_edited_while_its_post_was_under_way_is_updated(
    desk: Desk,
) -> None:
    desk.workspace.faults.add("chat.postMessage", Fault.SLOW, seconds=30)
    worker = desk.worker()
    said, item = await desk.ask("old")
    await desk.until(lambda: desk.shown(said), step_s=0.25)  # there, but not yet answered
    await desk.edit(said, "new")
    worker.edited(item.id)
    await desk.until_done(item, step_s=1)
    await desk.until_idle(step_s=1)
    await desk.clock.advance(60)
    await desk.until(lambda: desk.workspace.calls("chat.postMessage"))
    assert desk.shown(said) == ["Answer to new"]


async def test_a_worker_that_is_told_to_stop_while_a_post_is_under_way_doubles_nothing(
    desk: Desk,
) -> None:
    desk.settings = SlackSettings(lease_s=3600, drain_s=1)
    desk.workspace.faults.add("chat.postMessage", Fault.SLOW, seconds=30)
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: desk.shown(said), step_s=0.25)
    stopping = asyncio.ensure_future(worker.stop())
    await desk.until(stopping.done, step_s=0.5)
    desk.worker()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]


@pytest.mark.parametrize(
    ("whole", "shown", "rest"),
    [
        ("one two", "", "one two"),
        ("one two", "one", " two"),
        ("one two", "one two", ""),
        ("one two", "other", None),
        ("one", "one two", None),
        ("x" * 10_000, "", None),
    ],
)
def test_a_stream_is_completed_where_it_shows_what_the_answer_begins_with(
    whole: str, shown: str, rest: str | None
) -> None:
    tail = {"type": "divider"}
    body = {"text": "one two", "stream": {"markdown": whole, "blocks": [tail]}}
    assert remainder(body, shown) == (None if rest is None else (rest, [tail]))
    assert remainder({"text": "one two", "blocks": []}, shown) is None


async def _ignore(_: object) -> None:
    return


async def _plan(desk: Desk, item: InboxItem, answer: Prepared) -> Any:
    planned = [(item.channel, item.root, dict(body)) for body in answer.messages]
    parts = await desk.replies.plan(
        TENANT, item.id, item.revision, Kind.ANSWER, planned, lease=item.lease
    )
    assert parts is not None
    return parts
