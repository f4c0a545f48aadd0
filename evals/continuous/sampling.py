"""Which questions of a day are scored again: the same for the same day, whoever asks and when."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from engine.storage.traces import TraceStore

_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Drawn:
    """asked: questions of the day. ids: of the traces that were drawn, in a random order."""

    asked: int
    ids: tuple[str, ...]


def bounds_of(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Where a day begins and the next one does, in a time zone."""
    return (
        datetime.combine(day, time(), zone),
        datetime.combine(day + timedelta(days=1), time(), zone),
    )


async def draw_ids(traces: TraceStore, tenant: str, day: date, zone: tzinfo, *, most: int) -> Drawn:
    """At most that many of a day's traces, every choice of them equally likely.

    Those with the smallest hashes of day and id: what was drawn stays drawn when a trace comes
    late, unless that has a smaller one.

    Raises: StorageUnavailable.
    """
    since, until = bounds_of(day, zone)
    asked, held = 0, list[tuple[bytes, str]]()
    async for page in traces.ids_between(tenant, since, until):
        asked += len(page)
        held = heapq.nsmallest(most, [*held, *((_hash(day, each), each) for each in page)])
    return Drawn(asked=asked, ids=tuple(trace_id for _, trace_id in held))


def _hash(day: date, trace_id: str) -> bytes:
    return hashlib.sha256(f"{day.isoformat()}\0{trace_id}".encode()).digest()


async def read_bodies(
    traces: TraceStore, tenant: str, ids: Sequence[str]
) -> AsyncIterator[list[dict[str, Any]]]:
    """The traces' bodies in the order of the ids, a few at a time.  Raises: StorageUnavailable."""
    for start in range(0, len(ids), _AT_ONCE):
        wanted = ids[start : start + _AT_ONCE]
        found = await traces.bodies(tenant, wanted)
        yield [found[each] for each in wanted if each in found]
