"""Whether an hour costs far more than the same hour of the weeks before."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

LEAST_WEEKS = 4
"""Before so many are known, nothing is unusual."""
MOST_WEEKS = 8
_DEVIATIONS = 6.0
_OF_NORMAL = 1.4826
"""Makes the median absolute deviation the standard deviation of a normal distribution (Rousseeuw
and Croux 1993)."""
_TIMES = 2.0
_FLOOR = 0.05
"""Of the budget of a day."""


def unusual_above_usd(weeks: Sequence[float], *, day_usd: float) -> float | None:
    """What an hour must cost more than to be unusual; None where too few weeks are known.

    weeks: what the same hour of the week cost in each. One week that was out of the common, such as
    a first ingestion, moves neither median. Where all weeks cost nearly the same, twice as much is
    still common, and so is what is small against the budget of a day (`day_usd`).
    """
    if len(weeks) < LEAST_WEEKS:
        return None
    usual = median(weeks)
    deviation = _OF_NORMAL * median(abs(week - usual) for week in weeks)
    return max(usual + _DEVIATIONS * deviation, _TIMES * usual, _FLOOR * day_usd)
