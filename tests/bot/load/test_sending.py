"""Sending at a pace and as fast as it goes, over a transport that acknowledges as it is told."""

from __future__ import annotations

import asyncio

import pytest

from bot.load.memory import slope
from bot.load.sending import percentile, send_at, send_fast
from bot.workspace.delivery import Answer, Envelope, EnvelopeType

EVENTS = tuple(Envelope(type=EnvelopeType.EVENT, payload={"n": n}) for n in range(40))


class Line:
    """Counts what is under way; leaves every tenth event without an acknowledgement."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.sent: list[int] = []
        self.most = self.now = 0
        self._seconds = seconds

    async def send(self, envelope: Envelope, attempt: int, reason: str) -> Answer:
        self.sent.append(envelope.payload["n"])
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self._seconds)
        self.now -= 1
        return Answer(acked=envelope.payload["n"] % 10 != 9)


async def test_a_pace_does_not_wait_for_acknowledgements_and_counts_what_got_none() -> None:
    line = Line(seconds=0.2)
    acks = await send_at(line, EVENTS, per_second=1000.0)
    assert line.sent == list(range(40))
    assert line.most > 8
    assert (acks.sent, acks.unacked) == (40, 4)
    assert acks.percentile_ms(0.5) >= 200


async def test_as_fast_as_it_goes_has_only_so_many_under_way() -> None:
    line = Line(seconds=0.001)
    acks = await send_fast(line, EVENTS, at_once=3)
    assert line.sent == list(range(40))
    assert line.most == 3
    assert (acks.sent, acks.unacked) == (40, 4)
    assert acks.per_second == pytest.approx(36 / acks.seconds)


def test_percentiles_are_by_nearest_rank() -> None:
    ordered = [float(n) for n in range(1, 101)]
    assert percentile(ordered, 0.5) == 50
    assert percentile(ordered, 0.99) == 99
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2
    assert percentile([7.0], 0.99) == 7
    assert percentile([], 0.5) == 0


def test_growth_is_the_slope_of_the_line_of_least_squares() -> None:
    assert slope([(0, 1), (1, 3), (2, 5)]) == 2
    assert slope([(0, 0), (1, 3), (2, 0)]) == 0
    assert slope([(0, 9)]) == 0
