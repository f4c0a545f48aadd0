"""When a schedule is due: five fields of cron in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from engine.errors import WrongUse

FIELDS = 5
"""Of an expression: minute, hour, day, month, weekday."""


def next_due(cron: str, timezone: str, after: datetime) -> datetime:
    """The next moment that the expression names, later than `after`.

    Raises: WrongUse where the expression or the zone is none, or it names no moment at all.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise WrongUse(
            f"{timezone[:60]!r} is no time zone; use one such as Europe/Berlin"
        ) from None
    try:
        trigger = CronTrigger.from_crontab(cron, timezone=zone)
    except (ValueError, KeyError):
        raise WrongUse(
            f'{cron[:60]!r} is no schedule; use five fields such as "0 3 * * mon-fri" for minute, '
            "hour, day, month, weekday"
        ) from None
    found: datetime | None = trigger.get_next_fire_time(after, after)
    if found is None:
        raise WrongUse(f"{cron[:60]!r} names no moment that ever comes")
    return found.astimezone(UTC)
