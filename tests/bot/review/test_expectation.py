from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.review.expectation import Expectation
from engine.storage.cases import CaseStore

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Answered:
    """Cases that came up in the last days and waited so many minutes each."""

    def __init__(self, minutes: list[float]) -> None:
        self.minutes = minutes
        self.asked: list[Any] = []

    async def answer_times(self, tenant: str, **asked: Any) -> list[tuple[datetime, datetime]]:
        self.asked.append((tenant, asked))
        return [(NOW, NOW + timedelta(minutes=each)) for each in self.minutes]


async def sentence(minutes: list[float]) -> tuple[str, Answered]:
    answered = Answered(minutes)
    expectation = Expectation(
        tenant="acme",
        cases=cast(CaseStore, answered),
        minutes_between=lambda a, b: (b - a).total_seconds() / 60,
        day=480,
        clock=lambda: NOW,
    )
    return await expectation.sentence(channel="C1", priority="high"), answered


async def test_of_few_cases_nothing_is_said() -> None:
    said, answered = await sentence([10] * 7)
    assert said == ""
    assert answered.asked == [
        ("acme", {"since": NOW - timedelta(days=30), "channel": "C1", "priority": "high"})
    ]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        # median 50, 80th percentile 80.0 + .2 * 10 = 82 of ten, by hand
        ([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], "one hour and mostly within 1.5 hours"),
        ([3] * 8, "5 minutes"),
        ([100] * 8, "2 hours"),
        ([100] * 4 + [479] * 4, "6 hours and mostly within one working day"),
        ([481] * 8, "2 working days"),
    ],
)
async def test_the_wait_is_the_median_and_the_80th_percentile_rounded_up(
    minutes: list[float], words: str
) -> None:
    said, _ = await sentence(minutes)
    assert said == f"The answer usually comes within {words}, in working hours."
