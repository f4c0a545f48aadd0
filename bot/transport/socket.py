"""Socket Mode: one connection that is there, whatever happens to it.

The SDK's client frames the messages; connecting is ours, as its own loop never ends on a token that
is refused, and goes on for ever with an address that was used up (`SocketModeClient.connect`). Each
connection here is a client of its own with a fresh address, every wait has an end, and when Slack
says that it will close a connection the next one is open before the old one goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from bot.transport.mends import PERMANENT, mend_of
from engine.errors import DeskhandError
from engine.fault_place import place

log = logging.getLogger(__name__)

CONNECT_WITHIN_S = 15.0
CLOSE_WITHIN_S = 5.0
PING_EVERY_S = 5.0
_WATCH_EVERY_S = 0.5
_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.5, 30.0
_LETS_GO_S = 2.0
"""How long a connection that another has replaced is kept, for what is still under way on it."""
_LASTING_S = 10.0
"""A connection that ends sooner is not replaced at once: Slack gives 50 addresses a minute."""


class SocketRefused(DeskhandError):
    """Slack opens no connection for this app, and will not until somebody changes something."""


class _Client(SocketModeClient):
    """The SDK's client without its own way of connecting again."""

    def __init__(self, app_token: str) -> None:
        quiet = logging.getLogger("deskhand.socket")
        quiet.setLevel(logging.CRITICAL)  # its lines hold messages and addresses
        super().__init__(
            app_token=app_token,
            logger=quiet,
            web_client=AsyncWebClient(logger=quiet),
            ping_interval=PING_EVERY_S,
        )
        self.ended = asyncio.Event()
        self.greeted = asyncio.Event()
        self.handling: set[asyncio.Task[Any]] = set()
        self.on_message_listeners.append(self._note_greeting)

    async def _note_greeting(self, message: WSMessage) -> None:
        """Slack's own messages carry no envelope."""
        if self.greeted.is_set() or '"envelope_id"' in message.data:
            return
        with contextlib.suppress(ValueError, AttributeError):
            if json.loads(message.data).get("type") == "hello":
                self.greeted.set()

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """The SDK calls this where it would connect anew: the connection is at its end."""
        self.ended.set()


