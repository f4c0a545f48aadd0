"""What the models have cost so far: read by admins, alerts and metrics alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median

from engine.clock import Clock
from engine.spending.budgets import Budgets, day_of, hour_of, month_of
from engine.spending.unusual import MOST_WEEKS, unusual_above_usd
from engine.storage.spend import SpendStore, Total

_WEEK_DAYS = 7
_LEAST_DAYS = 3
"""Whole days that a forecast needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSpend:
    """A period with a budget. key: as the table has it."""

    key: str
    limit_usd: float
    total: Total

    @property
    def share(self) -> float:
        """Spent, as a share of the budget; 1 where the budget is used up or has refused a call."""
        if self.total.refused or self.total.spent_usd >= self.limit_usd:
            return 1.0
        return self.total.spent_usd / self.limit_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """The present hour. usual_usd: the median of its weeks before; above_usd: what it must cost
    more than to be unusual; both None where too few are known.
    """

    key: str
    spent_usd: float
    usual_usd: float | None
    above_usd: float | None

    @property
    def is_unusual(self) -> bool:
        """Whether it costs far more than it did."""
        return self.above_usd is not None and self.spent_usd > self.above_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """At one moment. week_usd: of the last seven days, today with them. month_end_usd: what the
    month will have cost; None where too little is known. hour: the present one.
    """

    day: PeriodSpend
    month: PeriodSpend
    week_usd: float
    month_end_usd: float | None
    hour: Hour


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingOverview:
    """Reads it for one tenant."""

    tenant: str
    store: SpendStore
    budgets: Budgets
    clock: Clock

    async def now(self) -> Spending:
        """All of it.  Raises: StorageUnavailable."""
        local, settings = self.budgets.local(self.clock()), self.budgets.settings
        days = [day_of(local - timedelta(days=back)) for back in range(_WEEK_DAYS + 1)]
        hours = [hour_of(local - timedelta(weeks=back)) for back in range(MOST_WEEKS + 1)]
        first = await self.store.first_hour(self.tenant)
        found = await self.store.totals(self.tenant, [month_of(local), *days, *hours])
        spent = {key: total.spent_usd for key, total in found.items()}
        known_days = [day for day in days if first is not None and day >= first[: len(day)]]
        month = spent.get(month_of(local), 0.0)
        return Spending(
            day=PeriodSpend(
                key=days[0], limit_usd=settings.day_usd, total=found.get(days[0], Total())
            ),
            month=PeriodSpend(
                key=month_of(local),
                limit_usd=settings.month_usd,
                total=found.get(month_of(local), Total()),
            ),
            week_usd=sum(spent.get(day, 0.0) for day in days[:_WEEK_DAYS]),
            month_end_usd=_month_end(local, month, [spent.get(day, 0.0) for day in known_days]),
            hour=_hour(hours, spent, first, day_usd=settings.day_usd),
        )


def _month_end(local: datetime, month_usd: float, days: Sequence[float]) -> float | None:
    """The month so far, and for each day that is left the mean of the last whole days.

    days: today, then back.
    """
    whole = days[1:]
    if len(whole) < _LEAST_DAYS:
        return None
    mean = fmean(whole)
    next_month = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    left = (next_month.date() - local.date()).days - 1
    return month_usd + max(0.0, mean - days[0]) + mean * left


def _hour(
    hours: Sequence[str], spent: Mapping[str, float], first: str | None, *, day_usd: float
) -> Hour:
    weeks = [spent.get(key, 0.0) for key in hours[1:] if first is not None and key >= first]
    above = unusual_above_usd(weeks, day_usd=day_usd)
    return Hour(
        key=hours[0],
        spent_usd=spent.get(hours[0], 0.0),
        usual_usd=median(weeks) if above is not None else None,
        above_usd=above,
    )
