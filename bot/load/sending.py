"""Sends events at a pace, or as fast as they are acknowledged, and takes the time of each."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.workspace.delivery import Envelope, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Acks:
    """acked: of those sent. latencies_ms: of each that was acknowledged, sorted. seconds: from
    the first event to the last acknowledgement."""

    sent: int
    latencies_ms: tuple[float, ...]
    seconds: float

    @property
    def unacked(self) -> int:
        """Events without an acknowledgement within Slack's three seconds."""
        return self.sent - len(self.latencies_ms)

    @property
    def per_second(self) -> float:
        """Acknowledgements per second."""
        return len(self.latencies_ms) / self.seconds if self.seconds else 0.0

    def percentile_ms(self, share: float) -> float:
        """Latency that this share of the acknowledgements did not exceed; 0 without any."""
        return percentile(self.latencies_ms, share)


async def send_at(transport: Transport, events: Sequence[Envelope], *, per_second: float) -> Acks:
    """At a fixed pace, whether or not earlier ones were acknowledged, as Slack does.

    A latency is counted from the moment at which the event was due to go out.
    """
    latencies: list[float] = []
    started = time.perf_counter()

    async def one(event: Envelope, due: float) -> None:
        if (await transport.send(event, 0, "")).acked:
            latencies.append((time.perf_counter() - due) * 1000)

    async with asyncio.TaskGroup() as group:
        for number, event in enumerate(events):
            due = started + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(event, due))
    return _acks(events, latencies, started)


async def send_fast(transport: Transport, events: Sequence[Envelope], *, at_once: int) -> Acks:
    """The next as soon as one of those under way is acknowledged."""
    latencies: list[float] = []
    started = time.perf_counter()
    waiting = iter(events)

    async def lane(first: Envelope) -> None:
        for event in itertools.chain([first], waiting):
            began = time.perf_counter()
            if (await transport.send(event, 0, "")).acked:
                latencies.append((time.perf_counter() - began) * 1000)

    async with asyncio.TaskGroup() as group:
        for first in itertools.islice(waiting, at_once):
            group.create_task(lane(first))
    return _acks(events, latencies, started)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed (nearest rank); 0 without any."""
    if not ordered:
        return 0.0
    return ordered[max(0, -(-int(share * len(ordered) * 1000) // 1000) - 1)]


def _acks(events: Sequence[Envelope], latencies: list[float], started: float) -> Acks:
    return Acks(
        sent=len(events),
        latencies_ms=tuple(sorted(latencies)),
        seconds=time.perf_counter() - started,
    )
