from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from bot.slack_api import SlackApi
from bot.transport.http import EVENTS_PATH, MOST_BODY_BYTES, HttpTransport, PortTaken
from bot.workspace import LocalWorkspace
from bot.workspace.http_delivery import signature

Got = list[dict[str, Any]]


def serve(app: AsyncApp | None = None, *, port: int = 0, why_not: str = "") -> HttpTransport:
    return HttpTransport(host="127.0.0.1", port=port, not_ready=lambda: why_not, app=app)


@pytest.fixture
def got() -> Got:
    """Events that reached a listener."""
    return []


@pytest.fixture
async def app(workspace: LocalWorkspace, got: Got) -> AsyncIterator[AsyncApp]:
    api = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=5)
    made = AsyncApp(client=api.client, signing_secret=workspace.signing_secret)

    @made.event("message")
    async def take(event: dict[str, Any]) -> None:
        got.append(event)

    @made.command("/deskhand")
    async def command(ack: Any) -> None:
        await ack("taken")

    yield made
    await api.aclose()


@pytest.fixture
async def server(app: AsyncApp) -> AsyncIterator[HttpTransport]:
    made = serve(app)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def address(server: HttpTransport, path: str = EVENTS_PATH) -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def signed(secret: str, body: bytes, *, age_s: float = 0) -> dict[str, str]:
    stamp = str(int(time.time() - age_s))
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(secret, stamp, body),
    }


async def test_events_and_commands_arrive_and_are_acknowledged(
    workspace: LocalWorkspace, server: HttpTransport, got: Got
) -> None:
    await workspace.deliver_to(address(server))  # answers the challenge
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    alice.say(general, "hello")
    await workspace.settled()
    await workspace.until(lambda: got)
    assert [event["text"] for event in got] == ["hello"]
    assert all(attempt.answer.acked for attempt in workspace.attempts())
    answer = await alice.command(general, "/deskhand help")
    assert answer.acked


MESSAGE = json.dumps(
    {"type": "event_callback", "team_id": "T1", "event": {"type": "message", "text": "x"}}
).encode()


async def test_what_is_not_signed_by_slack_reaches_nobody(
    workspace: LocalWorkspace, server: HttpTransport, http: aiohttp.ClientSession, got: Got
) -> None:
    secret = workspace.signing_secret
    tampered = signed(secret, MESSAGE)
    refused = [
        (signed("another-secret", MESSAGE), MESSAGE),
        (signed(secret, MESSAGE, age_s=301), MESSAGE),
        (signed(secret, MESSAGE, age_s=-301), MESSAGE),
        (tampered, MESSAGE.replace(b'"x"', b'"y"')),
        ({"Content-Type": "application/json"}, MESSAGE),
        (tampered | {"X-Slack-Signature": ""}, MESSAGE),
        (tampered | {"X-Slack-Request-Timestamp": "yesterday"}, MESSAGE),
    ]
    for headers, body in refused:
        async with http.post(address(server), data=body, headers=headers) as response:
            assert 400 <= response.status < 500, headers
    assert got == []
    async with http.post(address(server), data=MESSAGE, headers=tampered) as response:
        assert response.status == 200
    await workspace.until(lambda: got)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"type": "event_callback"}',
        b'{"type": "event_callback", "event": 3}',
        b'{"type": "event_callback", "event": {"type": ["message"]}}',
        b"payload=%7B",
        b'{"type": "nonsense"}',
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_malformed_bodies_break_nothing(
    workspace: LocalWorkspace,
    server: HttpTransport,
    http: aiohttp.ClientSession,
    body: bytes,
    kind: str,
) -> None:
    headers = signed(workspace.signing_secret, body) | {"Content-Type": kind}
    async with http.post(address(server), data=body, headers=headers) as response:
        assert response.status in (200, 400, 404, 500)
        assert "Traceback" not in await response.text()
    async with http.get(address(server, "/healthz")) as response:
        assert response.status == 200


async def test_a_body_past_the_bound_is_refused_unread(
    workspace: LocalWorkspace, server: HttpTransport, http: aiohttp.ClientSession
) -> None:
    body = b" " * (MOST_BODY_BYTES + 1)
    headers = signed(workspace.signing_secret, body)
    async with http.post(address(server), data=io.BytesIO(body), headers=headers) as response:
        assert response.status == 413


async def test_what_the_app_cannot_take_is_not_acknowledged_and_comes_again(
    workspace: LocalWorkspace, server: HttpTransport, app: AsyncApp, got: Got
) -> None:
    failing = True

    @app.middleware
    async def keep(next: Any) -> Any:
        if failing:
            raise OSError("disk full")
        return await next()

    workspace.delivery.retry_delays_s = (0.0, 0.05)
    await workspace.deliver_to(address(server))
    alice = workspace.join("alice")
    alice.say(workspace.public("general", alice), "hello")
    await workspace.until(workspace.attempts)
    assert workspace.attempts()[0].answer.reason == "http_error"
    failing = False
    await workspace.settled()
    await workspace.until(lambda: got)
    assert workspace.delivery.lost == []


async def test_readiness_is_told_with_its_reason(http: aiohttp.ClientSession) -> None:
    for why_not, status, text in (("not connected", 503, "not connected"), ("", 200, "ready")):
        server = serve(why_not=why_not)
        await server.start()
        async with http.get(address(server, "/readyz")) as response:
            assert (response.status, await response.text()) == (status, text)
        async with http.post(address(server), data=b"{}") as response:  # events come by socket
            assert response.status == 404
        await server.stop()


async def test_stopping_waits_for_a_request_under_way(
    workspace: LocalWorkspace, app: AsyncApp, http: aiohttp.ClientSession
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    @app.middleware
    async def slow(next: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await next()

    server = serve(app)
    await server.start()
    headers = signed(workspace.signing_secret, MESSAGE)
    asking = asyncio.create_task(http.post(address(server), data=MESSAGE, headers=headers))
    await begun.wait()
    stopping = asyncio.create_task(server.stop())
    await asyncio.sleep(0)
    go_on.set()
    assert (await asking).status == 200
    await stopping


async def test_stopping_does_not_wait_for_ever(
    workspace: LocalWorkspace,
    app: AsyncApp,
    http: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = asyncio.Event()

    @app.middleware
    async def hang(next: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("bot.transport.http._STOP_WITHIN_S", 0.05)
    server = serve(app)
    await server.start()
    headers = signed(workspace.signing_secret, MESSAGE)
    asking = asyncio.create_task(http.post(address(server), data=MESSAGE, headers=headers))
    await begun.wait()
    async with asyncio.timeout(5):
        await server.stop()
    await asyncio.gather(asking, return_exceptions=True)


async def test_a_port_that_is_taken_is_told_in_one_sentence(server: HttpTransport) -> None:
    with pytest.raises(PortTaken, match="DESKHAND_SLACK__PORT"):
        await serve(port=server.port).start()
