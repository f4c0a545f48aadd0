"""A line through samples in time, with an interval that knows that neighbours are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_Z_95 = 1.959964
_FEWEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """Growth of y for each unit of x; low to high: its 95% interval."""

    value: float
    low: float
    high: float


def slope_of(points: Sequence[tuple[float, float]]) -> Slope:
    """The line of least squares, its interval by Newey and West's variance (Econometrica 55, 1987).

    Samples of memory or of a queue hang on the ones before, so that the plain interval would be far
    too narrow. Bartlett's kernel with floor(4 (n/100)^(2/9)) lags.

    Raises: ValueError for fewer than four points, or points at one x only.
    """
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    n = len(x)
    centred = x - x.mean() if n else x
    spread = float(centred @ centred)
    if n < _FEWEST or spread == 0:
        raise ValueError("a slope wants four points or more, at several moments")
    value = float(centred @ y) / spread
    scores = centred * (y - y.mean() - value * centred)
    lags = int(4 * (n / 100) ** (2 / 9))
    variance = float(scores @ scores)
    for lag in range(1, lags + 1):
        weight = 1 - lag / (lags + 1)
        variance += 2 * weight * float(scores[lag:] @ scores[:-lag])
    error = _Z_95 * (max(variance, 0.0) * n / (n - 2)) ** 0.5 / spread
    return Slope(value=value, low=value - error, high=value + error)
