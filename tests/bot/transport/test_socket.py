from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from slack_bolt.async_app import AsyncApp

from bot.slack_api import SlackApi
from bot.transport.socket import SocketRefused, SocketTransport
from bot.workspace import Disconnect, Fault, LocalWorkspace


class Running:
    """A transport that was told to start, and what came of it."""

    def __init__(self, app: AsyncApp, url: str, app_token: str, timeout_s: float) -> None:
        self.app = app
        self.got: list[str] = []
        self.gaps: list[float] = []
        self.transport = SocketTransport(
            app, app_token=app_token, api_url=url, timeout_s=timeout_s, on_connected=self._gap
        )
        self.started = asyncio.create_task(self.transport.start())

    async def _gap(self, seconds: float) -> None:
        self.gaps.append(seconds)

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not true():  # noqa: ASYNC110 - anything may make it true
                await asyncio.sleep(0.005)

    async def connected(self) -> None:
        await self.until(lambda: self.transport.connected)

    async def stop(self) -> None:
        async with asyncio.timeout(10):
            await self.transport.stop()


Start = Callable[..., Running]


@pytest.fixture
async def start(workspace: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    """Runs a transport against the workspace, or another server of Slack's methods."""
    quick = {"PING_EVERY_S": 0.2, "CONNECT_WITHIN_S": 0.3, "CLOSE_WITHIN_S": 0.5, "_LETS_GO_S": 0.1}
    quick |= {"_WATCH_EVERY_S": 0.01, "_LEAST_PAUSE_S": 0.01, "_MOST_PAUSE_S": 0.02}
    for name, seconds in quick.items():
        monkeypatch.setattr(f"bot.transport.socket.{name}", seconds)
    running: list[Running] = []
    apis: list[SlackApi] = []

    def begin(url: str = "", *, app_token: str = "", timeout_s: float = 5) -> Running:
        api = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=timeout_s)
        apis.append(api)
        app = AsyncApp(client=api.client, signing_secret="unused")
        token = app_token or workspace.app_token
        made = Running(app, url or workspace.api_url, token, timeout_s)

        @app.event("message")
        async def take(event: dict[str, Any]) -> None:
            made.got.append(event["text"])

        running.append(made)
        return made

    yield begin
    for one in running:
        one.started.cancel()
        await asyncio.gather(one.started, return_exceptions=True)
        await one.transport.stop()
    for api in apis:
        await api.aclose()


def say(workspace: LocalWorkspace, text: str) -> None:
    people = [p for p in workspace.world.people.values() if p.name == "alice"]
    alice = workspace.actor(people[0]) if people else workspace.join("alice")
    alice.say(alice.dm, text)


async def test_what_is_said_reaches_the_app_and_is_acknowledged(
    workspace: LocalWorkspace, start: Start
) -> None:
    running = start()
    assert not running.transport.connected
    await running.connected()
    say(workspace, "hello")
    await running.until(lambda: running.got)
    await workspace.settled()
    assert (running.got, running.gaps) == (["hello"], [0.0])
    assert all(a.answer.acked for a in workspace.attempts())
    await running.stop()
    assert workspace.sockets.sockets == []
    assert not running.transport.connected
    await running.stop()


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "not_allowed_token_type"])
async def test_a_token_that_slack_refuses_ends_the_run_with_what_to_do(
    workspace: LocalWorkspace, start: Start, code: str
) -> None:
    workspace.faults.add("apps.connections.open", Fault.REFUSED, code=code)
    with pytest.raises(SocketRefused, match="SLACK_APP_TOKEN") as refused:
        await start().started
    assert code in str(refused.value)
    assert workspace.app_token not in str(refused.value)


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.DROP_RESPONSE])
async def test_a_slack_that_is_away_at_the_start_is_waited_for(
    workspace: LocalWorkspace, start: Start, fault: Fault
) -> None:
    workspace.faults.add("apps.connections.open", fault, times=3)
    workspace.faults.add("apps.connections.open", Fault.RATE_LIMITED, seconds=0)
    running = start()
    await running.connected()
    assert len(workspace.calls("apps.connections.open")) == 5


async def test_a_token_refused_after_a_connection_is_tried_again(
    workspace: LocalWorkspace, start: Start
) -> None:
    running = start()
    await running.connected()
    workspace.faults.add("apps.connections.open", Fault.REFUSED, code="invalid_auth", times=3)
    workspace.sockets.sockets[0].cut()
    await running.until(lambda: len(running.gaps) == 2)
    await running.connected()


