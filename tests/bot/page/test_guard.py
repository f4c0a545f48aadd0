from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.page.guard import TOKEN_HEADER
from bot.page.server import Backstage, PageServer

SAY = {"act": "say", "text": "hello"}


async def status(
    session: aiohttp.ClientSession, method: str, url: str, **given: Any
) -> tuple[int, str]:
    async with session.request(method, url, **given) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.nip.io"])
async def test_another_name_for_this_machine_gets_nothing(
    server: PageServer, session: aiohttp.ClientSession, host: str
) -> None:
    port = URL(server.address).port
    for path in ("", "static/app.js", "api/state"):
        for name in (host, f"evil.example:{port}"):
            got, text = await status(
                session, "GET", f"{server.guard.origin}/{path}", headers={"Host": name}
            )
            assert (got, "foreign" in text) == (403, True)


async def test_the_page_may_be_opened_as_localhost_too(
    server: PageServer, session: aiohttp.ClientSession
) -> None:
    at = server.address.replace("127.0.0.1", "localhost")
    got, text = await status(session, "GET", at)
    assert (got, "<title>page" in text) == (200, True)


@pytest.mark.parametrize("path", ["api/state", "api/messages?channel=C1", "api/files/F1"])
async def test_nothing_is_read_without_the_cookie_of_the_page(
    server: PageServer, session: aiohttp.ClientSession, path: str
) -> None:
    got, _ = await status(session, "GET", f"{server.guard.origin}/{path}")
    assert got == 403
    jar = {server.guard.cookie_name: "guessed"}
    got, _ = await status(session, "GET", f"{server.guard.origin}/{path}", cookies=jar)
    assert got == 403


@pytest.mark.parametrize(
    "query", ["", "?key=", "?key=guessed", "?key=%ff", "?key={key}&key={key}", "?Key={key}"]
)
async def test_the_page_opens_for_nobody_without_the_key_that_was_printed(
    server: PageServer, session: aiohttp.ClientSession, query: str
) -> None:
    key = URL(server.address).query["key"]
    async with session.get(f"{server.guard.origin}/{query.format(key=key)}") as answer:
        said = await answer.text()
        assert answer.status == 403
        assert not answer.cookies
    assert "<title>page" not in said
    assert "Open the address that <code>make demo</code> printed" in said
    assert key not in said
    assert (await status(session, "GET", f"{server.guard.origin}/api/state"))[0] == 403


async def test_a_page_that_was_opened_stays_open_without_the_key(
    server: PageServer, session: aiohttp.ClientSession
) -> None:
    async with session.get(server.address) as opened:
        assert (opened.status, str(opened.url)) == (200, f"{server.guard.origin}/")
    got, text = await status(session, "GET", f"{server.guard.origin}/")
    assert (got, "<title>page" in text) == (200, True)


async def test_the_address_given_to_a_browsers_command_line_opens_the_page_once(
    server: PageServer,
) -> None:
    """Other accounts list the command lines of a machine."""
    replaced, given = server.address_once(), server.address_once()
    for url, got in ((replaced, 403), (given, 200), (given, 403), (server.address, 200)):
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            assert (await status(browser, "GET", url))[0] == got


async def test_the_cookie_goes_along_with_requests_of_this_site_alone(
    server: PageServer, session: aiohttp.ClientSession
) -> None:
    async with session.get(server.address, allow_redirects=False) as opened:
        assert (opened.status, opened.headers["Location"]) == (303, "/")
        cookie = opened.cookies[server.guard.cookie_name]
    assert (cookie["samesite"], cookie["httponly"], cookie["path"]) == ("Strict", True, "/")
    assert cookie["domain"] == ""


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({TOKEN_HEADER: "guessed"}, 403),
        ({TOKEN_HEADER: ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_a_write_comes_from_the_page_itself_or_not_at_all(
    maya: Any, changed: dict[str, str], refused: int, workspace: Any, cast: Any
) -> None:
    before = len(workspace.messages(cast.general))
    headers = {
        "Origin": maya.address,
        TOKEN_HEADER: maya.token,
        "Content-Type": "application/json",
        **changed,
    }
    body = json.dumps({**SAY, "as": maya.person.id, "channel": cast.general.id})
    url = f"{maya.address}/api/act"
    got, _ = await status(maya.session, "POST", url, data=body, headers=headers)
    assert got == refused
    assert len(workspace.messages(cast.general)) - before == (refused == 200)


async def test_a_write_without_an_origin_is_refused(maya: Any, cast: Any) -> None:
    body = {**SAY, "as": maya.person.id, "channel": cast.general.id}
    url = f"{maya.address}/api/act"
    got, _ = await status(maya.session, "POST", url, json=body, headers={TOKEN_HEADER: maya.token})
    assert got == 403


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
async def test_another_page_cannot_follow(maya: Any, origin: str | None) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await maya.session.ws_connect(f"{maya.address}/api/events", origin=origin)
    assert refused.value.status == 403


async def test_every_answer_says_that_it_stays_on_this_page(maya: Any, server: PageServer) -> None:
    for path, kept in (("", "no-cache"), ("static/app.js", "no-cache"), ("api/state", "no-store")):
        async with maya.session.get(f"{server.guard.origin}/{path}") as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == kept
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["static/../secret.txt", "static/%2e%2e/secret.txt", "static/nothing.js", "else"]
)
async def test_only_the_folder_of_the_page_is_served(
    server: PageServer, session: aiohttp.ClientSession, path: str
) -> None:
    url = URL(f"{server.guard.origin}/{path}", encoded=True)
    async with session.get(url) as answer:
        assert answer.status == 404
        assert "not for the page" not in await answer.text()


async def test_two_demos_on_one_machine_keep_their_cookies_apart(
    server: PageServer, static: Any, workspace: Any, cast: Any, session: aiohttp.ClientSession
) -> None:
    other = PageServer(workspace, parts=cast.parts, backstage=Backstage(), static=static)
    async with other.serving(0):
        assert other.guard.cookie_name != server.guard.cookie_name
        for one in (server, other):
            await status(session, "GET", one.address)
        for one in (server, other):
            assert (await status(session, "GET", one.guard.origin + "/api/state"))[0] == 200
