"""Questions on their way to their outcomes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.delivery.answerer import SHADOW, Prepared
from bot.slack_api import SlackApi, Unsure
from bot.workspace import Fault
from engine.slack_settings import SlackSettings
from engine.stopwatch import Watch
from engine.storage.inbox import InboxItem, State, Surface
from engine.storage.replies import Kind, PartState
from tests.bot.delivery.conftest import TENANT, Desk, plain, prepared


class Gate:
    """An act that waits to be let through."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.cut_short = 0

    async def __call__(self, item: InboxItem, watch: Watch) -> Prepared:
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cut_short += 1
            raise
        return await plain(item, watch)


async def test_a_question_is_answered_in_its_thread_and_done(desk: Desk) -> None:
    worker = desk.worker()
    said, item = await desk.ask()
    worker.wake()
    await desk.until_done(item, step_s=0)
    assert desk.shown(said) == ["Answer to why?"]
    assert desk.done == [(item.id, "answered")]
    stored = await desk.inbox.get(TENANT, item.id)
    assert stored is not None
    assert (stored.state, stored.outcome) == (State.DONE, "answered")
    assert stored.trace_id in desk.script.saved
    message = desk.workspace.replies_by_app(desk.general, said.ts)[0]
    (part,) = await desk.replies.of(TENANT, item.id)
    assert (part.state, part.ts) == (PartState.POSTED, message.ts)
    assert message.metadata == {
        "event_type": "deskhand_reply",
        "event_payload": {"key": f"{item.id}:answer:0"},
    }
    assert not message.unfurl
    assert [c.method for c in desk.workspace.calls()] == ["chat.postMessage"]


async def test_a_worker_finds_what_is_due_without_being_woken(desk: Desk) -> None:
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert len(desk.shown(said)) == 1


async def test_a_long_answer_stands_in_order(desk: Desk) -> None:
    async def act(item: InboxItem, watch: Watch) -> list[str]:
        return ["one", "two", "three"]

    desk.script.act = act
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert desk.shown(said) == ["one", "two", "three"]


async def test_as_many_questions_as_there_are_places_are_worked_on_at_a_time(desk: Desk) -> None:
    desk.settings = SlackSettings(workers=2, lease_s=3600)
    desk.script.act = gate = Gate()
    worker = desk.worker()
    items = [(await desk.ask(f"q{n}"))[1] for n in range(4)]
    await desk.until(lambda: worker.busy == 2, step_s=0.25)
    for _ in range(10):
        await desk.clock.advance(1)
        await asyncio.sleep(0.01)
    assert len(desk.script.begun) == 2
    gate.open.set()
    await desk.until_done(*items)


async def test_questions_of_one_conversation_are_answered_one_after_the_other(
    desk: Desk,
) -> None:
    desk.script.act = gate = Gate()
    worker = desk.worker()
    said, first = await desk.ask("first")
    _, second = await desk.ask("second", under=said)
    await desk.until(lambda: worker.busy == 1 and desk.script.begun, step_s=0.25)
    for _ in range(10):
        await desk.clock.advance(1)
        await asyncio.sleep(0.01)
    assert [i.id for i in desk.script.begun] == [first.id]
    gate.open.set()
    await desk.until_done(first, second)
    assert desk.shown(said) == ["Answer to first", "Answer to second"]


async def test_an_edit_is_answered_anew_in_place(desk: Desk) -> None:
    worker = desk.worker()
    said, item = await desk.ask("old")
    await desk.until_done(item)
    before = await desk.ts_of(item)
    assert await desk.edit(said, "new")
    worker.edited(item.id)
    await desk.until(lambda: len(desk.done) == 2, step_s=0.25)
    assert desk.shown(said) == ["Answer to new"]
    assert await desk.ts_of(item) == before


async def test_an_edit_to_a_shorter_answer_removes_what_is_left_over(desk: Desk) -> None:
    async def act(item: InboxItem, watch: Watch) -> list[str]:
        return [f"{item.text} {n}" for n in range(3 if item.revision == 1 else 1)]

    desk.script.act = act
    worker = desk.worker()
    said, item = await desk.ask("q")
    await desk.until_done(item)
    await desk.edit(said, "r")
    worker.edited(item.id)
    await desk.until(lambda: len(desk.done) == 2, step_s=0.25)
    assert desk.shown(said) == ["r 0"]


