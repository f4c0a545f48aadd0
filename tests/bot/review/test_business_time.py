"""Moments worked out by hand. In Berlin clocks go from 02:00 to 03:00 on Sunday, 29 March 2026, and
from 03:00 to 02:00 on Sunday, 25 October 2026."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.review.business_time import BusinessTime, business_time_of
from engine.errors import SettingsInvalid
from engine.review_settings import ReviewSettings

BERLIN = ZoneInfo("Europe/Berlin")


def hours(
    business_hours: str = "09:00-17:00", business_days: str = "mon-fri", zone: str = "Europe/Berlin"
) -> BusinessTime:
    return business_time_of(
        ReviewSettings(business_hours=business_hours, business_days=business_days, timezone=zone)
    )


def at(text: str) -> datetime:
    """A moment by the clocks of Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23 10:00", 30, "2026-11-23 10:30"),
        ("2026-11-23 10:00", 0, "2026-11-23 10:00"),
        ("2026-11-23 16:00", 60, "2026-11-23 17:00"),  # the very end of the day
        ("2026-11-23 16:00", 61, "2026-11-24 09:01"),
        ("2026-11-23 07:00", 30, "2026-11-23 09:30"),  # before they open
        ("2026-11-23 20:00", 30, "2026-11-24 09:30"),  # after they close
        ("2026-11-23 17:00", 0, "2026-11-24 09:00"),
        ("2026-11-27 16:30", 60, "2026-11-30 09:30"),  # Friday to Monday
        ("2026-11-28 12:00", 1, "2026-11-30 09:01"),  # on a Saturday
        ("2026-11-27 09:00", 960, "2026-11-30 17:00"),  # two days
        ("2026-11-23 09:00", 2400, "2026-11-27 17:00"),  # a week
        ("2026-03-27 16:00", 120, "2026-03-30 10:00"),  # over the change to summer time
        ("2026-10-23 16:00", 120, "2026-10-26 10:00"),  # and back
    ],
)
def test_minutes_pass_in_business_hours_alone(start: str, minutes: int, end: str) -> None:
    assert hours().after(at(start), minutes) == at(end)
    assert hours().minutes_between(at(start), at(end)) == minutes


def test_it_is_utc_whatever_zone_it_is_asked_in() -> None:
    tokyo = at("2026-11-23 10:00").astimezone(ZoneInfo("Asia/Tokyo"))
    found = hours().after(tokyo, 30)
    assert found == at("2026-11-23 10:30")
    assert found.utcoffset() == timedelta(0)
    assert hours().next_opening(tokyo).utcoffset() == timedelta(0)


def test_a_day_on_which_clocks_change_is_as_long_as_it_is() -> None:
    always = hours("00:00-24:00", "mon-sun")
    for day, lasts in (("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)):
        begin = at(f"{day} 00:00")
        following = begin.astimezone(BERLIN).date() + timedelta(days=1)
        end = at(f"{following} 00:00")
        assert always.minutes_between(begin, end) == lasts * 60
        assert always.after(begin, lasts * 60) == end
        assert always.after(begin, 90) == begin + timedelta(minutes=90)


def test_hours_over_the_change_itself_are_shorter_or_longer() -> None:
    nights = hours("01:00-05:00", "sun")
    spring, autumn = at("2026-03-29 01:00"), at("2026-10-25 01:00")
    assert nights.minutes_between(spring, at("2026-03-29 12:00")) == 3 * 60
    assert nights.minutes_between(autumn, at("2026-10-25 12:00")) == 5 * 60
    assert nights.after(spring, 120) == at("2026-03-29 04:00")
    assert nights.after(autumn, 240) == at("2026-10-25 04:00")


def test_hours_that_the_change_skips_are_none() -> None:
    nights = hours("02:00-03:00", "sun")
    assert nights.minutes_between(at("2026-03-29 00:00"), at("2026-03-29 12:00")) == 0
    assert nights.after(at("2026-03-29 00:00"), 10) == at("2026-04-05 02:10")


def test_time_runs_backwards_too() -> None:
    assert hours().minutes_between(at("2026-11-30 10:00"), at("2026-11-27 16:00")) == -120


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        ("2026-11-23 08:59", "2026-11-23 09:00"),
        ("2026-11-23 09:00", "2026-11-24 09:00"),
        ("2026-11-27 12:00", "2026-11-30 09:00"),
        ("2026-03-27 12:00", "2026-03-30 09:00"),
    ],
)
def test_the_next_start_of_business_is_later(after: str, opens: str) -> None:
    assert hours().next_opening(at(after)) == at(opens)


@pytest.mark.parametrize(
    ("days", "weekdays"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sun-thu", {6, 0, 1, 2, 3}),
        ("mon,wed-thu", {0, 2, 3}),
        ("sat", {5}),
    ],
)
def test_days_are_named_singly_or_from_one_to_another(days: str, weekdays: set[int]) -> None:
    assert hours(business_days=days).weekdays == weekdays


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"business_hours": "09:00-09:00"}, "BUSINESS_HOURS '09:00-09:00' must be two times"),
        ({"business_hours": "17:00-09:00"}, "BUSINESS_HOURS"),
        ({"business_hours": "09:00-09:59"}, "an hour apart or more"),
        ({"business_hours": "09:00-25:00"}, "BUSINESS_HOURS"),
        ({"business_hours": "09:75-17:00"}, "BUSINESS_HOURS"),
        ({"business_hours": "00:00-24:01"}, "BUSINESS_HOURS"),
        ({"business_days": "mon-fry"}, "BUSINESS_DAYS 'mon-fry' names no days; use mon-fri"),
        ({"timezone": "Mars/Olympus"}, "TIMEZONE 'Mars/Olympus' is no time zone"),
        ({"timezone": "../etc/passwd"}, "is no time zone"),
        ({"timezone": ""}, "is no time zone"),
    ],
)
def test_what_names_no_hours_is_refused_with_what_to_do(wrong: dict[str, str], names: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        business_time_of(ReviewSettings(**wrong))  # type: ignore[arg-type]
    assert names in str(refused.value)


some_hours = st.builds(
    lambda opens, lasts, days, zone: BusinessTime(
        zone=ZoneInfo(zone), weekdays=frozenset(days), opens=opens, closes=opens + lasts
    ),
    st.integers(0, 23 * 60),
    st.integers(60, 24 * 60),
    st.sets(st.integers(0, 6), min_size=1),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
).filter(lambda hours: hours.closes <= 24 * 60)
moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(some_hours, moments, st.integers(0, 6_000))
def test_counting_gives_back_what_was_added(
    hours: BusinessTime, start: datetime, minutes: int
) -> None:
    end = hours.after(start, minutes)
    assert end >= start
    assert hours.minutes_between(start, end) == pytest.approx(minutes)
    assert hours.after(start, minutes + 1) > end


@given(some_hours, moments, moments, moments)
def test_parts_add_up(
    hours: BusinessTime, first: datetime, second: datetime, third: datetime
) -> None:
    whole = hours.minutes_between(first, third)
    parts = hours.minutes_between(first, second) + hours.minutes_between(second, third)
    assert parts == pytest.approx(whole)
