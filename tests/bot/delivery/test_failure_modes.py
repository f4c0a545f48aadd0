"""How bots were seen to fail their askers: each of these once, by its name."""

from __future__ import annotations

import asyncio

import pytest

from bot.delivery.answerer import Prepared
from bot.workspace import Fault
from bot.workspace.messages import Message, Streaming
from engine.slack_settings import SlackSettings
from engine.stopwatch import Watch
from engine.storage.inbox import InboxItem, State
from tests.bot.delivery.conftest import TENANT, Desk, plain, prepared, words_of
from tests.bot.delivery.test_streaming import Scene
from tests.bot.delivery.test_worker import Gate


async def test_redelivery_behind_a_slow_answer_makes_no_second_answer(desk: Desk) -> None:
    desk.script.act = gate = Gate()
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: worker.busy and desk.script.begun, step_s=0.25)
    for _ in range(3):
        assert (await desk.receive(said)).id == item.id
        worker.wake()
    gate.open.set()
    await desk.until_done(item)
    assert (await desk.receive(said)).state is State.DONE
    await desk.clock.advance(5)
    await desk.until_idle()
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.script.begun) == 1


async def test_two_events_for_one_message_make_one_answer(desk: Desk) -> None:
    """`app_mention` and `message` arrive together, at two replicas."""
    desk.worker()
    desk.worker()
    said = desk.alice.say(desk.general, "why?")
    first, second = await asyncio.gather(desk.receive(said), desk.receive(said))
    assert first.id == second.id
    await desk.until_done(first)
    assert desk.shown(said) == ["Answer to why?"]


async def test_a_crash_after_the_acknowledgement_loses_no_question(desk: Desk) -> None:
    said, item = await desk.ask()
    assert await desk.inbox.claim(TENANT, "dead", at=desk.now(), lease_s=60)
    desk.worker()
    await desk.until_done(item, step_s=2)
    assert desk.shown(said) == ["Answer to why?"]


