"""Who pays for a call of a model: the question that is being answered, or the tenant at large."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from engine.clock import Clock
from engine.errors import StorageUnavailable
from engine.storage.usage import LedgerRow, UsageStore
from engine.trace import Usage

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Account:
    """What one question has cost so far. limit_usd: what it may cost at most."""

    tenant: str
    trace_id: str
    limit_usd: float
    spent: Usage = field(default_factory=Usage)
    _rows: list[LedgerRow] = field(default_factory=list)

    @property
    def left_usd(self) -> float:
        """What may still be spent, 0 or more."""
        return max(0.0, self.limit_usd - self.spent.cost_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """A call as the adapter saw it; the fields are those of a ledger row."""

    purpose: str
    provider: str
    model: str
    usage: Usage
    succeeded: bool
    estimated: bool
    price_known: bool


_open_account: ContextVar[Account | None] = ContextVar("deskhand_account", default=None)


class Ledger:
    """Writes a row for each call of a model; those of a question together, when it ends.

    A row that cannot be stored is logged and does not fail the answer it belongs to.
    """

    def __init__(self, store: UsageStore, *, tenant: str, clock: Clock) -> None:
        """tenant: who pays for calls outside a question, such as those of an ingestion."""
        self._store = store
        self._tenant = tenant
        self._clock = clock

    @asynccontextmanager
    async def account(
        self, *, tenant: str, trace_id: str, limit_usd: float
    ) -> AsyncIterator[Account]:
        """Everything charged inside, in tasks started inside too, is this question's."""
        account = Account(tenant=tenant, trace_id=trace_id, limit_usd=limit_usd)
        token = _open_account.set(account)
        try:
            yield account
        finally:
            _open_account.reset(token)
            # Shielded: what a cancelled question spent was spent all the same.
            await asyncio.shield(self._store_rows(tenant, account._rows))

    async def charge(self, call: ModelCall) -> None:
        """Books a call on the question under way, else on the tenant at once."""
        account = _open_account.get()
        row = LedgerRow(
            trace_id=account.trace_id if account else None,
            at=self._clock(),
            purpose=call.purpose,
            provider=call.provider,
            model=call.model,
            usage=call.usage,
            succeeded=call.succeeded,
            estimated=call.estimated,
            price_known=call.price_known,
        )
        if account is None:
            await self._store_rows(self._tenant, [row])
            return
        account._rows.append(row)
        account.spent = _sum(account.spent, call.usage)

    async def _store_rows(self, tenant: str, rows: list[LedgerRow]) -> None:
        try:
            await self._store.record(tenant, rows)
        except StorageUnavailable as error:
            log.error("%d rows of the ledger were not stored: %s", len(rows), error)


def _sum(one: Usage, other: Usage) -> Usage:
    return replace(
        one,
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        embedding_tokens=one.embedding_tokens + other.embedding_tokens,
        cost_usd=one.cost_usd + other.cost_usd,
    )
