"""When up to where a channel was read may be noted."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, cast

from bot.intake.gap_loop import GapLoop

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Reading:
    """What the loop asks of the gaps of a workspace."""

    def __init__(self) -> None:
        self.received = {"C1": "100.0", "C2": "100.0"}
        self.noted: list[dict[str, str]] = []
        self.unread: frozenset[str] = frozenset()
        self.asked: list[frozenset[str]] = []

    async def read(self, only: frozenset[str], *, since: float = math.inf) -> frozenset[str]:
        self.asked.append(only)
        return self.unread

    async def marks(self) -> dict[str, str]:
        return dict(self.received)

    async def is_read(self, through: dict[str, str]) -> None:
        self.noted.append(through)


def loop_of(gaps: Reading) -> GapLoop:
    loop = GapLoop(cast(Any, gaps), cast(Any, None), lambda: NOW)
    loop._open()
    return loop


async def test_live_messages_are_not_noted_as_read_through_while_a_gap_is_open() -> None:
    gaps = Reading()
    loop = loop_of(gaps)
    await loop._note()
    await loop._note()
    assert gaps.noted == []
    await loop._read_gap()
    await loop._note()
    assert gaps.noted == []
    gaps.received["C1"] = "200.0"
    await loop._note()
    assert gaps.noted == [{"C1": "100.0", "C2": "100.0"}]
    loop.on_missed()
    await loop._note()
    assert len(gaps.noted) == 1
    await loop.aclose()


async def test_a_channel_that_could_not_be_read_is_read_again_and_keeps_its_edge() -> None:
    gaps = Reading()
    gaps.unread = frozenset({"C2"})
    loop = loop_of(gaps)
    await loop._read_gap()
    await loop._note()
    await loop._note()
    assert gaps.noted == [{"C1": "100.0"}]
    gaps.unread = frozenset()
    await loop._read_gap()
    assert gaps.asked == [frozenset(), frozenset({"C2"})]
    await loop.aclose()