async def test_a_crash_after_the_post_repeats_no_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies with its message posted and the question not yet done."""
    said, item = await die_unfinished(desk, monkeypatch)
    desk.worker()
    await desk.until_done(item, step_s=2)
    assert desk.shown(said) == ["Answer to why?"]
    assert len(desk.workspace.calls("chat.postMessage")) == 1


async def die_unfinished(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[Message, InboxItem]:
    """A question whose answer is posted, and whose worker is dead before it is done."""
    desk.settings = SlackSettings(lease_s=30, request_timeout_s=5)
    first = desk.worker()
    said, item = await desk.ask()
    dying = asyncio.Event()

    async def die(*_: object, **__: object) -> None:
        dying.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(desk.inbox, "finish", die)
        await desk.until(dying.is_set, step_s=0.25)
        first._stopped.set()
        for task in list(first._tasks):
            task.cancel()
        await desk.until_idle()
    assert desk.shown(said) == ["Answer to why?"]
    return said, item


@pytest.mark.parametrize("told", ["before the start", "after the start"])
async def test_an_answer_posted_but_not_finished_goes_with_its_deleted_question(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    said, item = await die_unfinished(desk, monkeypatch)
    if told == "before the start":
        await desk.delete(said)
        desk.worker()
    else:
        worker = desk.worker()
        await desk.until(lambda: not worker._tasks)  # it found nothing to remove
        assert await desk.delete(said)
        worker.cancelled(item.id)
    await desk.until(lambda: desk.shown(said) == [])
    for _ in range(10):  # past the dead one's lease
        await desk.clock.advance(5)
        await desk.until_idle()
    desk.worker()
    await desk.clock.advance(5)
    await desk.until_idle()
    assert desk.shown(said) == []
    assert await desk.state(item) is State.CANCELLED
    assert len(desk.script.begun) == 1
    assert len(desk.workspace.calls("chat.postMessage")) == 1
    assert len(desk.workspace.calls("chat.delete")) == 1
    assert desk.done == []


async def test_a_stream_that_expires_in_the_middle_still_ends_as_the_whole_answer(
    desk: Desk,
) -> None:
    scene = Scene(desk, "One.", " Two.")
    desk.worker()
    await scene.ask()
    await scene.streaming()
    scene.act.go()
    await scene.showing("One.")
    await desk.clock.advance(301)
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One. Two."]
    assert desk.unfinished_streams() == []


async def test_a_stream_is_followed_by_another_before_slack_ends_it(desk: Desk) -> None:
    scene = Scene(desk, "One.", " Two.")
    desk.worker()
    await scene.ask()
    first = await scene.streaming()
    scene.act.go()
    await scene.showing("One.")
    for _ in range(24):
        await desk.clock.advance(10)
    scene.act.go()
    await desk.until(lambda: len(scene.replies) == 2, step_s=0.2)
    assert first.streaming is Streaming.COMPLETED
    await scene.finish()
    assert [m.text for m in scene.replies] == ["One. Two."]  # in the end, one message
    assert desk.unfinished_streams() == []


async def test_stopped_by_user_ends_with_one_visible_line(desk: Desk) -> None:
    scene = Scene(desk, "One.", " Two.")
    desk.worker()
    await scene.ask()
    await scene.streaming()
    scene.act.go()
    await scene.showing("One.")
    desk.alice.stop(desk.general, scene.said.ts)
    scene.act.go()
    await desk.until_done(scene.item)
    assert desk.shown(scene.said) == ["One.\n\n_Stopped._"]


async def test_msg_too_long_in_a_stream_loses_nothing_of_a_long_answer(desk: Desk) -> None:
    long = [f"{letter * 5_000} " for letter in "abcd"]
    scene = Scene(desk, *long)
    desk.workspace.slack.streams.cumulative_chars = 7_000  # less than is documented
    desk.worker()
    await scene.ask()
    await scene.streaming()
    for _ in long:
        scene.act.go()
        await desk.until(lambda: scene.act.told, step_s=0.2)
        for _ in range(10):
            await desk.clock.advance(0.5)
            await asyncio.sleep(0.01)
    scene.act.answer = _two_parts
    await scene.finish()
    assert "".join(words_of(m) for m in scene.replies) == "".join(long)
    assert len(scene.replies) == 3
    assert desk.unfinished_streams() == []


def _two_parts(whole: str) -> Prepared:
    return prepared(*(whole[at : at + 7_000] for at in range(0, len(whole), 7_000)))


async def test_a_streamed_answer_longer_than_one_stream_goes_on_in_the_next(desk: Desk) -> None:
    long = [f"{letter * 4_000} " for letter in "abcde"]
    scene = Scene(desk, *long)
    scene.act.answer = _two_parts
    desk.worker()
    await scene.ask()
    for number in range(1, len(long) + 1):
        scene.act.go()
        await desk.until(
            lambda number=number: len("".join(m.text for m in scene.replies)) >= number * 4_000,
            step_s=0.2,
        )
    assert len(scene.replies) == 3
    await scene.finish()
    assert "".join(words_of(m) for m in scene.replies) == "".join(long)
    assert desk.unfinished_streams() == []


async def test_a_stream_in_doubt_is_not_mistaken_for_the_one_before_it(desk: Desk) -> None:
    """The first could not be ended, and has no key either; the second never began."""
    long = [f"{letter * 5_000} " for letter in "ab"]
    scene = Scene(desk, *long)
    scene.act.answer = _two_parts
    desk.worker()
    await scene.ask()
    await scene.streaming()
    scene.act.go()
    await scene.showing(long[0])
    desk.workspace.faults.add("chat.stopStream", Fault.SERVER_ERROR)
    desk.workspace.faults.add("chat.startStream", Fault.SERVER_ERROR)
    scene.act.go()
    await desk.until(lambda: len(desk.workspace.calls("chat.startStream")) == 2, step_s=0.2)
    await scene.finish()
    assert [words_of(m) for m in scene.replies] == ["".join(long)[:7_000], "".join(long)[7_000:]]
    assert desk.unfinished_streams() == []


async def test_msg_blocks_too_long_still_brings_the_text(desk: Desk) -> None:
    for method in ("chat.postMessage", "chat.update"):
        desk.workspace.faults.add(method, Fault.REFUSED, code="msg_blocks_too_long")
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until_done(item)
    assert desk.shown(said) == ["Answer to why?"]
    await desk.edit(said, "how?")
    worker.edited(item.id)
    await desk.until(lambda: len(desk.done) == 2, step_s=0.25)
    assert desk.shown(said) == ["Answer to how?"]


async def test_a_429_puts_no_worker_to_sleep(desk: Desk) -> None:
    """Every place had a question that Slack would not take; others went on all the same."""
    desk.settings = SlackSettings(workers=2, lease_s=3600)
    desk.workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, times=2, seconds=600)
    desk.worker()
    limited = [await desk.ask(f"limited {n}", by=desk.alice) for n in range(2)]
    await desk.until(lambda: len(desk.workspace.calls("chat.postMessage")) == 2, step_s=0.25)
    said, other = await desk.ask("other", by=desk.bob)
    begun = desk.clock.now()
    await desk.until_done(other)
    assert desk.clock.now() - begun < 60
    assert desk.shown(said) == ["Answer to other"]
    assert [desk.shown(s) for s, _ in limited] == [[], []]
    await desk.until_done(*(item for _, item in limited), step_s=20)


async def test_one_that_waits_in_vain_does_not_hold_up_those_behind_it(desk: Desk) -> None:
    """The first of a conversation belongs to a worker that died, the next to nobody."""
    said, first = await desk.ask("first")
    _, second = await desk.ask("second", under=said)
    assert await desk.inbox.claim(TENANT, "dead", at=desk.now(), lease_s=60)
    desk.worker()
    await desk.until_done(first, second, step_s=2)
    assert desk.shown(said) == ["Answer to first", "Answer to second"]


async def test_one_that_slack_does_not_take_now_does_not_hold_up_other_conversations(
    desk: Desk,
) -> None:
    desk.settings = SlackSettings(workers=1, lease_s=3600)
    desk.workspace.faults.add("chat.postMessage", Fault.SERVER_ERROR)
    worker = desk.worker()
    _, stuck = await desk.ask("stuck")
    await desk.until(lambda: desk.workspace.calls("chat.postMessage"), step_s=0.25)
    others = [await desk.ask(f"q{n}", by=desk.bob) for n in range(5)]
    worker.wake()
    await desk.until_done(*(item for _, item in others), step_s=0)
    assert stuck.id not in {done for done, _ in desk.done}
    await desk.until_done(stuck)


async def test_a_deleted_question_gets_no_answer(desk: Desk) -> None:
    desk.script.act = gate = Gate()
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: worker.busy and desk.script.begun, step_s=0.25)
    await desk.delete(said)
    worker.cancelled(item.id)
    await desk.until_idle()
    gate.open.set()
    await desk.clock.advance(5)
    assert gate.cut_short == 1
    assert desk.workspace.calls("chat.postMessage") == []
    assert desk.done == []


async def test_a_question_deleted_between_answer_and_post_gets_no_answer(desk: Desk) -> None:
    """The inbox knows, this worker does not yet."""

    async def act(item: InboxItem, watch: Watch) -> Prepared:
        await desk.delete(said)
        return await plain(item, watch)

    desk.script.act = act
    worker = desk.worker()
    said, _ = await desk.ask()
    await desk.until(lambda: desk.script.begun and not worker.busy, step_s=0.25)
    assert desk.workspace.calls("chat.postMessage") == []


async def test_a_question_deleted_while_its_answer_is_posted_keeps_none_of_it(
    desk: Desk,
) -> None:
    async def act(item: InboxItem, watch: Watch) -> list[str]:
        return ["one", "two", "three"]

    desk.script.act = act
    desk.workspace.faults.add("chat.postMessage", Fault.SLOW, after=1, seconds=4)
    worker = desk.worker()
    said, item = await desk.ask()
    await desk.until(lambda: len(desk.shown(said)) == 2, step_s=0.25)
    await desk.delete(said)
    worker.cancelled(item.id)
    await desk.until(lambda: desk.shown(said) == [], step_s=0.25)
    await desk.until_idle(step_s=0.25)
    assert "three" not in [c.arguments.get("text") for c in desk.workspace.calls()]
    assert desk.shown(said) == []


async def test_a_question_deleted_after_its_worker_died_keeps_no_half_answer(
    desk: Desk,
) -> None:
    said, item = await desk.ask()
    claimed = await desk.inbox.claim(TENANT, "dead", at=desk.now(), lease_s=60)
    assert claimed is not None
    place_and_body = [(said.channel, said.ts, {"text": "half", "blocks": []})]
    from engine.storage.replies import Kind

    parts = await desk.replies.plan(TENANT, item.id, 1, Kind.ANSWER, place_and_body)
    assert parts is not None
    posted = await desk.api.call(
        "chat.postMessage", channel=said.channel, thread_ts=said.ts, text="half"
    )
    await desk.replies.mark_posted(parts[0].id, posted["ts"], version=1, at=desk.now())
    worker = desk.worker()
    await desk.delete(said)
    worker.cancelled(item.id)
    await desk.until(lambda: desk.shown(said) == [], step_s=0.25)


async def test_a_question_deleted_while_no_worker_lived_keeps_no_half_answer(
    desk: Desk,
) -> None:
    scene = Scene(desk, "One.", " Two.")
    first = desk.worker()
    await scene.ask()
    await scene.streaming()
    stopping = asyncio.ensure_future(first.stop())
    await desk.until(stopping.done, step_s=5)
    assert len(desk.unfinished_streams()) == 1
    await desk.delete(scene.said)
    desk.worker()
    await desk.until(lambda: desk.shown(scene.said) == [], step_s=0.25)
    assert desk.unfinished_streams() == []


async def test_an_edited_question_is_not_answered_in_its_old_form(desk: Desk) -> None:
    desk.script.act = gate = Gate()
    worker = desk.worker()
    said, item = await desk.ask("old")
    await desk.until(lambda: worker.busy and desk.script.begun, step_s=0.25)
    await desk.edit(said, "new")
    worker.edited(item.id)
    gate.open.set()
    await desk.until_done(item)
    assert [i.text for i in desk.script.begun] == ["old", "new"]
    posted = [c.arguments["text"] for c in desk.workspace.calls("chat.postMessage")]
    assert posted == ["Answer to new"]


async def test_an_edit_another_replica_took_in_is_not_answered_in_its_old_form(
    desk: Desk,
) -> None:
    """This worker hears nothing of the edit; the inbox holds it off."""

    async def act(item: InboxItem, watch: Watch) -> Prepared:
        if item.revision == 1:
            await desk.edit(said, "new")
        return await plain(item, watch)

    desk.script.act = act
    desk.worker()
    said, item = await desk.ask("old")
    await desk.until_done(item)
    posted = [c.arguments["text"] for c in desk.workspace.calls("chat.postMessage")]
    assert posted == ["Answer to new"]
    assert desk.shown(said) == ["Answer to new"]
