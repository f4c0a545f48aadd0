"""Whether the bot takes questions now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Readiness:
    """What `/readyz` says. connected: whether Slack reaches the bot. others: further reasons."""

    connected: Callable[[], bool] = lambda: True
    others: Callable[[], str] = lambda: ""
    stopping: bool = False
    revoked: bool = False

    def why_not(self) -> str:
        """Why no questions are taken; empty when they are."""
        if self.stopping:
            return "stopping"
        if self.revoked:
            return "the app's tokens were revoked"
        return self.others() if self.connected() else "not connected to Slack"
