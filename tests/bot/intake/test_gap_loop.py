"""When history is read again, and when not."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bot.intake.gap_loop import GapLoop

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Reading:
    """What the loop asks of the gaps of a workspace."""

    def __init__(self) -> None:
        self.unread: frozenset[str] = frozenset()
        self.asked: list[frozenset[str]] = []

    async def read(self, only: frozenset[str], *, since: float = math.inf) -> frozenset[str]:
        self.asked.append(only)
        return self.unread


def loop_of(gaps: Reading) -> GapLoop:
    loop = GapLoop(cast(Any, gaps), cast(Any, None), lambda: NOW, sweep_every_s=900)
    loop._open()
    return loop


async def test_a_channel_that_could_not_be_read_is_read_again_alone() -> None:
    gaps = Reading()
    gaps.unread = frozenset({"C2"})
    loop = loop_of(gaps)
    await loop._read_gap()
    gaps.unread = frozenset()
    await loop._read_gap()
    assert gaps.asked == [frozenset(), frozenset({"C2"})]
    await loop.aclose()


async def test_retries_of_what_was_sent_before_the_last_reading_open_no_gap() -> None:
    gaps = Reading()
    loop = loop_of(gaps)
    await loop._read_gap()
    opened = loop._opened
    for before_s in (360, 60, 2):
        loop.on_unreached((NOW - timedelta(seconds=before_s)).timestamp())
    assert (loop._opened, loop._later) == (opened, None)
    loop.on_unreached(NOW.timestamp())
    assert loop._opened == opened + 1
    assert loop._later is not None
    await loop.aclose()


async def test_many_retries_have_history_read_once() -> None:
    gaps = Reading()
    loop = loop_of(gaps)
    await loop._read_gap()
    loop.on_unreached(NOW.timestamp())
    later = loop._later
    loop.on_unreached(NOW.timestamp() + 1)
    assert loop._later is later
    await loop.aclose()
