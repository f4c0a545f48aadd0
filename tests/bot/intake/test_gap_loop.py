"""When history is read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import bot.intake.gap_loop as gap_loop
from bot.intake.gap_loop import GapLoop


class Readings:
    """In place of reading; counts."""

    def __init__(self) -> None:
        self.count = 0
        self.read_once = asyncio.Event()

    async def read(self) -> int:
        self.count += 1
        self.read_once.set()
        return 0

    def forget_all(self) -> None:
        """In place of Slack's facts too."""


async def test_what_slack_held_back_is_read_once_after_the_last_time_it_said_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gap_loop, "_LIMITED_S", 0.05)
    readings: Any = Readings()
    gaps = GapLoop(readings, readings)
    gaps.start()
    await readings.read_once.wait()
    readings.read_once.clear()
    for _ in range(5):
        gaps.on_limited()
    await readings.read_once.wait()
    assert readings.count == 2
    gaps.on_limited()
    await gaps.aclose()
    await asyncio.sleep(0.1)
    assert readings.count == 2
