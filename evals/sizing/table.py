"""From people and passages to machines: plain arithmetic over measured unit costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evals.sizing.unit_costs import Costs

_GIB = 1 << 30
_BUSY = 0.5
"""Share of a replica's core that the peak may take: queues are short below it."""
_CORES = 2.0
_FEWEST_REPLICAS = 2
_GRAPH_MEMORY = 1.5
"""Qdrant's capacity planning: memory = vectors x dimension x 4 bytes x 1.5, for the graph and for
segments while they are rebuilt."""
_DIMENSION, _FLOAT_BYTES = 384, 4
_HOT = 0.2
"""Share of terms and filters that stays in memory where they are on disk: an assumption."""
_ONE_SHARD, _SHARDS = 1_000_000, 12
"""One shard up to here; beyond, the number that Qdrant's check-list names, as 2, 3, 4, 6 and 12
nodes divide it evenly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How people ask. per_person_day: questions on a working day. peak: share of a day's questions
    that comes in its busiest hour. usd_per_million: of prompt and of completion tokens."""

    per_person_day: float = 0.5
    peak: float = 0.2
    usd_per_million: tuple[float, float] = (0.40, 1.60)
    working_days: int = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPeople:
    """What the number of people decides. peak_per_s: questions in a second of the busiest hour.
    memory_gib: of all replicas. database_gib: of a year of questions. spend_usd: of a month, if a
    model writes every answer."""

    people: int
    per_day: float
    peak_per_s: float
    replicas: int
    memory_gib: float
    database_gib: float
    spend_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPassages:
    """What the number of passages decides, for one copy of each shard.

    memory_gib, on_disk_memory_gib: of Qdrant with vectors in memory, and with `on_disk`.
    """

    passages: int
    quantization: str
    database_gib: float
    disk_gib: float
    memory_gib: float
    on_disk_memory_gib: float
    shards: int


def for_people(people: int, costs: Costs, habits: Habits) -> ForPeople:
    """The row for so many people."""
    per_day = people * habits.per_person_day
    peak = per_day * habits.peak / 3600
    replicas = max(_FEWEST_REPLICAS, math.ceil(peak * costs.cpu_s / (_CORES * _BUSY)))
    prompt, completion = habits.usd_per_million
    each = (costs.prompt_tokens * prompt + costs.completion_tokens * completion) / 1e6
    year = per_day * habits.working_days
    return ForPeople(
        people=people,
        per_day=per_day,
        peak_per_s=peak,
        replicas=replicas,
        memory_gib=replicas * costs.replica_mib / 1024,
        database_gib=year * costs.question_bytes / _GIB,
        spend_usd=year / 12 * each,
    )


def for_passages(passages: int, quantization: str, costs: Costs) -> ForPassages:
    """The row for so many passages, held this way."""
    whole = passages * _DIMENSION * _FLOAT_BYTES * _GRAPH_MEMORY
    quantised = passages * costs.quantised_bytes[quantization]
    sparse = passages * costs.sparse_bytes
    return ForPassages(
        passages=passages,
        quantization=quantization,
        database_gib=passages * costs.passage_bytes / _GIB,
        disk_gib=(passages * costs.vector_bytes[quantization] + sparse) / _GIB,
        memory_gib=(whole + quantised + sparse) / _GIB,
        on_disk_memory_gib=(quantised + sparse * _HOT) / _GIB,
        shards=1 if passages <= _ONE_SHARD else _SHARDS,
    )
