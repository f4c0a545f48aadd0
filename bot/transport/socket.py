"""Socket Mode: one connection that is kept up, and replaced before Slack takes it away.

Bolt's own client reconnects by itself, with two faults: it tries for ever where the token is
refused, and for ever with the same spent ticket where the connection fails. Here each connection
is a client of its own, with a fresh ticket, that never reconnects; this module replaces it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp

from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault
from bot.transport.connection import Connection, NotEstablished
from bot.transport.mends import PERMANENT, mend_of
from engine.backoff import Backoff
from engine.errors import DeskhandError, SettingsInvalid
from engine.slack_settings import SlackSettings

log = logging.getLogger(__name__)


class TransportRefused(DeskhandError):
    """Slack takes no connection with this token, and will not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketTimes:
    """ping_s: between pings; a connection that answers none for half as long is lost.
    lasting_s: a connection that lived so long counts as sound, however it ended. close_s: for a
    farewell."""

    ping_s: float = 10.0
    lasting_s: float = 10.0
    close_s: float = 3.0
    look_s: float = 0.25


class SocketTransport:
    """Hands everything Slack sends to the app, until `stop`.

    api: as the bot; its address and time limit are used for the app-level token too.
    on_gap: called after each connection is up, one call at a time: what was missed while there was
        none must be read. Its failure is logged and ends nothing.

    Raises: SettingsInvalid without an app-level token.
    """

    def __init__(
        self,
        app: AsyncApp,
        settings: SlackSettings,
        api: SlackApi,
        *,
        on_gap: Callable[[], Awaitable[None]],
        times: SocketTimes | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        if settings.app_token is None:
            raise SettingsInvalid(
                "Socket Mode needs SLACK_APP_TOKEN; make an app-level token with the scope "
                "connections:write, or set DESKHAND_SLACK__TRANSPORT=http"
            )
        self._app = app
        self._token = settings.app_token.get_secret_value()
        self._api = SlackApi(self._token, url=settings.api_url, timeout_s=api.timeout_s)
        self._on_gap = on_gap
        self._times = times or SocketTimes()
        self._backoff = backoff or Backoff(attempts=2**31, base_s=0.5, most_s=30.0)
        self._connection: Connection | None = None
        self._stopping = asyncio.Event()
        self._gap = asyncio.Event()
        self._retired: set[asyncio.Task[None]] = set()
        self._why = "not connected yet"
        self._was_connected = False

    @property
    def connected(self) -> bool:
        """Whether Slack can reach the app now."""
        return self._connection is not None and not self._connection.lost

    @property
    def reason(self) -> str:
        """Why it is not connected; empty when it is."""
        return "" if self.connected else self._why

    async def run(self) -> None:
        """Stays connected until `stop`.

        Raises: TransportRefused where Slack refuses the token at the first connection. A token
        that is refused later may be so by a fault of Slack's: it is tried again.
        """
        gaps = asyncio.create_task(self._read_gaps())
        try:
            await self._stay_connected()
        finally:
            gaps.cancel()
            await asyncio.gather(gaps, return_exceptions=True)
            await self._farewell()

    async def stop(self) -> None:
        """Ends `run`: nothing more is taken, what was taken is acknowledged."""
        self._stopping.set()

    async def _stay_connected(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                fresh = await self._open()
            except (SlackFault, NotEstablished) as error:
                failures += 1
                self._note(error)
                await self._pause(failures, error)
                continue
            before, self._connection = self._connection, fresh
            self._was_connected = True
            self._gap.set()
            log.info("connected to Slack")
            if before is not None:
                self._retire(before)
            began = time.monotonic()
            await self._until_it_ends(fresh)
            if self._stopping.is_set():
                return
            lasted = time.monotonic() - began >= self._times.lasting_s
            failures = 0 if lasted else failures + 1
            if fresh.lost or fresh.crowded:
                self._why = "the connection was lost" if fresh.lost else "too many connections"
                log.warning("%s; connecting anew", self._why)
                self._connection = None
                self._retire(fresh)
            if failures:
                await self._pause(failures, None)

    async def _open(self) -> Connection:
        """Raises: TransportRefused, SlackFault, NotEstablished."""
        try:
            ticket = await self._api.call("apps.connections.open")
        except Refused as error:
            if error.code in PERMANENT and not self._was_connected:
                raise TransportRefused(
                    f"Slack refuses SLACK_APP_TOKEN ({error.code}); "
                    f"{mend_of(error.code, 'SLACK_APP_TOKEN')}"
                ) from None
            raise
        return await Connection.open(
            self._app,
            self._token,
            str(ticket.get("url", "")),
            ping_s=self._times.ping_s,
            limit_s=self._api.timeout_s,
            close_s=self._times.close_s,
        )

    async def _until_it_ends(self, connection: Connection) -> None:
        """Returns when it is lost or about to be closed, or when all is to stop."""
        while not (self._stopping.is_set() or connection.lost or connection.leaving):
            await self._wait(self._times.look_s)

    async def _pause(self, failures: int, error: Exception | None) -> None:
        after_s = error.retry_after_s if isinstance(error, RateLimited) else None
        delay_s = self._backoff.delay_s(min(failures, 20), left_s=math.inf, retry_after_s=after_s)
        await self._wait(delay_s or 0.0)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _note(self, error: Exception) -> None:
        said = str(error)
        if not self.connected and said != self._why:
            log.warning("no connection to Slack: %s", said)
        self._why = said

    def _retire(self, connection: Connection) -> None:
        task = asyncio.create_task(connection.aclose())
        self._retired.add(task)
        task.add_done_callback(self._retired.discard)

    async def _farewell(self) -> None:
        connection, self._connection = self._connection, None
        self._why = "stopped"
        if connection is not None:
            self._retire(connection)
        await asyncio.gather(*self._retired, return_exceptions=True)
        await self._api.aclose()

    async def _read_gaps(self) -> None:
        while True:
            await self._gap.wait()
            self._gap.clear()
            try:
                await self._on_gap()
            except Exception as error:  # the next connection reads what this one did not
                log.warning("what was missed could not be read (%s)", type(error).__name__)
