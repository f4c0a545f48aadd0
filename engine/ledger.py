"""Who pays for a call of a model: the question that is being answered, or the tenant at large."""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Final

from engine.clock import Clock
from engine.errors import OverBudget, StorageUnavailable
from engine.spending.budgets import Budgets, refusal
from engine.storage.spend import NANO, Period, SpendStore
from engine.storage.usage import CallState, LedgerRow, UsageStore
from engine.telemetry import catalogue as of
from engine.telemetry.instruments import add
from engine.telemetry.spans import Started, Value
from engine.trace import Usage

log = logging.getLogger(__name__)

_NEVER_REFUSED = frozenset({"query"})
"""Without its question's vector there would be no answer at all, not even a quoted one."""

_OF_EMBEDDERS = frozenset({"query", "ingest"})


@dataclass(slots=True, kw_only=True)
class Account:
    """What one question has cost so far.

    limit_usd: what it may cost at most. person: whose budget of the day it counts against; None
    for nobody's.
    """

    tenant: str
    trace_id: str
    limit_usd: float
    person: str | None = None
    spent: Usage = field(default_factory=Usage)
    _held_usd: float = 0.0
    _rows: list[LedgerRow] = field(default_factory=list)

    @property
    def left_usd(self) -> float:
        """What may still be spent, 0 or more; what is reserved may not."""
        return max(0.0, self.limit_usd - self.spent.cost_usd - self._held_usd)


RESULTS: Final = ("ok", "ratelimited", "failed")
"""How a call ends, as metrics and traces name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """A call as the adapter saw it; the fields are those of a ledger row, but for limited: whether
    the server refused it as too many."""

    purpose: str
    provider: str
    model: str
    usage: Usage
    succeeded: bool
    estimated: bool
    price_known: bool
    state: CallState = CallState.SETTLED
    limited: bool = False

    @property
    def result(self) -> str:
        """One of `RESULTS`."""
        if self.succeeded:
            return "ok"
        return "ratelimited" if self.limited else "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What was set aside for one call. periods: none where it is free, and nothing was.
    started: where the call began."""

    id: str
    account: Account | None
    tenant: str
    periods: tuple[Period, ...]
    most_usd: float
    started: Started = field(default_factory=Started)

    @property
    def most_nano_usd(self) -> int:
        """As the store counts it, rounded up."""
        return math.ceil(self.most_usd * NANO)


_open_account: ContextVar[Account | None] = ContextVar("deskhand_account", default=None)


