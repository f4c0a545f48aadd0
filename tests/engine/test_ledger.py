from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.errors import StorageUnavailable
from engine.ledger import Ledger, ModelCall
from engine.storage.usage import LedgerRow
from engine.trace import Usage

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Books:
    rows: list[tuple[str, LedgerRow]] = field(default_factory=list)
    broken: bool = False

    async def record(self, tenant: str, rows: list[LedgerRow]) -> None:
        if self.broken:
            raise StorageUnavailable("the disk is full")
        self.rows += [(tenant, row) for row in rows]


def made() -> tuple[Ledger, Books]:
    books = Books()
    store: Any = books
    unused: Any = None
    return Ledger(store, unused, unused, tenant="acme", clock=lambda: NOW), books


def call(cost_usd: float = 0.25, purpose: str = "answer") -> ModelCall:
    return ModelCall(
        purpose=purpose,
        provider="openai",
        model="m",
        usage=Usage(prompt_tokens=10, completion_tokens=2, cost_usd=cost_usd),
        succeeded=True,
        estimated=False,
        price_known=True,
    )


async def test_calls_of_a_question_are_its_own_and_are_summed() -> None:
    ledger, books = made()
    async with ledger.account(tenant="globex", trace_id="t1", limit_usd=1.0) as account:
        await ledger.charge(call())
        await asyncio.create_task(ledger.charge(call()))
        assert books.rows == []
        assert account.spent == Usage(prompt_tokens=20, completion_tokens=4, cost_usd=0.5)
        assert account.left_usd == 0.5
    assert [(tenant, row.trace_id) for tenant, row in books.rows] == [("globex", "t1")] * 2


async def test_calls_outside_a_question_are_the_tenants_at_once() -> None:
    ledger, books = made()
    await ledger.charge(call(purpose="ingest"))
    assert [(tenant, row.trace_id, row.at) for tenant, row in books.rows] == [("acme", None, NOW)]


async def test_questions_at_the_same_time_pay_for_themselves() -> None:
    ledger, books = made()

    async def one(name: str, cost: float) -> float:
        async with ledger.account(tenant="acme", trace_id=name, limit_usd=9.0) as account:
            await asyncio.sleep(0)
            await ledger.charge(call(cost))
            await asyncio.sleep(0)
            return account.spent.cost_usd

    assert await asyncio.gather(one("a", 1.0), one("b", 2.0)) == [1.0, 2.0]
    assert {row.trace_id: row.usage.cost_usd for _, row in books.rows} == {"a": 1.0, "b": 2.0}


async def test_a_cancelled_question_has_spent_what_it_spent() -> None:
    ledger, books = made()

    async def one() -> None:
        async with ledger.account(tenant="acme", trace_id="t1", limit_usd=1.0):
            await ledger.charge(call())
            await asyncio.Event().wait()

    asking = asyncio.create_task(one())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert len(books.rows) == 1


async def test_rows_that_cannot_be_stored_are_logged_and_fail_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ledger, books = made()
    books.broken = True
    with caplog.at_level(logging.ERROR):
        async with ledger.account(tenant="acme", trace_id="t1", limit_usd=1.0):
            await ledger.charge(call())
    assert "1 rows of the ledger were not stored: the disk is full" in caplog.text
