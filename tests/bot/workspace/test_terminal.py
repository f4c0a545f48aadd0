"""`python -m bot.workspace` as a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from tests.conftest import ROOT


@pytest.mark.slow
async def test_an_app_in_another_process_talks_with_whoever_types() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.workspace",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        async with asyncio.timeout(60):
            told = dict([(await process.stdout.readline()).decode().split("=", 1) for _ in "1234"])
            client = AsyncWebClient(
                told["SLACK_BOT_TOKEN"].strip(), base_url=told["SLACK_API_URL"].strip()
            )
            (general,) = (await client.conversations_list())["channels"]
            process.stdin.write(b"@is anybody there?\n/nothing\n")
            history: list[dict[str, str]] = []
            while not history:
                got = await client.conversations_history(channel=general["id"])
                history = got["messages"]
            asked = history[0]
            assert asked["text"].endswith("is anybody there?")
            await client.chat_postMessage(
                channel=general["id"], thread_ts=asked["ts"], text="I am here"
            )
            seen = b""
            while b"deskhand: I am here" not in seen:
                seen += await process.stdout.readline()
            assert b"/nothing is not a valid command" in seen
            process.stdin.write(b"quit\n")
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.slow
async def test_signed_requests_are_delivered_once_the_app_answers(
    unused_tcp_port: int,
) -> None:
    events = f"http://127.0.0.1:{unused_tcp_port}/slack/events"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.workspace", "--events", events),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        assert request.headers["X-Slack-Signature"].startswith("v0=")
        await heard.put(body)
        return web.Response(text=body.get("challenge", ""))

    app = web.Application()
    app.router.add_post("/slack/events", take)
    runner = web.AppRunner(app)
    try:
        async with asyncio.timeout(60):
            assert b"waiting for the app" in await process.stderr.readline()
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
            assert b"delivering signed requests" in await process.stderr.readline()
            process.stdin.write(b"dm is anybody there?\n")
            while (await heard.get()).get("event", {}).get("text") != "is anybody there?":
                pass
            process.stdin.write(b"quit\n")
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await runner.cleanup()
