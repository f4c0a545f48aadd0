"""Table `spend`: what is spent and reserved in each period; a call's row of `usage` goes with it.

Every change is one transaction that changes the periods in one order, so that calls of any number
of processes wait for each other and cannot lock each other out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from engine.storage.database import Database, upsert
from engine.storage.schema import spend, usage
from engine.storage.usage import CallState, LedgerRow, row_values

NANO = 1_000_000_000
"""Of a dollar: one token of the cheapest model costs some ten of them."""
_KEY = ("tenant", "person", "period")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Where a call counts.

    key: as the table has it. person: empty for all of the tenant. limit_nano_usd: None: it only
    counts.
    """

    key: str
    person: str = ""
    limit_nano_usd: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What a period has cost so far. refused: calls that it had no room for."""

    spent_usd: float = 0.0
    held_usd: float = 0.0
    refused: int = 0


class _NoRoom(Exception):  # not a fault: rolls back what was reserved so far
    def __init__(self, period: Period) -> None:
        super().__init__()
        self.period = period


class SpendStore:
    """Spending of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self,
        tenant: str,
        call_id: str,
        row: LedgerRow,
        periods: Sequence[Period],
        *,
        most_nano_usd: int,
    ) -> Period | None:
        """Reserves what a call may cost at most in all periods, and keeps its row; or in none, and
        gives the period that has no room for it.
        """
        ordered = sorted(periods, key=_order)

        def change(db: Connection) -> None:
            for period in ordered:
                if not _hold(db, tenant, period, most_nano_usd):
                    raise _NoRoom(period)
            db.execute(insert(usage).values(row_values(tenant, row, call_id)))

        try:
            await self._database.transact(change)
        except _NoRoom as full:
            period = full.period
            await self._database.transact(lambda db: _count_refusal(db, tenant, period))
            return period
        return None

    async def settle(
        self,
        tenant: str,
        call_id: str,
        row: LedgerRow | None,
        periods: Sequence[Period],
        *,
        most_nano_usd: int,
    ) -> None:
        """Puts what a call did cost in the place of what was reserved for it, once.

        row: None: it was never made, and nothing is kept of it.
        """
        ordered = sorted(periods, key=_order)
        mine = (
            usage.c.tenant == tenant,
            usage.c.id == call_id,
            usage.c.state == CallState.RESERVED.value,
        )
        spent = 0 if row is None else round(row.usage.cost_usd * NANO)

        def change(db: Connection) -> None:
            if row is None:
                done = db.execute(delete(usage).where(*mine))
            else:
                done = db.execute(
                    update(usage).where(*mine).values(row_values(tenant, row, call_id))
                )
            if not done.rowcount:
                return
            for period in ordered:
                db.execute(
                    update(spend)
                    .where(*_of(tenant, period))
                    .values(
                        held_nano_usd=spend.c.held_nano_usd - most_nano_usd,
                        spent_nano_usd=spend.c.spent_nano_usd + spent,
                    )
                )

        await self._database.transact(change)

    async def totals(
        self, tenant: str, keys: Collection[str], *, person: str = ""
    ) -> dict[str, Total]:
        """What these periods have cost, by key; those in which nothing was spent are left out."""
        wanted = (spend.c.tenant == tenant, spend.c.person == person, spend.c.period.in_(keys))
        async with self._database.read() as db:
            found = await db.execute(select(spend).where(*wanted))
            return {
                row.period: Total(
                    spent_usd=row.spent_nano_usd / NANO,
                    held_usd=row.held_nano_usd / NANO,
                    refused=row.refused,
                )
                for row in found
            }

    async def first_hour(self, tenant: str) -> str | None:
        """The key of the first hour in which a call was made; None where none was."""
        hours = (spend.c.tenant == tenant, spend.c.person == "", spend.c.period.like("%T%"))
        async with self._database.read() as db:
            found = await db.execute(select(func.min(spend.c.period)).where(*hours))
            first: str | None = found.scalar()
            return first

    async def people(
        self, tenant: str, month: str, *, most: int
    ) -> tuple[int, list[tuple[str, float]]]:
        """How many people's questions cost something in a month, and those that cost most."""
        sums = (
            select(spend.c.person, func.sum(spend.c.spent_nano_usd).label("spent"))
            .where(
                spend.c.tenant == tenant,
                spend.c.person != "",
                spend.c.period.like(f"{month}-%"),
                spend.c.spent_nano_usd > 0,
            )
            .group_by(spend.c.person)
        )
        async with self._database.read() as db:
            count = (await db.execute(select(func.count()).select_from(sums.subquery()))).scalar()
            found = await db.execute(
                sums.order_by(func.sum(spend.c.spent_nano_usd).desc(), spend.c.person).limit(most)
            )
            return count or 0, [(row.person, int(row.spent) / NANO) for row in found]

    async def unsettled(self, tenant: str, since: datetime) -> tuple[int, float]:
        """Calls whose rows say the most that they may have cost, and that sum: they were broken
        off, or their process ended, or they are under way.
        """
        wanted = (
            usage.c.tenant == tenant,
            usage.c.at >= since,
            usage.c.state != CallState.SETTLED.value,
        )
        async with self._database.read() as db:
            found = await db.execute(
                select(func.count(), func.sum(usage.c.cost_usd)).where(*wanted)
            )
            count, cost = found.one()
            return int(count), float(cost or 0.0)


def _order(period: Period) -> tuple[str, str]:
    return (period.key, period.person)


def _of(tenant: str, period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        spend.c.tenant == tenant,
        spend.c.person == period.person,
        spend.c.period == period.key,
    )


def _hold(db: Connection, tenant: str, period: Period, most_nano_usd: int) -> bool:
    """Reserves in one period; false where it has no room."""
    limit = period.limit_nano_usd
    if limit is not None and most_nano_usd > limit:
        return False
    held = {"held_nano_usd": spend.c.held_nano_usd + most_nano_usd}
    taken = spend.c.spent_nano_usd + spend.c.held_nano_usd
    room = None if limit is None else taken + most_nano_usd <= limit
    done = db.execute(
        upsert(db, spend)
        .values(**_new(tenant, period) | {"held_nano_usd": most_nano_usd})
        .on_conflict_do_update(index_elements=_KEY, set_=held, where=room)
    )
    return bool(done.rowcount)


def _count_refusal(db: Connection, tenant: str, period: Period) -> None:
    db.execute(
        upsert(db, spend)
        .values(**_new(tenant, period) | {"refused": 1})
        .on_conflict_do_update(index_elements=_KEY, set_={"refused": spend.c.refused + 1})
    )


def _new(tenant: str, period: Period) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "person": period.person,
        "period": period.key,
        "spent_nano_usd": 0,
        "held_nano_usd": 0,
        "refused": 0,
    }
