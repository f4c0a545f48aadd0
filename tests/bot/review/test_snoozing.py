from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.review.business_time import business_time_of
from bot.review.snoozing import until_of
from engine.review_settings import ReviewSettings

BRUSSELS = business_time_of(ReviewSettings(timezone="Europe/Brussels"))


@pytest.mark.parametrize(
    ("choice", "at", "until"),
    [
        ("hour", "2026-11-24T12:00", "2026-11-24T13:00"),
        ("tomorrow", "2026-11-24T12:00", "2026-11-25T08:00"),  # 09:00 in Brussels
        ("tomorrow", "2026-11-24T23:30", "2026-11-26T08:00"),  # after midnight there
        ("tomorrow", "2026-11-27T12:00", "2026-11-30T08:00"),  # from Friday to Monday
        ("monday", "2026-11-25T12:00", "2026-11-30T08:00"),
        ("monday", "2026-11-30T12:00", "2026-12-07T08:00"),  # on a Monday, the next one
        ("monday", "2027-03-27T12:00", "2027-03-29T07:00"),  # over the change of clocks
    ],
)
def test_a_rest_ends_when_business_begins(choice: str, at: str, until: str) -> None:
    asked = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert until_of(choice, asked, BRUSSELS) == datetime.fromisoformat(until).replace(tzinfo=UTC)


def test_what_is_no_choice_is_no_rest() -> None:
    assert until_of("for ever", datetime(2026, 1, 1, tzinfo=UTC), BRUSSELS) is None
