"""The budgets of a workspace and of its people, and the periods that they hold for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.budget_settings import BudgetSettings
from engine.errors import SettingsInvalid
from engine.storage.spend import NANO, Period


def zone_of(name: str) -> ZoneInfo:
    """The time zone of the settings.  Raises: SettingsInvalid."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsInvalid(
            "DESKHAND_REVIEW__TIMEZONE is not a time zone; write one such as Europe/Berlin"
        ) from None


def month_of(local: datetime) -> str:
    """The key of the month that a local moment is in."""
    return f"{local:%Y-%m}"


def day_of(local: datetime) -> str:
    """The key of its day."""
    return f"{local:%Y-%m-%d}"


def hour_of(local: datetime) -> str:
    """The key of its hour; the hour that a change of clocks repeats is one."""
    return f"{local:%Y-%m-%dT%H}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """How much may be spent, and when a period begins."""

    settings: BudgetSettings
    zone: ZoneInfo

    def local(self, at: datetime) -> datetime:
        """A moment on the workspace's clocks."""
        return at.astimezone(self.zone)

    def periods(self, at: datetime, *, person: str | None, limited: bool) -> tuple[Period, ...]:
        """Where a call at this moment counts. limited: whether it may be refused.

        person: whose question it serves; None for nobody's.
        """
        local = self.local(at)
        given = self.settings

        def limit(usd: float) -> int | None:
            return math.floor(usd * NANO) if limited else None

        periods = [
            Period(key=month_of(local), limit_nano_usd=limit(given.month_usd)),
            Period(key=day_of(local), limit_nano_usd=limit(given.day_usd)),
            Period(key=hour_of(local)),
        ]
        if person:
            periods.append(
                Period(key=day_of(local), person=person, limit_nano_usd=limit(given.person_day_usd))
            )
        return tuple(periods)


def refusal(period: Period) -> str:
    """Why a call was not made, for people: which budget has no room for it."""
    if period.person:
        return "today's budget for one person is used up (DESKHAND_BUDGET__PERSON_DAY_USD)"
    if len(period.key) == len("2026-11"):
        return "this month's budget for models is used up (DESKHAND_BUDGET__MONTH_USD)"
    return "today's budget for models is used up (DESKHAND_BUDGET__DAY_USD)"
