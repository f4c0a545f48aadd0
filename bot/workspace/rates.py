"""Rate limits: so many calls a minute for each method, and one post a second for each channel."""

from __future__ import annotations

import math
from collections import deque

from bot.workspace.clock import Clock
from bot.workspace.method_facts import facts_of

POST_BURST = 5
"""Posts that a channel takes at once before "about one a second" is enforced."""


class RateLimits:
    """The buckets of one app.

    `scale` multiplies every limit (10 allows ten times as much); None switches them off.
    """

    def __init__(self, clock: Clock, scale: float | None) -> None:
        self.scale = scale
        self._clock = clock
        self._windows: dict[str, deque[float]] = {}
        self._posts: dict[str, tuple[float, float]] = {}

    def wait_s(self, method: str, channel: str) -> int:
        """Counts a call: 0 when it may go on, else the seconds of `Retry-After`.

        A refused call is not counted.
        """
        if self.scale is None:
            return 0
        now = self._clock.now()
        limit = max(1, math.floor(facts_of(method).per_minute * self.scale))
        window = self._windows.setdefault(method, deque())
        while window and window[0] <= now - 60:
            window.popleft()
        if len(window) >= limit:
            return max(1, math.ceil(window[0] + 60 - now))
        if method == "chat.postMessage":
            wait = self._post_wait_s(channel, now, self.scale)
            if wait:
                return wait
        window.append(now)
        return 0

    def _post_wait_s(self, channel: str, now: float, scale: float) -> int:
        left, at = self._posts.get(channel, (float(POST_BURST), now))
        left = min(float(POST_BURST), left + (now - at) * scale)
        if left < 1:
            self._posts[channel] = (left, now)
            return max(1, math.ceil((1 - left) / scale))
        self._posts[channel] = (left - 1, now)
        return 0
