"""What each failure of the Web API means, over real sockets."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from bot.slack_api import RateLimited, Refused, SlackApi, Unsure
from bot.workspace import Fault, LocalWorkspace
from bot.workspace.channels import Channel
from bot.workspace.file_server import DOWNLOAD
from bot.workspace.files import File
from bot.workspace.method_facts import PUBLISHED

pytestmark = pytest.mark.skipif(
    not (PUBLISHED / "methods").is_dir(), reason="Slack's published pages are absent"
)


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(seed=7) as opened:
        yield opened


@pytest.fixture
async def api(workspace: LocalWorkspace) -> AsyncIterator[SlackApi]:
    opened = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=5.0)
    yield opened
    await opened.aclose()


@pytest.fixture
def general(workspace: LocalWorkspace) -> Channel:
    return workspace.public("general")


Serve = Callable[[Callable[[web.Request], Awaitable[web.Response]]], Awaitable[SlackApi]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Answers every request with a handler of the test's; gives what calls it."""
    runners: list[web.AppRunner] = []
    apis: list[SlackApi] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.Response]]) -> SlackApi:
        server = web.Application()
        server.router.add_route("*", "/{path:.*}", handler)
        runners.append(web.AppRunner(server))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runners[-1].addresses[0][1]}/api/"
        apis.append(SlackApi("xoxb-x", url=url, timeout_s=5.0))
        return apis[-1]

    yield start
    for api in apis:
        await api.aclose()
    for runner in runners:
        await runner.cleanup()


def texts(workspace: LocalWorkspace, channel: Channel) -> list[str]:
    return [m.text for m in workspace.messages(channel)]


async def test_a_dropped_response_leaves_the_caller_unsure_and_is_not_tried_again(
    workspace: LocalWorkspace, api: SlackApi, general: Channel
) -> None:
    workspace.faults.add("chat.postMessage", Fault.DROP_RESPONSE)
    with pytest.raises(Unsure) as unsure:
        await api.call("chat.postMessage", channel=general.id, text="once")
    assert unsure.value.retryable
    assert texts(workspace, general) == ["once"]
    assert len(workspace.calls("chat.postMessage")) == 1


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.SERVER_ERROR_AFTER])
async def test_a_server_error_says_nothing_of_what_happened(
    workspace: LocalWorkspace, api: SlackApi, general: Channel, fault: Fault
) -> None:
    workspace.faults.add("chat.postMessage", fault, status=503)
    with pytest.raises(Unsure):
        await api.call("chat.postMessage", channel=general.id, text="x")
    assert len(workspace.calls("chat.postMessage")) == 1


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable"])
async def test_a_fault_that_slack_admits_may_have_come_after_the_deed(
    workspace: LocalWorkspace, api: SlackApi, general: Channel, code: str
) -> None:
    workspace.faults.add("chat.postMessage", Fault.REFUSED, code=code)
    with pytest.raises(Unsure):
        await api.call("chat.postMessage", channel=general.id, text="x")


async def test_no_answer_in_time_leaves_the_caller_unsure(
    workspace: LocalWorkspace, general: Channel
) -> None:
    hasty = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=0.2)
    workspace.faults.add("chat.postMessage", Fault.SLOW, seconds=2.0)
    with pytest.raises(Unsure):
        await hasty.call("chat.postMessage", channel=general.id, text="slow")
    assert texts(workspace, general) == ["slow"]
    await hasty.aclose()


async def test_a_server_that_is_not_there_leaves_the_caller_unsure(unused_tcp_port: int) -> None:
    alone = SlackApi("xoxb-x", url=f"http://127.0.0.1:{unused_tcp_port}/api/", timeout_s=5.0)
    with pytest.raises(Unsure):
        await alone.call("auth.test")
    await alone.aclose()


async def test_a_429_is_told_with_the_seconds_slack_named(
    workspace: LocalWorkspace, api: SlackApi, general: Channel
) -> None:
    workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, seconds=7)
    with pytest.raises(RateLimited) as limited:
        await api.call("chat.postMessage", channel=general.id, text="x")
    assert limited.value.retry_after_s == 7.0
    assert limited.value.retryable
    assert texts(workspace, general) == []
    assert len(workspace.calls("chat.postMessage")) == 1


@pytest.mark.parametrize(
    ("status", "headers", "body", "wait_s"),
    [
        (429, {"retry-after": "3"}, '{"ok":false,"error":"ratelimited"}', 3.0),
        (429, {}, '{"ok":false,"error":"ratelimited"}', 30.0),
        (429, {"Retry-After": "soon"}, '{"ok":false,"error":"ratelimited"}', 30.0),
        (200, {"Retry-After": "2"}, '{"ok":false,"error":"rate_limited"}', 2.0),
        (429, {"Retry-After": "4"}, "<html>Too Many Requests</html>", 4.0),
    ],
)
async def test_a_429_is_known_in_every_form_it_comes_in(
    serve: Serve, status: int, headers: dict[str, str], body: str, wait_s: float
) -> None:
    async def limit(_: web.Request) -> web.Response:
        kind = "text/html" if body.startswith("<") else "application/json"
        return web.Response(status=status, headers=headers, text=body, content_type=kind)

    api = await serve(limit)
    with pytest.raises(RateLimited) as limited:
        await api.call("auth.test")
    assert limited.value.retry_after_s == wait_s


