"""The hours in which people answer, and moments counted in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import SettingsInvalid
from engine.review_settings import ReviewSettings

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
_LEAST_MINUTES = 60
"""Of a business day: with less a target of months would lie centuries ahead."""
_PREFIX = "DESKHAND_REVIEW__"


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessTime:
    """Business hours of every week.

    opens, closes: minutes after midnight on the clocks of `zone`. weekdays: 0 is Monday. On a day
    on which clocks change, hours last as long as they do between these two readings; a reading that
    comes twice counts the first time, and one that is skipped as long after midnight as it says.
    """

    zone: ZoneInfo
    weekdays: frozenset[int]
    opens: int
    closes: int

    def after(self, start: datetime, minutes: float) -> datetime:
        """The moment at which so many business minutes have passed since `start`, in UTC.

        It is in business hours, their ends included: of none at all, the next moment that is.
        """
        left = timedelta(minutes=max(minutes, 0.0))
        for opens, closes in self._hours_from(start):
            begin = max(opens, start)
            if left <= closes - begin and begin < closes:
                return (begin + left).astimezone(UTC)
            left -= max(closes - begin, timedelta())
        raise AssertionError("weeks do not end")

    def minutes_between(self, start: datetime, end: datetime) -> float:
        """Business minutes from `start` to `end`; negative where `end` is the earlier."""
        if end < start:
            return -self.minutes_between(end, start)
        total = timedelta()
        for opens, closes in self._hours_from(start):
            if opens >= end:
                break
            total += max(min(closes, end) - max(opens, start), timedelta())
        return total / timedelta(minutes=1)

    def next_opening(self, after: datetime) -> datetime:
        """The first start of business later than `after`, in UTC."""
        return next(opens for opens, _ in self._hours_from(after) if opens > after).astimezone(UTC)

    def _hours_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Hours of each business day, in UTC, from before `start` on; none is empty."""
        day = start.astimezone(self.zone).date() - timedelta(days=1)
        while True:
            if day.weekday() in self.weekdays:
                opens, closes = self._at(day, self.opens), self._at(day, self.closes)
                if opens < closes:  # else the change of clocks skips all of them
                    yield opens, closes
            day += timedelta(days=1)

    def _at(self, day: date, minutes: int) -> datetime:
        day += timedelta(days=minutes // _DAY_MINUTES)
        hour, minute = divmod(minutes % _DAY_MINUTES, 60)
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
        return local.astimezone(UTC)


def business_time_of(review: ReviewSettings) -> BusinessTime:
    """The hours that the settings say.

    Raises: SettingsInvalid where they name no hours, no days or no time zone.
    """
    try:
        zone = ZoneInfo(review.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsInvalid(
            f"{_PREFIX}TIMEZONE {review.timezone[:60]!r} is no time zone; use one such as "
            "Europe/Berlin"
        ) from None
    opens, closes = (_minutes(text) for text in review.business_hours.split("-"))
    if opens is None or closes is None or closes - opens < _LEAST_MINUTES:
        raise SettingsInvalid(
            f"{_PREFIX}BUSINESS_HOURS {review.business_hours!r} must be two times of one day, an "
            "hour apart or more; use 09:00-17:00, or 00:00-24:00 for all day"
        )
    return BusinessTime(zone=zone, weekdays=_weekdays(review), opens=opens, closes=closes)


def _minutes(text: str) -> int | None:
    hour, minute = (int(part) for part in text.split(":"))
    if minute > 59 or hour * 60 + minute > _DAY_MINUTES:
        return None
    return hour * 60 + minute


def _weekdays(review: ReviewSettings) -> frozenset[int]:
    found: set[int] = set()
    for part in review.business_days.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise SettingsInvalid(
                f"{_PREFIX}BUSINESS_DAYS {review.business_days[:60]!r} names no days; use "
                f"mon-fri, or some of {','.join(_DAYS)}"
            )
        begin = _DAYS.index(first)
        count = (_DAYS.index(last or first) - begin) % 7 + 1
        found.update((begin + n) % 7 for n in range(count))
    return frozenset(found)
