"""What Bolt and the SDK do that a bot must be built against, each reproduced by the workspace."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot.workspace import Fault, LocalWorkspace
from tests.bot.workspace.conftest import Connect


@pytest.fixture(autouse=True)
def _retry_at_once(workspace: LocalWorkspace) -> None:
    workspace.sockets.ack_within_s = 0.15
    workspace.delivery.retry_delays_s = (0.0,)


async def test_a_listener_that_fails_was_acknowledged_before_it_ran(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    ran = 0

    @bolt.event("message")
    async def fail(event: dict[str, Any]) -> None:
        nonlocal ran
        ran += 1
        raise RuntimeError("the process dies here")

    @bolt.error
    async def swallow(error: Exception) -> None: ...

    await connect(bolt)
    alice = workspace.join("alice")
    alice.say(alice.dm, "lost if it is held in the listener only")
    await workspace.settled()
    await workspace.until(lambda: ran)
    assert [a.answer.acked for a in workspace.attempts()] == [True]


async def test_a_middleware_that_fails_leaves_the_event_to_come_again(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    tries = 0

    @bolt.middleware
    async def persist(next: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("the database is away")
        await next()

    @bolt.error
    async def swallow(error: Exception) -> None: ...

    @bolt.event("message")
    async def hear() -> None: ...

    await connect(bolt)
    alice = workspace.join("alice")
    alice.say(alice.dm, "again")
    await workspace.settled()
    assert [a.answer.acked for a in workspace.attempts()] == [False, True]
    assert workspace.attempts()[1].number == 1


async def test_a_subscribed_event_without_a_listener_comes_again_and_is_lost(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    await connect(bolt)
    alice = workspace.join("alice")
    said = alice.say(workspace.public("general", alice), "x")
    workspace.app.events = ("reaction_added",)
    alice.react(said, "eyes")
    await workspace.settled()
    assert [a.answer.acked for a in workspace.attempts("reaction_added")] == [False, False]
    assert len(workspace.delivery.lost) >= 1


async def test_an_authorization_that_fails_once_drops_an_acknowledged_event(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    heard: list[str] = []

    @bolt.event("message")
    async def hear(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    await connect(bolt)
    workspace.faults.add("auth.test", Fault.SERVER_ERROR)
    alice = workspace.join("alice")
    alice.say(alice.dm, "dropped")
    await workspace.settled()
    alice.say(alice.dm, "heard")
    await workspace.until(lambda: heard)
    await workspace.settled()
    assert heard == ["heard"]
    assert [a.answer.acked for a in workspace.attempts()] == [True, True]


async def test_closing_does_not_wait_for_a_listener_in_flight(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    started, let_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @bolt.event("message")
    async def slow() -> None:
        started.set()
        await let_end.wait()
        ended.set()

    handler = await connect(bolt)
    alice = workspace.join("alice")
    alice.say(alice.dm, "x")
    await started.wait()
    await handler.close_async()
    assert not ended.is_set()
    let_end.set()
    await ended.wait()


async def test_a_late_acknowledgement_brings_the_event_a_second_time(
    workspace: LocalWorkspace, bolt: AsyncApp, connect: Connect
) -> None:
    seen: list[str] = []

    @bolt.middleware
    async def answers_before_it_acknowledges(body: dict[str, Any], next: Any) -> None:
        seen.append(body["event_id"])
        await asyncio.sleep(0.25)
        await next()

    @bolt.event("message")
    async def hear() -> None: ...

    await connect(bolt)
    alice = workspace.join("alice")
    alice.say(alice.dm, "x")
    await workspace.settled()
    await workspace.until(lambda: len(seen) == 2)
    assert len(set(seen)) == 1


async def test_a_failed_status_is_an_error_of_its_own_and_no_reason_not_to_reply(
    workspace: LocalWorkspace, bolt: AsyncApp
) -> None:
    alice = workspace.join("alice")
    asked = alice.say(alice.dm, "x")
    workspace.faults.add("assistant.threads.setStatus", Fault.REFUSED, times=None)
    with pytest.raises(SlackApiError):
        await bolt.client.assistant_threads_setStatus(
            channel_id=alice.dm.id, thread_ts=asked.ts, status="is thinking"
        )
    await bolt.client.chat_postMessage(channel=alice.dm.id, thread_ts=asked.ts, text="y")
    assert len(workspace.replies_by_app(alice.dm, asked.ts)) == 1


async def test_a_renamed_channel_keeps_its_id(workspace: LocalWorkspace, bolt: AsyncApp) -> None:
    general = workspace.public("general")
    workspace.rename(general, "everybody")
    info = await bolt.client.conversations_info(channel=general.id)
    assert info["channel"]["name"] == "everybody"
    assert workspace.slack.events.sent[-1]["event"]["channel"]["id"] == general.id
