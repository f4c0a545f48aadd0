"""Stops calling a server that keeps failing, and looks now and then whether it is back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    """closed: calls pass. open: none do. half-open: one probe is under way or may start."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitBreaker:
    """Opens after `failures` in a row; after `open_s` seconds lets one probe through.

    A probe that succeeds closes it, one that fails opens it again. Belongs to one event loop.
    """

    def __init__(
        self, *, failures: int, open_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """Where it stands now."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.wait_s() > 0 else BreakerState.HALF_OPEN

    @property
    def failures(self) -> int:
        """Failures in a row so far."""
        return self._failures

    def wait_s(self) -> float:
        """Seconds until a probe may start; 0 when one may."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._open_s - self._clock())

    def enter(self) -> Permit | None:
        """The right to make one call; None while it is open or a probe is under way.

        Whoever gets one says how the call ended.
        """
        if self._opened_at is None:
            return Permit(self, probe=False)
        if self.wait_s() > 0 or self._probing:
            return None
        self._probing = True
        return Permit(self, probe=True)

    def _ended(self, *, probe: bool, failed: bool | None) -> None:
        if probe:
            self._probing = False
        if failed is None:
            return
        if not failed:
            if probe or self._opened_at is None:
                self._failures, self._opened_at = 0, None
            return
        self._failures += 1
        if probe or (self._opened_at is None and self._failures >= self._limit):
            self._opened_at = self._clock()


@dataclass(slots=True)
class Permit:
    """One call under way; only the first word about its end counts."""

    _breaker: CircuitBreaker
    probe: bool
    _over: bool = False

    def succeeded(self) -> None:
        """The server works."""
        self._end(False)

    def failed(self) -> None:
        """The server does not."""
        self._end(True)

    def abandoned(self) -> None:
        """Nothing was learnt of the server, as when the caller went away."""
        self._end(None)

    def _end(self, failed: bool | None) -> None:
        if not self._over:
            self._over = True
            self._breaker._ended(probe=self.probe, failed=failed)