async def test_an_answer_that_somebody_removed_is_said_anew_after_an_edit(desk: Desk) -> None:
    worker = desk.worker()
    said, item = await desk.ask("q")
    await desk.until_done(item)
    (ts,) = await desk.ts_of(item)
    await desk.api.call("chat.delete", channel=said.channel, ts=ts)
    await desk.edit(said, "r")
    worker.edited(item.id)
    await desk.until(lambda: len(desk.done) == 2, step_s=0.25)
    assert desk.shown(said) == ["Answer to r"]


async def test_an_answer_without_a_message_is_a_fault() -> None:
    with pytest.raises(ValueError, match="visible"):
        prepared()


async def test_a_fault_of_the_answerer_is_tried_again_later(desk: Desk) -> None:
    async def act(item: InboxItem, watch: Watch) -> Prepared:
        if len(desk.script.begun) < 3:
            raise RuntimeError("a secret text")
        return await plain(item, watch)

    desk.script.act = act
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert [i.attempts for i in desk.script.begun] == [1, 2, 3]
    assert desk.shown(said) == ["Answer to why?"]


async def test_after_the_last_attempt_an_apology_is_posted_and_a_case_opened(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(item: InboxItem, watch: Watch) -> Prepared:
        raise RuntimeError("a secret text")

    desk.script.act = act
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert len(desk.script.begun) == desk.settings.attempts
    assert desk.shown(said) == [f"Sorry. A person has it. ({item.id})"]
    assert desk.done == [(item.id, "failed")]
    assert [(case, made.reasons) for case, made in desk.cases] == [(item.id, ("internal_error",))]
    assert "secret" not in caplog.text


async def test_what_nobody_waits_for_fails_without_a_word(desk: Desk) -> None:
    async def act(item: InboxItem, watch: Watch) -> Prepared:
        raise RuntimeError("broken")

    desk.script.act = act
    desk.worker()
    said, item = await desk.ask(surface=Surface.SHADOW)
    await desk.until_done(item)
    assert desk.shown(said) == []
    assert desk.done == [(item.id, "failed")]
    assert desk.cases == []


async def test_what_is_heard_in_shadow_may_not_be_shown(desk: Desk) -> None:
    with pytest.raises(ValueError, match="shown to nobody"):
        prepared("a word", outcome=SHADOW)
    with pytest.raises(ValueError, match="has a message"):
        prepared()
    desk.script.act = _shadow
    desk.worker()
    said, item = await desk.ask(surface=Surface.SHADOW)
    await desk.until_done(item)
    assert desk.shown(said) == []
    assert desk.done == [(item.id, SHADOW)]


async def _shadow(item: InboxItem, watch: Watch) -> Prepared:
    return prepared(outcome=SHADOW)


async def test_an_answer_that_never_comes_is_an_attempt_that_failed(desk: Desk) -> None:
    async def act(item: InboxItem, watch: Watch) -> Prepared:
        if len(desk.script.begun) == 1:
            await asyncio.Event().wait()
        return await plain(item, watch)

    desk.script.act = act
    desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: len(desk.script.begun) == 2, step_s=60.0)
    await desk.until_done(item)
    assert [i.attempts for i in desk.script.begun] == [1, 2]
    assert desk.shown(said) == ["Answer to why?"]


async def test_a_question_that_kills_its_workers_gets_an_apology(desk: Desk) -> None:
    said, item = await desk.ask()
    for _ in range(desk.settings.attempts):  # each claims it and is never heard of again
        claimed = await desk.inbox.claim(TENANT, "dead", at=desk.now(), lease_s=2)
        assert claimed is not None
        await desk.clock.advance(3)
    desk.worker()
    await desk.until_done(item)
    assert desk.script.begun == []
    assert desk.shown(said) == [f"Sorry. A person has it. ({item.id})"]


async def test_a_case_is_opened_after_the_answer_is_out(desk: Desk) -> None:
    seen: list[list[str]] = []

    async def act(item: InboxItem, watch: Watch) -> Prepared:
        return prepared("a person has it", outcome="escalated", opens_case=True)

    async def on_case(item: InboxItem, answer: Prepared) -> None:
        seen.append(desk.shown(said))

    desk.script.act = act
    desk.worker(on_case=on_case)
    said, item = await desk.ask()
    await desk.until_done(item)
    assert seen == [["a person has it"]]
    assert desk.done == [(item.id, "escalated")]


