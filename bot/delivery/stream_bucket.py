"""How many streams may still be started: Slack allows 20 a minute in a workspace."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from engine.clock import Clock, now

_MINUTE = timedelta(minutes=1)


class StreamBucket:
    """Counts the starts of one process; shared by everything in it that streams."""

    def __init__(self, *, per_minute: int = 20, clock: Clock = now) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._starts: deque[datetime] = deque()
        self._blocked_until: datetime | None = None

    def take(self) -> bool:
        """Counts a start where one is allowed now; never waits."""
        at = self._clock()
        if self._blocked_until is not None and at < self._blocked_until:
            return False
        while self._starts and self._starts[0] <= at - _MINUTE:
            self._starts.popleft()
        if len(self._starts) >= self._per_minute:
            return False
        self._starts.append(at)
        return True

    def block(self, seconds: float) -> None:
        """Slack said that there were too many: none for so long."""
        self._blocked_until = self._clock() + timedelta(seconds=seconds)