@pytest.mark.parametrize("body", ["[]", '"ok"', "not json", "<html></html>"])
async def test_an_answer_that_is_none_leaves_the_caller_unsure(serve: Serve, body: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    api = await serve(answer)
    with pytest.raises(Unsure):
        await api.call("auth.test")


async def test_a_refusal_keeps_slacks_code_and_the_scope_it_asks_for(
    workspace: LocalWorkspace, api: SlackApi, general: Channel
) -> None:
    with pytest.raises(Refused) as refused:
        await api.call("chat.postMessage", channel="C0NOWHERE", text="x")
    assert refused.value.code == "channel_not_found"
    assert not refused.value.retryable
    workspace.app.scopes = ("channels:read",)
    with pytest.raises(Refused) as lacking:
        await api.call("chat.postMessage", channel=general.id, text="x")
    assert (lacking.value.code, lacking.value.needed) == ("missing_scope", "chat:write")


async def test_no_fault_tells_the_token_or_the_text(
    workspace: LocalWorkspace, api: SlackApi, general: Channel
) -> None:
    for fault in (Fault.DROP_RESPONSE, Fault.SERVER_ERROR, Fault.REFUSED, Fault.RATE_LIMITED):
        workspace.faults.add("chat.postMessage", fault, code="no_text")
        with pytest.raises((Unsure, Refused, RateLimited)) as failed:
            await api.call("chat.postMessage", channel=general.id, text="my salary")
        assert "salary" not in str(failed.value)
        assert workspace.bot_token not in str(failed.value)


async def test_no_log_holds_a_message_or_the_token(
    workspace: LocalWorkspace,
    api: SlackApi,
    general: Channel,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    await api.call("chat.postMessage", channel=general.id, text="my salary")
    await api.call("conversations.history", channel=general.id)
    assert "salary" not in caplog.text
    assert workspace.bot_token not in caplog.text


async def test_arguments_arrive_as_they_were_meant_and_none_is_left_out(
    workspace: LocalWorkspace, api: SlackApi, general: Channel
) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "Grüße & <x>"}}]
    key = {"event_type": "k", "event_payload": {"key": "1"}}
    posted = await api.call(
        "chat.postMessage",
        channel=general.id,
        text="Grüße",
        blocks=blocks,
        metadata=key,
        unfurl_links=False,
        unfurl_media=False,
        thread_ts=None,
    )
    message = workspace.messages(general)[0]
    assert (message.ts, message.text, message.metadata) == (posted["ts"], "Grüße", key)
    assert message.blocks[0]["text"]["text"] == "Grüße & <x>"
    assert not message.unfurl
    assert "thread_ts" not in workspace.calls()[0].arguments


async def test_methods_that_read_are_not_sent_a_json_body(serve: Serve) -> None:
    """Slack reads those only from a form."""
    kinds = []

    async def answer(request: web.Request) -> web.Response:
        kinds.append((request.content_type, (await request.post()).get("limit")))
        return web.json_response({"ok": True})

    api = await serve(answer)
    await api.call("conversations.replies", channel="C1", ts="1.2", limit=200)
    assert kinds == [("application/x-www-form-urlencoded", "200")]


def file_of(workspace: LocalWorkspace, data: bytes) -> str:
    """The private address of a file that somebody shared."""
    alice = workspace.join("alice")
    message = alice.upload(workspace.public("files", alice), "a.txt", data)
    held: File = workspace.world.files[message.files[0]]
    return str(held.render(workspace.base_url)["url_private_download"])


async def test_a_file_is_read_whole_up_to_its_limit_and_not_beyond(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    url = file_of(workspace, b"x" * 300_000)
    assert await api.download(url, max_bytes=300_000) == b"x" * 300_000
    with pytest.raises(Refused) as refused:
        await api.download(url, max_bytes=299_999)
    assert refused.value.code == "file_too_large"


async def test_a_file_the_app_may_not_read_is_refused(workspace: LocalWorkspace) -> None:
    url = file_of(workspace, b"x")
    stranger = SlackApi("xoxb-wrong", url=workspace.api_url, timeout_s=5.0)
    with pytest.raises(Refused):
        await stranger.download(url, max_bytes=10)
    await stranger.aclose()


async def test_a_page_is_a_file_only_where_it_is_as_long_as_the_file(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    page = b"<p>hello</p>"
    ann = workspace.join("ann")
    file = workspace.file_of(ann.upload(workspace.public("general", ann), "a.html", page))
    url = workspace.world.render_file(file)["url_private"]
    assert await api.download(url, max_bytes=100, page_bytes=len(page)) == page
    for length in (None, len(page)):
        if length is not None:
            workspace.faults.add(DOWNLOAD, Fault.REFUSED)
        with pytest.raises(Refused):
            await api.download(url, max_bytes=100_000, page_bytes=length)


async def test_a_download_that_slack_puts_off_is_no_refusal(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    url = file_of(workspace, b"x")
    workspace.faults.add(DOWNLOAD, Fault.RATE_LIMITED, seconds=7)
    workspace.faults.add(DOWNLOAD, Fault.SERVER_ERROR)
    with pytest.raises(RateLimited) as limited:
        await api.download(url, max_bytes=10)
    assert limited.value.retry_after_s == 7
    with pytest.raises(Unsure):
        await api.download(url, max_bytes=10)
    assert await api.download(url, max_bytes=10) == b"x"


async def test_a_download_follows_no_address_elsewhere(serve: Serve) -> None:
    """The token would go along."""
    visited = []

    async def away(request: web.Request) -> web.Response:
        visited.append(request.path)
        if request.path == "/file":
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        return web.Response(text="secret")

    api = await serve(away)
    with pytest.raises(Refused):
        await api.download(api.client.base_url.replace("/api/", "/file"), max_bytes=10)
    assert visited == ["/file"]


async def test_closing_twice_and_calling_again_works(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    await api.call("auth.test")
    await api.aclose()
    await api.aclose()
    assert (await api.call("auth.test"))["ok"]
