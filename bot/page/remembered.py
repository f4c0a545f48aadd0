"""What Slack's own servers remember of each person beside the messages."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Remembered:
    """Kept for as long as the server runs.

    read: up to which ts somebody has read a channel, by (person, channel). feedback: the value of
    the feedback button that somebody pressed, by (person, channel, ts), then by action id.
    """

    read: dict[tuple[str, str], str] = field(default_factory=dict)
    feedback: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)