async def test_a_case_that_cannot_be_opened_is_tried_again_and_the_answer_stays_once(
    desk: Desk,
) -> None:
    tries = 0

    async def act(item: InboxItem, watch: Watch) -> Prepared:
        return prepared("a person has it", outcome="escalated", opens_case=True)

    async def on_case(item: InboxItem, answer: Prepared) -> None:
        nonlocal tries
        tries += 1
        raise RuntimeError("no")

    desk.script.act = act
    desk.worker(on_case=on_case)
    said, item = await desk.ask()
    await desk.until_done(item)
    assert tries == desk.settings.attempts
    assert len(desk.script.begun) == 1
    assert desk.shown(said) == ["a person has it"]
    assert desk.done == [(item.id, "escalated")]


async def test_a_fault_after_the_outcome_changes_nothing(desk: Desk) -> None:
    async def on_done(item: InboxItem, outcome: str) -> None:
        raise RuntimeError("no")

    desk.worker(on_done=on_done)
    said, item = await desk.ask()

    async def is_done() -> bool:
        return await desk.state(item) is State.DONE

    await desk.until(is_done, step_s=0.25)
    await desk.until_idle()
    assert desk.shown(said) == ["Answer to why?"]


@pytest.mark.parametrize(
    "code", ["channel_not_found", "is_archived", "not_in_channel", "restricted_action"]
)
async def test_what_can_be_posted_nowhere_is_ended(desk: Desk, code: str) -> None:
    desk.workspace.faults.add("chat.postMessage", Fault.REFUSED, code=code)
    desk.worker()
    _, item = await desk.ask()
    await desk.until_done(item)
    assert desk.done == [(item.id, "undeliverable")]
    assert len(desk.workspace.calls("chat.postMessage")) == 1


async def test_a_question_whose_thread_is_gone_is_cancelled(desk: Desk) -> None:
    desk.worker()
    said, item = await desk.ask()
    del desk.workspace.world.channels[said.channel].messages[said.ts]

    async def cancelled() -> bool:
        return await desk.state(item) is State.CANCELLED

    await desk.until(cancelled, step_s=0.25)
    assert desk.done == []


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "missing_scope"])
async def test_what_only_an_administrator_can_mend_costs_no_attempt(desk: Desk, code: str) -> None:
    desk.workspace.faults.add("*", Fault.REFUSED, times=5, code=code)
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item, step_s=2)
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.script.begun) == 1


async def test_a_message_that_slack_takes_in_no_form_ends_with_an_apology(desk: Desk) -> None:
    desk.workspace.faults.add("chat.postMessage", Fault.REFUSED, times=6, code="invalid_blocks")
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert desk.shown(said) == [f"Sorry. A person has it. ({item.id})"]


async def test_an_outage_of_slack_costs_no_attempt_however_long_it_lasts(desk: Desk) -> None:
    desk.workspace.faults.add("*", Fault.SERVER_ERROR, times=None)
    desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: len(desk.workspace.calls()) > 20, step_s=5)
    assert desk.shown(said) == []
    desk.workspace.faults.clear()
    await desk.until_done(item, step_s=5)
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.script.begun) == 1


async def test_a_message_slack_always_fails_on_ends_with_an_apology(desk: Desk) -> None:
    """Slack is there, so that it is no outage; the apology is another message."""
    real = desk.api.call

    async def call(method: str, **given: Any) -> dict[str, Any]:
        if method == "chat.postMessage" and given["text"] == "Answer to why?":
            raise Unsure(method, "HTTP 500")
        return await real(method, **given)

    api = SlackApi("", url="", timeout_s=5)
    api.call = call  # type: ignore[method-assign]
    desk.worker(api=api)
    said, item = await desk.ask()
    await desk.until_done(item, step_s=5)
    assert desk.shown(said) == [f"Sorry. A person has it. ({item.id})"]
    assert desk.clock.now() - float(said.ts) > 240  # not before a short outage would be over


async def test_what_can_no_longer_be_edited_is_said_anew(desk: Desk) -> None:
    worker = desk.worker()
    said, item = await desk.ask("q")
    await desk.until_done(item)
    desk.workspace.faults.add("chat.update", Fault.REFUSED, code="edit_window_closed")
    await desk.edit(said, "r")
    worker.edited(item.id)
    await desk.until(lambda: len(desk.done) == 2, step_s=0.25)
    assert desk.shown(said) == ["Answer to q", "Answer to r"]


async def test_an_answerer_that_fails_after_a_deletion_is_not_heard_of(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(item: InboxItem, watch: Watch) -> Prepared:
        try:
            await asyncio.Event().wait()
        finally:
            raise RuntimeError("no")

    desk.script.act = act
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: desk.script.begun, step_s=0.25)
    await desk.delete(said)
    worker.cancelled(item.id)
    await desk.until_idle()
    assert desk.workspace.calls("chat.postMessage") == []
    assert "failed" not in caplog.text