class Ledger:
    """Reserves what a call may cost before it is made, and books what it did cost.

    What costs something is a row of the database from its reservation on, shared by all replicas;
    where nobody settles it, as after a crash, that row stands as the most that it can have cost.
    Calls that are free reserve nothing, and those of a question are stored together when it ends.
    A row that cannot be stored is logged and does not fail the answer it belongs to.
    """

    def __init__(
        self,
        store: UsageStore,
        spend: SpendStore,
        budgets: Budgets,
        *,
        tenant: str,
        clock: Clock,
    ) -> None:
        """tenant: who pays for calls outside a question, such as those of an ingestion."""
        self._store = store
        self._spend = spend
        self._budgets = budgets
        self._tenant = tenant
        self._clock = clock

    @asynccontextmanager
    async def account(
        self, *, tenant: str, trace_id: str, limit_usd: float, person: str | None = None
    ) -> AsyncIterator[Account]:
        """Everything charged inside, in tasks started inside too, is this question's."""
        account = Account(tenant=tenant, trace_id=trace_id, limit_usd=limit_usd, person=person)
        token = _open_account.set(account)
        try:
            yield account
        finally:
            _open_account.reset(token)
            # Shielded: what a cancelled question spent was spent all the same.
            await asyncio.shield(self._store_rows(tenant, account._rows))

    async def reserve(self, planned: ModelCall) -> Reservation:
        """Sets aside the most that a call may cost; `settle` is owed for it.

        Raises: OverBudget where a budget has no room for it; StorageUnavailable.
        """
        account, most_usd = _open_account.get(), planned.usage.cost_usd
        tenant = account.tenant if account else self._tenant
        now, limited = self._clock(), planned.purpose not in _NEVER_REFUSED
        held = Reservation(
            id=str(uuid.uuid4()),
            account=account,
            tenant=tenant,
            periods=self._budgets.periods(
                now, person=account.person if account else None, limited=limited
            )
            if most_usd
            else (),
            most_usd=most_usd,
        )
        if not held.periods:
            return held
        if account is not None:
            if limited and most_usd > account.left_usd:
                raise OverBudget(
                    f"a call may cost ${most_usd:.4f} and only ${account.left_usd:.4f} is left for "
                    "this question (DESKHAND_SLACK__MAX_COST_USD)"
                )
            account._held_usd += most_usd
        try:
            full = await self._reserve(held, replace(planned, state=CallState.RESERVED))
        except BaseException:
            _let_go(held)
            raise
        if full is not None:
            _let_go(held)
            raise OverBudget(refusal(full))
        return held

    async def _reserve(self, held: Reservation, planned: ModelCall) -> Period | None:
        """As the store has it; a caller that is cancelled leaves nothing reserved."""
        reserving = asyncio.ensure_future(
            self._spend.reserve(
                held.tenant,
                held.id,
                self._row(planned, held.account),
                held.periods,
                most_nano_usd=held.most_nano_usd,
            )
        )
        try:
            return await asyncio.shield(reserving)
        except asyncio.CancelledError:
            await asyncio.wait([reserving])
            if reserving.exception() is None and reserving.result() is None:
                await asyncio.shield(self._settle(held, None))
            raise

    async def settle(self, held: Reservation, call: ModelCall) -> None:
        """Books what a call did cost in the place of what was reserved for it."""
        _show(held, call)
        if not held.periods:
            await self.charge(call)
            return
        _let_go(held)
        self._count(call, held.account)
        if held.account is not None:
            held.account.spent = _sum(held.account.spent, call.usage)
        await self._settle(held, self._row(call, held.account))

    async def _settle(self, held: Reservation, row: LedgerRow | None) -> None:
        try:
            await self._spend.settle(
                held.tenant, held.id, row, held.periods, most_nano_usd=held.most_nano_usd
            )
        except StorageUnavailable as error:
            log.error("a call of a model stays booked as the most it may cost: %s", error)

    async def charge(self, call: ModelCall) -> None:
        """Books a call without reservation on the question under way, else on the tenant at once:
        one that costs nothing, or that the server refused to make.
        """
        account = _open_account.get()
        self._count(call, account)
        row = self._row(call, account)
        if account is None:
            await self._store_rows(self._tenant, [row])
            return
        account._rows.append(row)
        account.spent = _sum(account.spent, call.usage)

    def begin(self, purpose: str, model: str) -> None:
        """Calls for this purpose are counted from 0: an alert sees no rise in what appears."""
        for result in RESULTS:
            add(
                of.MODEL_CALLS,
                0.0,
                workspace=self._tenant,
                purpose=purpose,
                model=model,
                result=result,
            )

    def _count(self, call: ModelCall, account: Account | None) -> None:
        workspace = account.tenant if account else self._tenant
        add(
            of.MODEL_CALLS,
            workspace=workspace,
            purpose=call.purpose,
            model=call.model,
            result=call.result,
        )
        kinds = {
            "prompt": call.usage.prompt_tokens,
            "completion": call.usage.completion_tokens,
            "embedding": call.usage.embedding_tokens,
        }
        for kind, tokens in kinds.items():
            if tokens:
                add(of.MODEL_TOKENS, tokens, workspace=workspace, model=call.model, kind=kind)
        if call.usage.cost_usd:
            add(of.MODEL_COST, call.usage.cost_usd, workspace=workspace, model=call.model)

    def _row(self, call: ModelCall, account: Account | None) -> LedgerRow:
        return LedgerRow(
            trace_id=account.trace_id if account else None,
            at=self._clock(),
            purpose=call.purpose,
            provider=call.provider,
            model=call.model,
            usage=call.usage,
            succeeded=call.succeeded,
            estimated=call.estimated,
            price_known=call.price_known,
            state=call.state,
        )

    async def _store_rows(self, tenant: str, rows: list[LedgerRow]) -> None:
        try:
            await self._store.record(tenant, rows)
        except StorageUnavailable as error:
            log.error("%d rows of the ledger were not stored: %s", len(rows), error)


def _show(held: Reservation, call: ModelCall) -> None:
    """As https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ names it."""
    usage = call.usage
    operation = "embeddings" if call.purpose in _OF_EMBEDDERS else "chat"
    facts: dict[str, Value] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": "openai",  # whose API it is spoken to in
        "server.address": call.provider,
        "gen_ai.request.model": call.model,
        "gen_ai.usage.input_tokens": usage.prompt_tokens + usage.embedding_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "deskhand.purpose": call.purpose,
        "deskhand.cost_usd": usage.cost_usd,
    }
    error = "" if call.succeeded else call.result
    held.started.end(f"{operation} {call.model}", error=error, **facts)


def _let_go(held: Reservation) -> None:
    if held.account is not None:
        held.account._held_usd -= held.most_usd


def _sum(one: Usage, other: Usage) -> Usage:
    return replace(
        one,
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        embedding_tokens=one.embedding_tokens + other.embedding_tokens,
        cost_usd=one.cost_usd + other.cost_usd,
    )
