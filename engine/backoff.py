"""How long to wait before the same call is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential, with full jitter, bounded by the time that is left.

    attempts: calls in all, the first one included. base_s: mean wait before the second doubles
    for each further one, at most `most_s`. draw: a number in [0, 1).
    Source: Brooker, Exponential Backoff and Jitter (AWS Architecture Blog, 2015).
    """

    attempts: int = 3
    base_s: float = 0.5
    most_s: float = 8.0
    draw: Callable[[], float] = field(default=random.random)

    def delay_s(
        self, failures: int, *, left_s: float, retry_after_s: float | None = None
    ) -> float | None:
        """Seconds to wait after so many failures; None where trying again makes no sense.

        retry_after_s: what the server asked for; at least so long is waited, and where that is
        longer than what is left, nothing is tried again.
        """
        if failures >= self.attempts:
            return None
        wait = min(self.most_s, self.base_s * 2 ** (failures - 1)) * 2 * self.draw()
        if retry_after_s is not None:
            wait = max(retry_after_s, 0.0) + wait / 10
        return wait if wait < left_s else None
