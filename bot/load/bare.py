"""What the bot is compared with: a Bolt app on aiohttp that acknowledges and does nothing else.

$ SLACK_BOT_TOKEN=xoxb-... SLACK_SIGNING_SECRET=... python -m bot.load.bare
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient


async def serve(environment: dict[str, str]) -> None:
    """Acknowledges events over HTTP, and over Socket Mode where there is an app-level token."""
    token = environment["SLACK_BOT_TOKEN"]
    client = AsyncWebClient(token, base_url=environment["SLACK_API_URL"])
    who = await client.auth_test()

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=who["team_id"],
            bot_token=token,
            bot_user_id=who["user_id"],
            bot_id=who["bot_id"],
        )

    app_token = environment.get("SLACK_APP_TOKEN", "")
    app = AsyncApp(
        client=client,
        signing_secret=environment["SLACK_SIGNING_SECRET"],
        request_verification_enabled=not app_token,
        authorize=authorize,
    )

    @app.event(re.compile(".*"))
    async def acknowledged() -> None:
        """Bolt acknowledges by itself."""

    runner = web.AppRunner(app.web_app("/slack/events"), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    handler = None
    if app_token:
        socket_client = AsyncWebClient(base_url=environment["SLACK_API_URL"])
        handler = AsyncSocketModeHandler(app, app_token, web_client=socket_client)
        await handler.connect_async()  # type: ignore[no-untyped-call]
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(json.dumps({"ready": True, "port": runner.addresses[0][1]}), flush=True)
    await stop.wait()
    if handler is not None:
        await handler.close_async()  # type: ignore[no-untyped-call]
    await runner.cleanup()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(serve(dict(os.environ)))
