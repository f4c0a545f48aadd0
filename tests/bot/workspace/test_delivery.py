"""Socket Mode and signed HTTP: acknowledgements, retries, tickets, disconnects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import AppConfig, Disconnect, Kind, LocalWorkspace, ManualClock
from bot.workspace.http_delivery import VerificationFailed
from tests.bot.workspace.test_web_api import error_of


async def ticket(workspace: LocalWorkspace) -> str:
    client = AsyncWebClient(workspace.app_token, base_url=workspace.api_url)
    return str((await client.apps_connections_open(app_token=workspace.app_token))["url"])


class RawSockets:
    """Socket Mode by hand; what is opened stays open until the test's end."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.opened: list[aiohttp.ClientWebSocketResponse] = []

    async def connect(self, url: str) -> aiohttp.ClientWebSocketResponse:
        self.opened.append(await self.session.ws_connect(url))
        return self.opened[-1]

    async def open(self, workspace: LocalWorkspace) -> aiohttp.ClientWebSocketResponse:
        ws = await self.connect(await ticket(workspace))
        assert (await ws.receive_json())["type"] == "hello"
        return ws


@pytest.fixture
async def raw() -> AsyncIterator[RawSockets]:
    async with aiohttp.ClientSession() as session:
        sockets = RawSockets(session)
        yield sockets
        for ws in sockets.opened:
            await ws.close()


async def test_a_ticket_opens_one_socket_and_grows_old(
    still: LocalWorkspace, clock: ManualClock, raw: RawSockets
) -> None:
    url = await ticket(still)
    ws = await raw.connect(url)
    hello = await ws.receive_json()
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    with pytest.raises(aiohttp.WSServerHandshakeError) as spent:
        await raw.connect(url)
    assert spent.value.status == 403
    old = await ticket(still)
    await clock.advance(31)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await raw.connect(old)


async def test_an_event_that_nobody_acknowledges_comes_again_after_three_seconds(
    still: LocalWorkspace, clock: ManualClock, raw: RawSockets
) -> None:
    alice = still.join("alice")
    general = still.public("general", alice)
    ws = await raw.open(still)
    alice.say(general, "hello")
    first = await ws.receive_json()
    assert (first["type"], first["retry_attempt"]) == ("events_api", 0)
    assert not first["accepts_response_payload"]
    await clock.advance(2.9)
    assert len(still.attempts()) == 0
    await clock.advance(0.2)
    second = await ws.receive_json()
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
    assert second["payload"]["event_id"] == first["payload"]["event_id"]
    assert second["envelope_id"] != first["envelope_id"]
    await ws.send_json({"envelope_id": second["envelope_id"]})
    await still.settled()
    assert [a.answer.acked for a in still.attempts()] == [False, True]
    assert still.delivery.lost == []


async def test_an_event_is_lost_once_its_three_retries_are_spent(
    still: LocalWorkspace, clock: ManualClock, raw: RawSockets
) -> None:
    alice = still.join("alice")
    general = still.public("general", alice)
    ws = await raw.open(still)
    alice.say(general, "hello")
    for wait_s in (3.1, 63, 303, 3.1):
        assert (await ws.receive_json())["type"] == "events_api"
        await clock.advance(wait_s)
    await still.settled()
    assert [a.number for a in still.attempts()] == [0, 1, 2, 3]
    assert len(still.delivery.lost) == 1


