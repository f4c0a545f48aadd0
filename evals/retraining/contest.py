"""Whether a challenger is better than the champion: both on the same held-out rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evals.statistics.intervals import mean_difference_interval
from evals.statistics.pairing import PairedRows
from evals.statistics.randomization import mean_p

LEVEL: Final = 0.05
"""Two-sided level of each contest: a challenger that is as good as the champion is promoted in one
of forty contests at most. It would then be as good."""

_SEED = 7
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Means of a score on the same rows, the higher the better.

    gain: challenger minus champion. low, high: its 95% interval by the paired bootstrap; None with
    fewer than five rows. p: two-sided, of the paired randomization test.
    """

    rows: int
    champion: float
    challenger: float
    gain: float
    low: float | None
    high: float | None
    p: float

    @property
    def is_better(self) -> bool:
        """Whether the challenger is, by more than chance."""
        return self.gain > 0 and self.p <= LEVEL

    @property
    def is_worse(self) -> bool:
        """Whether it is worse by more than chance."""
        return self.gain < 0 and self.p <= LEVEL

    def as_json(self) -> dict[str, Any]:
        """For a report."""
        rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}
        return rounded | {"better": self.is_better, "worse": self.is_worse}


def contest(champion: Floats, challenger: Floats) -> Contest:
    """Two scores of each row.  Raises: ValueError without rows, or for unequal numbers of them."""
    if len(champion) != len(challenger) or not len(champion):
        raise ValueError("a contest needs the same rows for both, and at least one")
    rows = PairedRows(
        before=np.asarray(champion, np.float64)[:, None],
        after=np.asarray(challenger, np.float64)[:, None],
    )
    bounds = mean_difference_interval(rows, _SEED)
    return Contest(
        rows=len(champion),
        champion=float(np.mean(champion)),
        challenger=float(np.mean(challenger)),
        gain=float(np.mean(challenger) - np.mean(champion)),
        low=None if bounds is None else bounds[0],
        high=None if bounds is None else bounds[1],
        p=mean_p(rows, _SEED),
    )
