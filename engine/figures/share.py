"""A share with its interval, and how many of its questions people had a part in."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z = 1.959963984540054
"""97.5% quantile of the normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """hits of trials questions; involved: of the trials, those in which a person had a part."""

    hits: int
    trials: int
    involved: int

    @property
    def value(self) -> float | None:
        """In [0, 1]; None without trials."""
        return self.hits / self.trials if self.trials else None

    @property
    def interval(self) -> tuple[float, float]:
        """95%; (0, 1) without trials."""
        return wilson(self.hits, self.trials)

    @property
    def involvement(self) -> float | None:
        """Share of the trials in which a person had a part; None without trials."""
        return self.involved / self.trials if self.trials else None


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95% interval of a share of independent trials; (0, 1) without trials.

    Source: Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    if not trials:
        return 0.0, 1.0
    share, z2 = successes / trials, _Z * _Z
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials * trials)
    half = _Z * math.sqrt(spread) / (1 + z2 / trials)
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == trials else min(1.0, middle + half)
    return low, high
