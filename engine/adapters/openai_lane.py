"""Calls of one model at one server: bounded, retried, broken off, and booked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from engine.adapters.model_prices import Price, price
from engine.adapters.openai_client import ServerConnection
from engine.adapters.openai_faults import ModelFault, explain, may_have_counted
from engine.adapters.openai_features import ServerFeatures
from engine.backoff import Backoff
from engine.circuit_breaker import CircuitBreaker, Permit
from engine.ledger import Ledger, ModelCall, Reservation
from engine.storage.usage import CallState
from engine.trace import Usage

T = TypeVar("T")
Once = Callable[[dict[str, Any]], Awaitable[T]]
"""One try of a call with these parameters."""


@dataclass(slots=True, kw_only=True)
class Tokens:
    """What one try read and wrote. estimated: the server sent no counts."""

    prompt: int = 0
    completion: int = 0
    embedding: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """A try that began, whose end the caller states. most: the tokens that were reserved for it."""

    permit: Permit
    reservation: Reservation
    most: Tokens

    @property
    def is_paid(self) -> bool:
        """Whether it costs something."""
        return bool(self.reservation.periods)


class OpenAiLane:
    """The way to one model for one purpose.

    A try that fails is made again while time and attempts last, then `ModelFault` is raised; what
    each try may cost is reserved before it, and each is a row of the ledger. Parameters that the
    server refuses are left out from then on.
    """

    def __init__(
        self,
        connection: ServerConnection,
        ledger: Ledger,
        *,
        model: str,
        purpose: str,
        setting: str,
        total_s: float,
        try_s: float | None = None,
        slot_s: float | None = None,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """setting: the one that names the model. total_s: for one call with all its tries.
        try_s: for one try; None is `total_s`.
        slot_s: longest wait until it may begin; None waits as long as it takes.
        """
        limits = connection.settings
        self.connection = connection
        self.model = model
        self.features = ServerFeatures()
        self.total_s = total_s
        self.try_s = try_s or total_s
        self._slot_s = slot_s
        self.breaker = CircuitBreaker(
            failures=limits.breaker_failures, open_s=limits.breaker_s, clock=clock
        )
        self._ledger = ledger
        self._purpose = purpose
        self._setting = setting
        self._backoff = backoff or Backoff(attempts=limits.attempts)
        self._sleep = sleep
        self._clock = clock
        self._slots = asyncio.Semaphore(limits.max_concurrency)

    def price(self, tokens: Tokens) -> Price:
        """What so many tokens of this model cost here."""
        return price(
            self.connection.base_url,
            self.model,
            prompt=tokens.prompt + tokens.embedding,
            completion=tokens.completion,
            ours=self.connection.settings.prices,
        )

    def fault(self, error: Exception) -> ModelFault:
        """The failure in our words."""
        return explain(
            error,
            server=self.connection.provider,
            model=self.model,
            setting=self._setting,
        )

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One of the calls that may run at the same time.  Raises: ModelFault after `slot_s`."""
        try:
            async with asyncio.timeout(self._slot_s):
                await self._slots.acquire()
        except TimeoutError:
            raise ModelFault(
                f"the model server {self.connection.provider} is busy with earlier questions; "
                "raise DESKHAND_OPENAI__MAX_CONCURRENCY if it can do more",
                retryable=True,
                is_servers=False,
            ) from None
        try:
            yield
        finally:
            self._slots.release()

    async def start(
        self, once: Once[T], parameters: Mapping[str, Any], *, most: Tokens, first_s: float
    ) -> tuple[T, OpenCall]:
        """The result of the first try that succeeds, and that call, whose end the caller states.

        most: what one try may read and write. first_s: for one try. Failed tries are booked here,
        the one that succeeds by `book`.
        Raises: ModelFault; OverBudget where a try may cost too much; StorageUnavailable.
        """
        await self.connection.ready()
        until = self._clock() + self.total_s
        failures, fault = 0, None
        while True:
            call = await self._enter(most, fault)
            try:
                left = until - self._clock()
                async with asyncio.timeout(min(first_s, left)):
                    return await self._with_features(once, parameters), call
            except Exception as error:
                fault = self.fault(error)
                end_permit(call.permit, fault)
                await self._lost(call, counted=may_have_counted(error), limited=fault.is_limit)
            except BaseException:  # cancelled: it was a call all the same
                call.permit.abandoned()
                await asyncio.shield(self._lost(call, counted=True))
                raise
            failures += 1
            left = until - self._clock()
            wait = (
                self._backoff.delay_s(failures, left_s=left, retry_after_s=fault.retry_after_s)
                if fault.retryable
                else None
            )
            if wait is None:
                raise fault from None
            await self._sleep(wait)

    async def _enter(self, most: Tokens, fault: ModelFault | None) -> OpenCall:
        """The right to make one try, paid for."""
        permit = self.breaker.enter()
        if permit is None:
            raise (fault or self._left_alone()) from None
        try:
            planned = self._call(most, succeeded=False, state=CallState.RESERVED)
            held = await self._ledger.reserve(planned)
        except BaseException:
            permit.abandoned()
            raise
        return OpenCall(permit=permit, reservation=held, most=most)

    async def book(self, call: OpenCall, tokens: Tokens, *, succeeded: bool) -> None:
        """The row of the ledger for one try, with what it read and wrote."""
        await self._ledger.settle(call.reservation, self._call(tokens, succeeded=succeeded))

    async def book_most(self, call: OpenCall, *, succeeded: bool) -> None:
        """The same for a try of which nobody knows what the server counted: what was reserved."""
        row = self._call(call.most, succeeded=succeeded, state=CallState.BOUND)
        await self._ledger.settle(call.reservation, row)

    async def _lost(self, call: OpenCall, *, counted: bool, limited: bool = False) -> None:
        if counted and call.is_paid:
            await self.book_most(call, succeeded=False)
        else:
            row = self._call(Tokens(), succeeded=False)
            await self._ledger.settle(call.reservation, replace(row, limited=limited))

    def _call(
        self, tokens: Tokens, *, succeeded: bool, state: CallState = CallState.SETTLED
    ) -> ModelCall:
        cost = self.price(tokens)
        return ModelCall(
            purpose=self._purpose,
            provider=self.connection.provider,
            model=self.model,
            usage=Usage(
                prompt_tokens=tokens.prompt,
                completion_tokens=tokens.completion,
                embedding_tokens=tokens.embedding,
                cost_usd=cost.cost_usd,
            ),
            succeeded=succeeded,
            estimated=tokens.estimated or state is not CallState.SETTLED,
            price_known=cost.known,
            state=state,
        )

    def _left_alone(self) -> ModelFault:
        return ModelFault(
            f"the model server {self.connection.provider} failed {self.breaker.failures} times in "
            f"a row and is left alone for {max(1, round(self.breaker.wait_s()))} s",
            retryable=True,
        )

    async def _with_features(self, once: Once[T], parameters: Mapping[str, Any]) -> T:
        """One try, repeated without the parameters that the server turns out to refuse."""
        from openai import APIStatusError

        while True:
            sent = self.features.adapt(parameters)
            try:
                result = await once(sent)
                self.features.succeeded()
                return result
            except APIStatusError as error:
                if not self.features.learn(error, sent):
                    raise
                await self._ledger.charge(self._call(Tokens(), succeeded=False))


def end_permit(permit: Permit, fault: ModelFault) -> None:
    """States how a call ended that failed: what a server refuses, it has answered."""
    if fault.is_servers:
        permit.failed()
    else:
        permit.succeeded()