async def test_an_event_waits_for_the_first_socket(
    workspace: LocalWorkspace, raw: RawSockets
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    alice.say(general, "early")
    ws = await raw.open(workspace)
    got = await ws.receive_json()
    assert got["payload"]["event"]["text"] == "early"
    await ws.send_json({"envelope_id": got["envelope_id"]})
    await workspace.settled()


async def test_a_click_that_is_not_acknowledged_is_not_sent_again(
    still: LocalWorkspace, clock: ManualClock, raw: RawSockets
) -> None:
    alice = still.join("alice")
    general = still.public("general", alice)
    ws = await raw.open(still)
    typing = asyncio.ensure_future(alice.command(general, "/deskhand ask"))
    assert (await ws.receive_json())["accepts_response_payload"]
    await clock.advance(3.1)
    assert not (await typing).acked
    assert len(still.attempts()) == 1


async def test_the_eleventh_socket_is_sent_away(workspace: LocalWorkspace, raw: RawSockets) -> None:
    for _ in range(10):
        await raw.open(workspace)
    ws = await raw.connect(await ticket(workspace))
    told = await ws.receive_json()
    assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
    assert len(workspace.sockets.sockets) == 10


async def test_a_warning_closes_the_socket_in_ten_seconds_and_a_refresh_at_once(
    still: LocalWorkspace, clock: ManualClock, raw: RawSockets
) -> None:
    first, second = await raw.open(still), await raw.open(still)
    await still.sockets.disconnect(Disconnect.WARNING, socket=still.sockets.sockets[0])
    assert (await first.receive_json())["reason"] == "warning"
    assert len(still.sockets.sockets) == 2
    receiving = asyncio.ensure_future(first.receive())
    await clock.advance(10)
    assert (await receiving).type is aiohttp.WSMsgType.CLOSE
    assert len(still.sockets.sockets) == 1
    closing = asyncio.ensure_future(still.sockets.disconnect(Disconnect.REFRESH))
    assert (await second.receive_json())["reason"] == "refresh_requested"
    assert (await second.receive()).type is aiohttp.WSMsgType.CLOSE
    await closing
    assert still.sockets.sockets == []


async def test_a_socket_cut_after_the_acknowledgement_does_not_bring_the_event_again(
    workspace: LocalWorkspace, raw: RawSockets
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    workspace.faults.kill_socket_after_ack = 1.0
    ws = await raw.open(workspace)
    alice.say(general, "hello")
    got = await ws.receive_json()
    await ws.send_json({"envelope_id": got["envelope_id"]})
    await workspace.settled()
    assert (await ws.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert [a.answer.acked for a in workspace.attempts()] == [True]
    assert workspace.sockets.sockets == []


async def test_events_can_be_doubled_and_come_in_another_order(
    workspace: LocalWorkspace, raw: RawSockets
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    workspace.faults.duplicate_events = 0.5
    workspace.faults.reorder_events = 0.5
    workspace.faults.reorder_within_s = 0.05
    ws = await raw.open(workspace)
    for number in range(30):
        alice.say(general, str(number))
    seen = []

    async def listen() -> None:
        async for message in ws:
            got = json.loads(message.data)
            seen.append((int(got["payload"]["event"]["text"]), got["payload"]["event_id"]))
            await ws.send_json({"envelope_id": got["envelope_id"]})

    listening = asyncio.ensure_future(listen())
    await workspace.settled()
    listening.cancel()
    numbers = [number for number, _ in seen]
    assert len(seen) > 30
    assert len(set(seen)) == 30  # a copy has the same event_id
    assert set(numbers) == set(range(30))
    assert numbers != sorted(numbers)


async def test_both_orders_of_message_and_mention_occur(workspace: LocalWorkspace) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    for _ in range(20):
        alice.mention(general, "hi")
    sent = [wrapped["event"] for wrapped in workspace.slack.events.sent]
    assert {first["type"] for first in sent[::2]} == {"message", "app_mention"}
    for one, other in zip(sent[::2], sent[1::2], strict=True):
        assert one["ts"] == other["ts"]
        assert one["type"] != other["type"]


async def test_only_subscribed_events_of_joined_channels_are_sent(
    workspace: LocalWorkspace,
) -> None:
    alice = workspace.join("alice")
    elsewhere = workspace.public("elsewhere", alice, with_bot=False)
    alice.mention(elsewhere, "hi")
    workspace.app.events = ("app_mention",)
    alice.mention(workspace.public("general", alice), "hi")
    alice.say(alice.dm, "hi")
    assert [w["event"]["type"] for w in workspace.slack.events.sent] == ["app_mention"]


async def test_edits_deletions_files_and_strangers_are_told_as_slack_tells_them(
    workspace: LocalWorkspace,
) -> None:
    alice, zoe = workspace.join("alice"), workspace.join("zoe", Kind.STRANGER)
    shared = workspace.shared("shared", alice, zoe)
    sent = workspace.slack.events.sent
    said = zoe.say(shared, "from outside")
    assert sent[-1]["is_ext_shared_channel"]
    assert sent[-1]["event"]["user_team"] == zoe.person.team_id != workspace.world.team_id
    zoe.edit(said, "changed")
    assert sent[-1]["event"]["subtype"] == "message_changed"
    assert sent[-1]["event"]["message"]["edited"]["user"] == zoe.id
    assert sent[-1]["event"]["previous_message"]["text"] == "from outside"
    zoe.delete(said)
    assert sent[-1]["event"]["deleted_ts"] == said.ts
    alice.upload(alice.dm, "a.txt", b"x")
    assert [w["event"].get("subtype", w["event"]["type"]) for w in sent[-2:]] == [
        "file_share",
        "file_shared",
    ]
    alice.open_home("messages")
    assert sent[-1]["event"]["tab"] == "messages"


async def test_too_many_events_in_an_hour_are_told_as_one(still: LocalWorkspace) -> None:
    alice = still.join("alice")
    general = still.public("general", alice)
    still.slack.events.per_hour = 3
    for _ in range(6):
        alice.say(general, "x")
    assert len(still.slack.events.sent) == 3


# HTTP


Serve = Callable[[web.Application], Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves an application on a port of its own; gives its address."""
    runners: list[web.AppRunner] = []

    async def start(app: web.Application) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"

    yield start
    for runner in runners:
        await runner.cleanup()


async def test_bolt_itself_accepts_the_signature_and_the_challenge(
    workspace: LocalWorkspace, bolt: AsyncApp, serve: Serve
) -> None:
    @bolt.event("app_mention")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(text="over HTTP", thread_ts=event["ts"])

    @bolt.event("message")
    async def ignore() -> None: ...

    @bolt.command("/deskhand")
    async def command(ack: Any, command: dict[str, Any]) -> None:
        await ack(text=f"typed {command['text']}")

    await workspace.deliver_to(await serve(bolt.web_app("/slack/events")))
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    question = alice.mention(general, "hi")
    await workspace.until(lambda: workspace.replies_by_app(general, question.ts))
    assert (await alice.command(general, "/deskhand it")).ack["text"] == "typed it"
    await workspace.settled()
    assert workspace.delivery.lost == []


async def test_bolt_refuses_a_wrong_secret(
    client: AsyncWebClient, workspace: LocalWorkspace, serve: Serve
) -> None:
    other = AsyncApp(client=client, signing_secret="another")
    with pytest.raises(VerificationFailed):
        await workspace.deliver_to(await serve(other.web_app("/slack/events")))


async def test_http_retries_say_their_number_and_reason_until_told_not_to(
    workspace: LocalWorkspace, serve: Serve
) -> None:
    seen: list[tuple[str | None, str | None]] = []
    answers = [500, 500, 200, 500]

    async def receive(request: web.Request) -> web.Response:
        body = await request.json()
        if body["type"] == "url_verification":
            return web.json_response({"challenge": body["challenge"]})
        headers = request.headers
        seen.append((headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")))
        status = answers.pop(0)
        no_retry = {"X-Slack-No-Retry": "1"} if not answers else {}
        return web.Response(status=status, headers=no_retry)

    app = web.Application()
    app.router.add_post("/slack/events", receive)
    await workspace.deliver_to(await serve(app))
    workspace.delivery.retry_delays_s = (0.0, 0.01, 0.01)
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    alice.say(general, "x")
    await workspace.settled()
    assert seen == [(None, None), ("1", "http_error"), ("2", "http_error")]
    alice.say(general, "y")
    await workspace.settled()
    assert len(workspace.delivery.lost) == 1


async def test_an_app_that_is_down_is_a_failed_connection(
    workspace: LocalWorkspace, serve: Serve
) -> None:
    async def receive(request: web.Request) -> web.Response:
        return web.json_response({"challenge": (await request.json())["challenge"]})

    app = web.Application()
    app.router.add_post("/slack/events", receive)
    await workspace.deliver_to(await serve(app))
    workspace.delivery.retry_delays_s = ()
    transport = workspace.delivery.transport
    transport.url = "http://127.0.0.1:9/slack/events"  # type: ignore[attr-defined]
    alice = workspace.join("alice")
    alice.say(workspace.public("general", alice), "x")
    await workspace.settled()
    assert workspace.attempts()[0].answer.reason == "connection_failed"


# Traps of the SDK that the workspace must let a bot fall into


async def test_trap_1_a_wrong_app_token_is_told_by_the_preflight_call(
    workspace: LocalWorkspace,
) -> None:
    client = AsyncWebClient("xapp-wrong", base_url=workspace.api_url)
    opening = client.apps_connections_open(app_token="xapp-wrong")
    assert (await error_of(opening))["error"] == "invalid_auth"
    app = replace(AppConfig(), app_scopes=())
    async with LocalWorkspace(app=app) as narrow:
        client = AsyncWebClient(narrow.app_token, base_url=narrow.api_url)
        opening = client.apps_connections_open(app_token=narrow.app_token)
        assert (await error_of(opening))["error"] == "missing_scope"


async def test_trap_2_a_failed_connect_uses_the_spent_ticket_for_ever(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    stuck = SocketModeClient(workspace.app_token, web_client=client, ping_interval=0.02)
    stuck.wss_uri = await ticket(workspace)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(stuck.wss_uri) as ws,  # another process won the race
    ):
        await ws.receive_json()
        connecting = asyncio.ensure_future(stuck.connect())
        await asyncio.sleep(0.2)
        assert not connecting.done()
    assert len(workspace.calls("apps.connections.open")) == 1
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)
    await stuck.close()


async def test_trap_4_a_bot_that_discards_retries_loses_what_the_first_try_did_not_finish(
    still: LocalWorkspace, clock: ManualClock, raw: RawSockets
) -> None:
    alice = still.join("alice")
    ws = await raw.open(still)
    alice.say(alice.dm, "precious")
    await ws.receive_json()  # and the process dies
    await ws.close()
    ws = await raw.open(still)
    await clock.advance(3.1)
    again = await ws.receive_json()
    assert again["retry_attempt"] == 1
    assert again["payload"]["event"]["text"] == "precious"
