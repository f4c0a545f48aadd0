"""How what happens reaches the app: a transport, its answer, and the retries between them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from bot.workspace.clock import Clock
from bot.workspace.errors import Json

ACK_WITHIN_S = 3.0
RETRY_DELAYS_S = (0.0, 60.0, 300.0)
"""Slack's waits before each redelivery of an event: at once, a minute, five minutes."""


class EnvelopeType(StrEnum):
    """Slack's words for what an envelope holds."""

    EVENT = "events_api"
    INTERACTIVE = "interactive"
    COMMAND = "slash_commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One thing to be delivered."""

    type: EnvelopeType
    payload: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the app answered in time, or why not."""

    acked: bool
    body: Json = field(default_factory=dict)
    """What the acknowledgement carried."""
    reason: str = ""
    """Slack's word for a failure: `timeout`, `http_error`, `connection_failed`, ..."""
    retry: bool = True
    """False where the app asked for no retry (`x-slack-no-retry: 1`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to deliver an envelope, as tests look at it."""

    envelope: Envelope
    number: int
    reason: str
    """Why it is a retry; empty for the first."""
    at: float
    answer: Answer


class Transport(Protocol):
    """Socket Mode or HTTP."""

    async def send(self, envelope: Envelope, attempt: int, reason: str) -> Answer:
        """Delivers once and waits for the acknowledgement."""


async def within(clock: Clock, seconds: float, work: asyncio.Future[Any]) -> bool:
    """Whether `work` ended within so many seconds of the clock; cancels it where not."""
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({work, limit}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
    if work.done():
        return not work.cancelled()
    work.cancel()
    return False


class Delivery:
    """Delivers envelopes over the transport in force and keeps account of it."""

    def __init__(self, clock: Clock, transport: Transport) -> None:
        self.transport = transport
        self.retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S
        self.attempts: list[Attempt] = []
        self.lost: list[Envelope] = []
        """Events that no retry got an acknowledgement for."""
        self._clock = clock
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs `work` in the background until it ends or the workspace closes."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def once(self, envelope: Envelope, attempt: int = 0, reason: str = "") -> Answer:
        """Delivers without retries, as interactions are."""
        at = self._clock.now()
        answer = await self.transport.send(envelope, attempt, reason)
        self.attempts.append(
            Attempt(envelope=envelope, number=attempt, reason=reason, at=at, answer=answer)
        )
        return answer

    async def with_retries(self, envelope: Envelope) -> None:
        """Delivers an event until it is acknowledged or the retries are spent."""
        reason = ""
        for attempt, delay_s in enumerate((0.0, *self.retry_delays_s)):
            if delay_s:
                await self._clock.sleep(delay_s)
            answer = await self.once(envelope, attempt, reason)
            if answer.acked:
                return
            reason = answer.reason
            if not answer.retry:
                break
        self.lost.append(envelope)

    async def settled(self) -> None:
        """Returns once nothing is under way; with a clock that stands still it may not."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def aclose(self) -> None:
        """Ends everything under way."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
