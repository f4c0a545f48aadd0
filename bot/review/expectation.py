"""How long an asker will probably wait for a person, from what others waited lately."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from engine.clock import Clock
from engine.storage.cases import CaseStore

_SINCE = timedelta(days=30)
_LEAST_CASES = 8
_STEPS = (5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 360, 480)
"""Minutes to which a wait is rounded up: nobody is to expect less than it was."""


class Expect(Protocol):
    """How long the asker of a question will probably wait for a person."""

    async def __call__(self, triage: Mapping[str, Any], *, channel: str) -> str:
        """A sentence, empty where nothing is known. triage: as the answer contract has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Of one tenant's cases. minutes_between: business minutes; day: those of a business day."""

    tenant: str
    cases: CaseStore
    minutes_between: Callable[[datetime, datetime], float]
    day: float
    clock: Clock

    async def sentence(self, *, channel: str | None, priority: str | None) -> str:
        """What to tell the asker of a case of this channel of cards and this priority.

        Empty where fewer than 8 such cases were answered in 30 days: less would be a guess. The
        times are the median and the 80th percentile, interpolated linearly (type 7 of Hyndman and
        Fan, Sample quantiles in statistical packages, 1996).
        """
        times = await self.cases.answer_times(
            self.tenant, since=self.clock() - _SINCE, channel=channel, priority=priority
        )
        if len(times) < _LEAST_CASES:
            return ""
        waited = [max(0.0, self.minutes_between(opened, came)) for opened, came in times]
        half = statistics.median(waited)
        most = statistics.quantiles(waited, n=10, method="inclusive")[7]
        usual, mostly = self._words(half), self._words(most)
        if usual == mostly:
            return f"The answer usually comes within {usual}, in working hours."
        return (
            f"The answer usually comes within {usual} and mostly within {mostly}, in working hours."
        )

    def _words(self, minutes: float) -> str:
        step = next((step for step in _STEPS if minutes <= step and step < self.day), None)
        if step is None:
            days = max(1, -int(-minutes // max(self.day, 1.0)))
            return "one working day" if days == 1 else f"{days:,} working days"
        if step < 60:
            return f"{step} minutes"
        hours = step / 60
        return "one hour" if hours == 1 else f"{hours:g} hours"
