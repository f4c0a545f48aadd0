"""Clocks and medians."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from engine.audience import FULL_MEMBER
from engine.compose import Engine
from engine.question import Budget, Question
from engine.retrieval.cache import CacheState
from engine.trace import Trace
from evals.metrics import percentile

T = TypeVar("T")

FREE = Budget(max_cost_usd=0.0)


async def timed(call: Callable[[], Awaitable[T]]) -> tuple[float, T]:
    """Milliseconds that a call took, and its result."""
    started = time.perf_counter()
    result = await call()
    return (time.perf_counter() - started) * 1000, result


async def ask(engine: Engine, question: Question) -> tuple[float, Trace]:
    """Milliseconds from a question to its Trace, as a full member without a budget."""
    return await timed(
        lambda: engine.pipeline.run(
            question, tenant=engine.settings.tenant, audience=FULL_MEMBER, budget=FREE
        )
    )


def quantile(values: Sequence[float], q: float) -> float:
    """The q-th percentile, to the microsecond; 0 without values."""
    return round(percentile(values, q) or 0.0, 3)


def ratio(value: float, of: float) -> float:
    """value / of, 0 where there is nothing to divide by."""
    return round(value / of, 3) if of else 0.0


def hit_rates(before: dict[str, CacheState], after: dict[str, CacheState]) -> dict[str, float]:
    """Share of look-ups between two moments that each cache answered, by the cache's name."""
    rates = {}
    for name, state in after.items():
        hits = state.hits - before[name].hits
        asked = hits + state.misses - before[name].misses
        rates[f"{name}_cache_hit_rate"] = round(hits / asked, 4) if asked else 0.0
    return rates
