"""One connection of Socket Mode, from its ticket to its end; it never reconnects."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any, Self

from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

log = logging.getLogger(__name__)

_quiet = logging.getLogger("bot.transport.sdk")
_quiet.setLevel(logging.CRITICAL + 1)
"""The client logs tickets, message texts and stack traces; what matters of it is logged here."""


class NotEstablished(Exception):
    """No connection came of a ticket; the sentence says how far it got."""


class Connection:
    """Made by `open`. Envelopes go to the app, and their acknowledgements back."""

    def __init__(
        self, app: AsyncApp, token: str, ticket: str, *, ping_s: float, close_s: float
    ) -> None:
        self._close_s = close_s
        self._handler = AsyncSocketModeHandler(app, token, logger=_quiet, ping_interval=ping_s)
        self._client: SocketModeClient = self._handler.client
        self._client.wss_uri = ticket
        self._client.default_auto_reconnect_enabled = False
        self._client.auto_reconnect_enabled = False
        self._client.connect_to_new_endpoint = _stay  # type: ignore[method-assign]
        self._client.on_message_listeners.append(self._control)
        self._client.socket_mode_request_listeners[:] = [self._handle]
        self._hello = asyncio.Event()
        self._handling: set[asyncio.Task[Any]] = set()
        self._closed = False
        self.leaving = False
        """Slack said that it will close this connection, and wants another."""
        self.crowded = False
        """It does so because there are too many of them."""

    @classmethod
    async def open(
        cls,
        app: AsyncApp,
        token: str,
        ticket: str,
        *,
        ping_s: float,
        limit_s: float,
        close_s: float,
    ) -> Self:
        """A connection over which Slack has said hello.

        Raises: NotEstablished after `limit_s`.
        """
        made = cls(app, token, ticket, ping_s=ping_s, close_s=close_s)
        try:
            async with asyncio.timeout(limit_s):
                await made._handler.connect_async()  # type: ignore[no-untyped-call]
                await made._greeted()
        except TimeoutError:
            await made.aclose()
            raise NotEstablished("Slack gave a ticket but took no connection in time") from None
        except BaseException:
            await made.aclose()
            raise
        return made

    @property
    def lost(self) -> bool:
        """Whether it is broken, or silent although it was pinged."""
        session = self._client.current_session
        return self._closed or session is None or session.closed

    async def aclose(self) -> None:
        """Acknowledges what came in, then says farewell; neither takes longer than `close_s`."""
        if self._handling:
            await asyncio.wait(set(self._handling), timeout=self._close_s)
        self._closed = True
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._close_s):
                await self._handler.close_async()  # type: ignore[no-untyped-call]
        tasks = [
            self._client.message_processor,
            self._client.current_session_monitor,
            self._client.message_receiver,
        ]
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._client.aiohttp_client_session.close()

    async def _greeted(self) -> None:
        while not self._hello.is_set():
            if self.leaving or self.lost:
                raise NotEstablished("Slack closed a new connection at once")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._hello.wait()

    async def _control(self, message: WSMessage) -> None:
        """Slack's own messages carry no envelope."""
        if '"envelope_id"' in message.data:
            return
        try:
            told = json.loads(message.data)
        except ValueError:
            return
        kind = told.get("type") if isinstance(told, dict) else None
        if kind == "hello":
            self._hello.set()
        elif kind == "disconnect":
            self.leaving = True
            self.crowded = told.get("reason") == "too_many_websockets"

    async def _handle(self, client: Any, request: SocketModeRequest) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._handling.add(task)
        try:
            await self._handler.handle(client, request)
        except Exception as error:  # without an acknowledgement Slack sends it again
            log.warning("an envelope of Slack's was not acknowledged (%s)", type(error).__name__)
        finally:
            if task is not None:
                self._handling.discard(task)


async def _stay(force: bool = False) -> None:
    """Instead of the client's own reconnecting."""