class SocketTransport:
    """Keeps a connection open from `start` to `stop`.

    on_connected: told each time a connection stands, with the seconds there was none before (0 for
        the first); must return at once.
    """

    def __init__(
        self,
        app: AsyncApp,
        *,
        app_token: str,
        api_url: str,
        timeout_s: float,
        on_connected: Callable[[float], Awaitable[None]],
    ) -> None:
        self._app = app
        self._token = app_token
        self._api = SlackApi(app_token, url=api_url, timeout_s=timeout_s)
        self._on_connected = on_connected
        self._client: _Client | None = None
        self._open: set[_Client] = set()
        """Every client that is not closed yet: the one in use, those let go and those that fail."""
        self._keeping: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._lost_at: float | None = None
        self._connected_at = 0.0
        self._short_lived = 0

    @property
    def connected(self) -> bool:
        """Whether a connection stands now."""
        client = self._client
        return (
            client is not None
            and not client.ended.is_set()
            and client.current_session is not None
            and not client.current_session.closed
        )

    async def start(self) -> None:
        """Connects, and keeps connected from then on.

        Raises: SocketRefused with what to do; other faults are tried again until it works.
        """
        await self._connect_patiently()
        self._keeping = asyncio.create_task(self._keep(), name="deskhand-socket")

    def use(self, app: AsyncApp, app_token: str) -> None:
        """Hands messages to another app from now on, and connects by this token the next time."""
        self._app, self._token = app, app_token
        self._api.use(app_token)

    async def stop(self) -> None:
        """Takes nothing more. Bounded, idempotent."""
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
        client, self._client = self._client, None
        if client is not None and client.handling:  # what came in is acknowledged
            await asyncio.wait(set(client.handling), timeout=CLOSE_WITHIN_S)
        for task in list(self._closing):
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        await asyncio.gather(*map(self._end, list(self._open)))
        await self._api.aclose()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            if self.connected:
                continue
            lasted = time.monotonic() - self._connected_at >= _LASTING_S
            self._short_lived = 0 if lasted else self._short_lived + 1
            if self._short_lived > 1:
                pause = _LEAST_PAUSE_S * 2.0 ** min(self._short_lived, 10)
                await asyncio.sleep(min(pause, _MOST_PAUSE_S))
            try:
                await self._connect_patiently()
            except SocketRefused as refused:
                log.error("%s", refused)
                await asyncio.sleep(_MOST_PAUSE_S)
            except Exception as error:  # the loop outlives it
                log.error("connecting failed: %s at %s", type(error).__name__, place(error))
                await asyncio.sleep(_LEAST_PAUSE_S)

    async def _connect_patiently(self) -> None:
        pause = _LEAST_PAUSE_S
        while True:
            try:
                await self._connect()
                return
            except RateLimited as limit:
                pause = max(limit.retry_after_s, _LEAST_PAUSE_S)
                log.warning("Slack allows no more connections for %.0f s", pause)
            except Refused as refused:
                if refused.code in PERMANENT:
                    raise SocketRefused(
                        f"Slack opens no Socket Mode connection ({refused.code}); "
                        f"{mend_of(refused.code, 'SLACK_APP_TOKEN')}"
                    ) from None
                log.warning("no connection: %s", refused)
            except (SlackFault, OSError, TimeoutError) as fault:
                log.warning("no connection to Slack: %s", str(fault) or type(fault).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MOST_PAUSE_S)

    async def _connect(self) -> None:
        opened = await self._api.call("apps.connections.open")
        client = _Client(self._token)
        self._open.add(client)
        client.wss_uri = str(opened["url"])
        client.socket_mode_request_listeners.append(self._handle)
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                client.current_session = await client.aiohttp_client_session.ws_connect(
                    client.wss_uri, autoping=False, heartbeat=PING_EVERY_S
                )
                client.message_receiver = asyncio.ensure_future(client.receive_messages())
                await _greeting(client)
        except BaseException as error:
            await self._end(client)
            if isinstance(error, Exception) and not isinstance(error, OSError | TimeoutError):
                raise OSError(f"the connection was refused ({type(error).__name__})") from None
            raise
        client.current_session_monitor = asyncio.ensure_future(client.monitor_current_session())
        before, self._client = self._client, client
        gap_s = time.monotonic() - self._lost_at if self._lost_at is not None else 0.0
        if before is not None:
            self._let_go(before)
        self._lost_at, self._connected_at = None, time.monotonic()
        self._closing.add(watching := asyncio.create_task(self._watch(client)))
        watching.add_done_callback(self._closing.discard)
        log.info("connected to Slack")
        await self._on_connected(gap_s)

    async def _watch(self, client: _Client) -> None:
        """Notes when a connection was lost."""
        while not client.ended.is_set() and not _is_closed(client):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WATCH_EVERY_S):
                    await client.ended.wait()
        if client is self._client and self._lost_at is None:
            self._lost_at = time.monotonic()

    async def _end(self, client: _Client) -> None:
        await _close(client)
        self._open.discard(client)

    def _let_go(self, client: _Client) -> None:
        async def later() -> None:
            await asyncio.sleep(_LETS_GO_S)
            await self._end(client)

        self._closing.add(task := asyncio.create_task(later()))
        task.add_done_callback(self._closing.discard)

    async def _handle(self, client: Any, request: SocketModeRequest) -> None:
        """One envelope; without an acknowledgement Slack sends it again."""
        started = time.time()
        task = asyncio.current_task()
        if task is not None:
            client.handling.add(task)
        try:
            response = await run_async_bolt_app(self._app, request)
            await send_async_response(client, request, response, started)
        except (OSError, ConnectionError, RuntimeError, AttributeError) as error:
            log.info("an acknowledgement did not go out: %s", type(error).__name__)
        except Exception as error:
            log.error("an envelope failed: %s at %s", type(error).__name__, place(error))
        finally:
            if task is not None:
                client.handling.discard(task)


async def _greeting(client: _Client) -> None:
    """Returns once Slack has said hello.

    Raises: OSError where it closes the connection instead, as with too many of them.
    """
    while not client.greeted.is_set():
        if client.ended.is_set() or _is_closed(client):
            raise OSError("Slack closed a new connection at once")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.greeted.wait()


def _is_closed(client: _Client) -> bool:
    return client.current_session is None or client.current_session.closed


async def _close(client: _Client) -> None:
    """Ends a client for good within a bound: the SDK's own closing may wait for a dead peer."""
    client.ended.set()
    client.closed = True
    tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
    for task in tasks:
        if task is not None:
            task.cancel()
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            if client.current_session is not None:
                await client.current_session.close()
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await client.aiohttp_client_session.close()
