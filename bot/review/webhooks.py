"""Tells servers of others what happens to cases: the ticket tracker, and the pager of on-call.

What is to be told are rows, made before anybody is called. A call whose answer got lost, or that a
crash cut off, is made again under the same key.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp

from bot.review.webhook_request import NotTold, Target, Told, open_session, send
from engine.clock import Clock
from engine.errors import DeskhandError, SettingsInvalid
from engine.fault_place import place as place_of
from engine.review_settings import ReviewSettings
from engine.server_address import server_of
from engine.storage.timers import TimerStore
from engine.storage.webhook_calls import WebhookCall, WebhookCallStore

log = logging.getLogger(__name__)

TICKETS = "tickets"
ON_CALL = "on_call"
GIVEN_UP = "webhook:given_up"
"""The kind of timer by which people hear of calls that were given up. Its subject begins with the
target; it is about what was given up in the `TOLD_EVERY` before its moment."""
TOLD_EVERY = timedelta(minutes=5)

_POLL_S = 2.0
_LEASE_S = 60.0
"""Beyond `TIMEOUT_S`, so that nobody else makes a call that is under way."""
_MOST_AT_ONCE = 4
_FIRST_WAIT_S = 5.0
_MOST_WAIT_S = 3_600.0
_MOST_ASKED_S = 43_200.0
_GIVEN_UP_AFTER = timedelta(days=1)


def targets_of(review: ReviewSettings) -> dict[str, Target]:
    """The servers that the settings name, by name.

    Raises: SettingsInvalid where one has no key to sign with, or an address with a password.
    """
    found = {}
    for name, url, secret in (
        (TICKETS, review.tickets_url, review.tickets_secret),
        (ON_CALL, review.on_call_url, review.on_call_secret),
    ):
        if url is None:
            continue
        setting = f"DESKHAND_REVIEW__{name.upper()}"
        host = server_of(url, f"{setting}_URL")
        key = "" if secret is None else secret.get_secret_value()
        if not key:
            raise SettingsInvalid(
                f"{setting}_SECRET is not set; set it to the key that {host} checks signatures with"
            )
        found[name] = Target(name=name, url=url, host=host, secret=key)
    return found


@dataclass(slots=True, kw_only=True)
class Webhooks:
    """The calls of one tenant. draw: a number in [0, 1), for the jitter."""

    tenant: str
    targets: Mapping[str, Target]
    calls: WebhookCallStore
    timers: TimerStore
    clock: Clock
    draw: Callable[[], float] = random.random
    _news: dict[str, asyncio.Event] = field(default_factory=dict)
    _session: aiohttp.ClientSession | None = None
    _running: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Begins to call, each server by itself: a slow one holds up no other. Needs a loop."""
        for name in self.targets:
            self._news[name] = asyncio.Event()
            self._running.append(
                asyncio.create_task(self._run(name), name=f"deskhand-webhooks-{name}")
            )

    async def aclose(self) -> None:
        """Stops; a call that is cut off is made again by the next start. Idempotent."""
        running, self._running = self._running, []
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def wake(self) -> None:
        """There may be something to tell."""
        for news in self._news.values():
            news.set()

    async def _run(self, name: str) -> None:
        failing = False
        while True:
            self._news[name].clear()
            try:
                await self.look(name)
                failing = False
            except DeskhandError as error:
                if not failing:
                    log.warning("webhooks were not looked after: %s", error)
                failing = True
            except Exception as error:  # the loop outlives it
                log.error("webhooks: %s at %s", type(error).__name__, place_of(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self._news[name].wait()

    async def look(self, name: str) -> None:
        """Makes all calls of a server that are due, a few at a time.

        Raises: StorageUnavailable.
        """
        hands = [self._call_on(name) for _ in range(_MOST_AT_ONCE)]
        for ended in await asyncio.gather(*hands, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended

    async def _call_on(self, name: str) -> None:
        while held := await self.calls.claim(
            self.tenant, [name], at=self.clock(), lease_s=_LEASE_S
        ):
            await self._call(held)

    async def _call(self, held: WebhookCall) -> None:
        if self._session is None:
            self._session = open_session()
        target = self.targets[held.target]
        told = await send(self._session, target, held, clock=self.clock)
        at = self.clock()
        if isinstance(told, Told):
            await self.calls.done(held, at=at, answer=told.answer)
            return
        due_at = at + timedelta(seconds=self._wait_s(held, told))
        over = due_at >= held.opened_at + _GIVEN_UP_AFTER and held.attempts > 0
        if told.final or over:
            log.warning("%s is not told of a change of a case: %s", target.host, told.why)
            await self._tell_people(held, at)
            await self.calls.give_up(held, at=at, why={"why": told.why})
            return
        log.info("%s is told of a change of a case later: %s", target.host, told.why)
        await self.calls.put_back(held, due_at=due_at, why={"why": told.why})

    def _wait_s(self, held: WebhookCall, told: NotTold) -> float:
        """Doubles with each failure, with as much jitter again; no less than was asked for, within
        reason: the next call of the subject waits along."""
        wait_s = min(_FIRST_WAIT_S * 2.0 ** min(held.attempts, 20), _MOST_WAIT_S)
        asked_s = min(told.retry_after_s or 0.0, _MOST_ASKED_S)
        return max(wait_s, asked_s) + wait_s * self.draw()

    async def _tell_people(self, held: WebhookCall, at: datetime) -> None:
        """Before it is marked, as a crash between the two would leave nobody told."""
        until = told_at(at)
        await self.timers.set(self.tenant, GIVEN_UP, f"{held.target}:{until.isoformat()}", until)


def told_at(at: datetime) -> datetime:
    """When people hear of what is given up at this moment."""
    every = int(TOLD_EVERY.total_seconds())
    return datetime.fromtimestamp((int(at.timestamp()) // every + 1) * every, UTC)