async def test_a_socket_that_is_cut_is_replaced_and_the_gap_is_read(
    workspace: LocalWorkspace, start: Start
) -> None:
    running = start()
    for times in (1, 2, 3):
        await running.until(lambda times=times: len(running.gaps) == times)
        await workspace.until(lambda: workspace.sockets.sockets)
        workspace.sockets.sockets[0].cut()
    await running.until(lambda: len(running.gaps) == 4)
    say(workspace, "after")
    await running.until(lambda: running.got)
    tickets = [c.response["url"] for c in workspace.calls("apps.connections.open")]
    assert len(set(tickets)) == len(tickets) == 4


@pytest.mark.parametrize("reason", [Disconnect.WARNING, Disconnect.REFRESH])
async def test_a_connection_that_slack_takes_away_is_replaced(
    workspace: LocalWorkspace, start: Start, reason: Disconnect
) -> None:
    running = start()
    await running.connected()
    old = workspace.sockets.sockets[0]
    await workspace.sockets.disconnect(reason)
    await running.until(lambda: len(running.gaps) == 2)
    await workspace.until(lambda: old not in workspace.sockets.sockets)
    assert workspace.sockets.opened == 2
    say(workspace, "after")
    await running.until(lambda: running.got)


async def test_a_warning_leaves_no_time_without_a_connection(
    workspace: LocalWorkspace, start: Start
) -> None:
    """The old one stays until the new one is up."""
    running = start()
    await running.connected()
    fewest = len(workspace.sockets.sockets)
    await workspace.sockets.disconnect(Disconnect.WARNING)

    def watched() -> bool:
        nonlocal fewest
        fewest = min(fewest, len(workspace.sockets.sockets))
        return len(running.gaps) == 2

    await running.until(watched)
    assert fewest == 1


async def test_too_many_connections_are_waited_out(workspace: LocalWorkspace, start: Start) -> None:
    workspace.sockets.max_connections = 0
    running = start()
    await workspace.until(lambda: len(workspace.calls("apps.connections.open")) >= 2)
    assert running.gaps == []
    assert not running.transport.connected
    workspace.sockets.max_connections = 10
    await running.connected()