async def test_an_outage_of_the_database_ends_no_worker(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.errors import StorageUnavailable

    failing = {"claim": 3, "answered": 1, "finish": 1}
    for name in failing:
        real = getattr(desk.inbox, name)

        async def broken(*given: object, name: str = name, real=real, **more: object) -> object:
            if failing[name]:
                failing[name] -= 1
                raise StorageUnavailable("the database cannot be reached")
            return await real(*given, **more)

        monkeypatch.setattr(desk.inbox, name, broken)
    desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    assert not any(failing.values())


async def test_stopping_finishes_what_is_under_way(desk: Desk) -> None:
    desk.script.act = gate = Gate()
    worker = desk.worker()
    said, _ = await desk.ask()
    await desk.until(lambda: worker.busy, step_s=0.25)
    stopping = asyncio.ensure_future(worker.stop())
    _, late = await desk.ask("late", by=desk.bob)
    await asyncio.sleep(0)
    gate.open.set()
    await stopping
    assert desk.shown(said) == ["Answer to why?"]
    assert await desk.state(late) is State.DUE


async def test_stopping_gives_back_at_once_what_is_not_finished_in_time(desk: Desk) -> None:
    desk.script.act = gate = Gate()
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: worker.busy, step_s=0.25)
    stopping = asyncio.ensure_future(worker.stop())
    await desk.until(stopping.done, step_s=5)
    stored = await desk.inbox.get(TENANT, item.id)
    assert stored is not None
    assert (stored.state, stored.attempts, stored.lease) == (State.DUE, 0, None)
    assert gate.cut_short == 1
    desk.script.act = plain
    desk.worker()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]


async def test_a_worker_that_lost_its_lease_posts_nothing(desk: Desk) -> None:
    desk.script.act = gate = Gate()
    first = desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: first.busy, step_s=0.25)
    held = await desk.inbox.get(TENANT, item.id)
    assert held is not None
    # as if it had stood still for longer than its lease, and another had taken over
    assert await desk.inbox.requeue(item.id, held.lease, due_at=desk.now(), count_attempt=False)
    taken = await desk.inbox.claim(TENANT, "other", at=desk.now(), lease_s=3600)
    assert taken is not None
    assert taken.id == item.id
    gate.open.set()
    await desk.until_idle()
    assert desk.shown(said) == []
    assert desk.workspace.calls("chat.postMessage") == []
    assert await desk.state(item) is State.CLAIMED


async def test_a_lease_is_renewed_while_the_answer_is_made(desk: Desk) -> None:
    desk.settings = SlackSettings(lease_s=60)
    desk.script.act = gate = Gate()
    first, second = desk.worker(), desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: first.busy or second.busy, step_s=0.25)
    for _ in range(30):
        await desk.clock.advance(5)
        await asyncio.sleep(0.02)
    assert len(desk.script.begun) == 1
    gate.open.set()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]


async def test_replicas_share_the_work_and_answer_each_question_once(desk: Desk) -> None:
    for _ in range(3):
        desk.worker()
    asked = [await desk.ask(f"q{n}", by=(desk.alice, desk.bob)[n % 2]) for n in range(20)]
    await desk.until_done(*(item for _, item in asked))
    assert [desk.shown(said) for said, _ in asked] == [[f"Answer to q{n}"] for n in range(20)]
    assert len(desk.script.begun) == 20


async def test_stop_before_anything_is_shown_leaves_a_line(desk: Desk) -> None:
    desk.script.act = gate = Gate()
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: worker.busy, step_s=0.05)
    assert worker.stopped(said.channel, said.ts, desk.alice.id)
    await desk.until_done(item, step_s=0)
    assert gate.cut_short == 1
    assert desk.shown(said) == ["_Stopped._"]
    assert desk.done == [(item.id, "stopped")]
    assert not worker.stopped(said.channel, said.ts, desk.alice.id)


async def test_parts_of_a_kind_leave_those_of_another_alone(desk: Desk) -> None:
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    from bot.delivery.poster import Place

    place = Place(channel=said.channel, thread_ts=said.ts)
    await worker.poster.deliver(item.id, 1, Kind.NOTICE, place, [{"text": "by the way"}])
    assert desk.shown(said) == ["Answer to why?", "by the way"]
