"""Until when a case rests."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.review.business_time import BusinessTime


def until_of(choice: str, at: datetime, business: BusinessTime) -> datetime | None:
    """When a rest that is chosen now ends; None for what cannot be chosen.

    hour: in an hour. tomorrow: the next day's first business hour. monday: next week's.
    """
    if choice == "hour":
        return at + timedelta(hours=1)
    local = at.astimezone(business.zone)
    if choice == "tomorrow":
        days = 1
    elif choice == "monday":
        days = 7 - local.weekday()
    else:
        return None
    midnight = (local + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    return business.next_opening(midnight - timedelta(microseconds=1))