async def test_stopping_acknowledges_what_came_in(workspace: LocalWorkspace, start: Start) -> None:
    running = start()
    await running.connected()
    begun, go_on = asyncio.Event(), asyncio.Event()

    @running.app.middleware
    async def slow(next: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await next()

    say(workspace, "just before")
    await begun.wait()
    stopping = asyncio.create_task(running.stop())
    await asyncio.sleep(0.05)
    go_on.set()
    await stopping
    await workspace.settled()
    assert [a.answer.acked for a in workspace.attempts()] == [True]


async def test_an_envelope_whose_handling_fails_is_not_acknowledged(
    workspace: LocalWorkspace, start: Start
) -> None:
    running = start()
    await running.connected()
    workspace.sockets.ack_within_s = 0.2
    workspace.delivery.retry_delays_s = (0.0,)
    left = 1

    @running.app.middleware
    async def keep(next: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            raise OSError("disk full")
        return await next()

    say(workspace, "kept in the end")
    await workspace.settled()
    await running.until(lambda: running.got)
    assert [a.answer.acked for a in workspace.attempts()] == [False, True]


class OddServer:
    """Gives tickets, and treats what connects with them in its own way."""

    def __init__(self, treat: Callable[[web.WebSocketResponse], Awaitable[None]] | None) -> None:
        self.treat = treat
        self.tickets = 0
        self.connects: list[str] = []
        self.url = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[OddServer]:
        app = web.Application()
        app.router.add_post("/api/apps.connections.open", self._open)
        app.router.add_get("/link", self._link)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _open(self, _: web.Request) -> web.Response:
        self.tickets += 1
        url = self.url.replace("http", "ws").replace("/api/", f"/link?ticket={self.tickets}")
        return web.json_response({"ok": True, "url": url})

    async def _link(self, request: web.Request) -> web.StreamResponse:
        self.connects.append(request.query["ticket"])
        if self.treat is None:
            return web.Response(status=500)
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        await self.treat(ws)
        return ws


async def say_hello_and_hang(ws: web.WebSocketResponse) -> None:
    """Answers no ping, as a line does that is dead on its other end."""
    await ws.send_str(json.dumps({"type": "hello"}))
    async for message in ws:
        if message.type is WSMsgType.CLOSE:
            return


async def say_nothing(ws: web.WebSocketResponse) -> None:
    async for _ in ws:
        pass


@pytest.mark.slow
async def test_a_connection_that_answers_no_ping_is_replaced(start: Start) -> None:
    async with OddServer(say_hello_and_hang).serving() as odd:
        running = start(odd.url)
        await running.until(lambda: len(running.gaps) >= 3)
        await running.stop()


@pytest.mark.slow
@pytest.mark.parametrize("treat", [None, say_nothing], ids=["refuses", "says nothing"])
async def test_a_connection_that_is_not_established_is_tried_with_a_fresh_ticket(
    start: Start, treat: Any
) -> None:
    async with OddServer(treat).serving() as odd:
        running = start(odd.url)
        await running.until(lambda: len(set(odd.connects)) >= 3)
        assert not running.transport.connected
        assert running.gaps == []
        await running.stop()


async def test_nonsense_over_the_socket_breaks_nothing(start: Start) -> None:
    ended = asyncio.Event()

    async def babble(ws: web.WebSocketResponse) -> None:
        for text in ("{", "[]", "3", "", '{"type": 3}', '{"envelope_id": 1}', '{"type": "x"}'):
            await ws.send_str(text)
        await ws.send_str('{"envelope_id": "e", "type": "events_api", "payload": [1]}')
        await ws.send_str(json.dumps({"type": "hello"}))
        async for message in ws:
            if message.type is WSMsgType.PING:
                await ws.pong(message.data)
        ended.set()

    async with OddServer(babble).serving() as odd:
        running = start(odd.url)
        await running.connected()
        await asyncio.sleep(0.3)
        assert running.transport.connected
        await running.stop()
        await ended.wait()


async def test_a_server_that_never_says_farewell_does_not_hold_up_the_end(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(ws: web.WebSocketResponse) -> None:
        await ws.send_str(json.dumps({"type": "hello"}))
        await asyncio.sleep(30)

    async with OddServer(deaf).serving() as odd:
        monkeypatch.setattr("bot.transport.socket.PING_EVERY_S", 60.0)
        running = start(odd.url)
        await running.connected()
        await running.stop()  # within ten seconds, of which the client alone would take ten


async def test_logs_hold_no_ticket_token_or_text(
    workspace: LocalWorkspace, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    running = start()
    await running.connected()
    say(workspace, "my salary")
    await running.until(lambda: running.got)
    workspace.sockets.sockets[0].cut()
    await running.until(lambda: len(running.gaps) == 2)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("bot.")]
    assert any("connected to Slack" in line for line in ours)
    for secret in ("ticket", "xapp-", "xoxb-", "salary"):
        assert not [line for line in ours if secret in line]


@pytest.mark.slow
async def test_nothing_is_lost_while_sockets_die_and_slack_asks_for_new_ones(
    workspace: LocalWorkspace, start: Start
) -> None:
    workspace.delivery.retry_delays_s = (0.0, *(0.2,) * 40)
    workspace.sockets.ack_within_s = 0.3
    workspace.faults.kill_socket_after_send = 0.15
    workspace.faults.kill_socket_after_ack = 0.1
    workspace.faults.add("apps.connections.open", Fault.SERVER_ERROR, times=None, chance=0.2)
    running = start()
    await running.connected()
    said = [f"message {n}" for n in range(60)]
    for number, text in enumerate(said):
        say(workspace, text)
        await asyncio.sleep(0.01)
        if number % 20 == 10:
            await workspace.sockets.disconnect(Disconnect.WARNING)
    await running.until(lambda: set(running.got) == set(said))
    workspace.faults.clear()
    await workspace.settled()
    assert workspace.delivery.lost == []
    assert len(running.gaps) > 3
    await running.stop()


async def test_connections_that_end_at_once_are_not_replaced_at_once(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(ws: web.WebSocketResponse) -> None:
        await ws.send_str(json.dumps({"type": "hello"}))
        await ws.close()

    monkeypatch.setattr("bot.transport.socket._MOST_PAUSE_S", 60.0)
    monkeypatch.setattr("bot.transport.socket._LEAST_PAUSE_S", 15.0)
    async with OddServer(leave).serving() as odd:
        running = start(odd.url)
        await running.until(lambda: len(running.gaps) == 2)  # the first end counts as an accident
        await asyncio.sleep(0.3)
        assert odd.tickets == 2
        await running.stop()
