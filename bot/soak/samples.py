"""What is looked at while the bot works, and what it makes of two hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.load.sending import percentile
from evals.trends.slope import slope_of

WARM_UP = 1 / 3
"""Share of the run after which caches are taken to be full."""
MOST_GROWTH_MIB = 5.0
"""Of its own memory, for each 1,000 questions: what the interval may not lie above. Pages of files
are left out: SQLite maps its database, and they come and go."""
MOST_SLOWER = 1.25
"""Of the p99 of the last third over that of the middle one: what the interval may not lie above."""
_BLOCKS = 20
_DRAWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One moment: seconds since the start, questions asked, what the bot's processes hold, and the
    processor time that the bot itself has taken."""

    at_s: float
    asked: int
    resident_mib: float
    anonymous_mib: float
    open_files: int
    waiting: int
    cpu_s: float


def judge(
    samples: Sequence[Sample], latencies: Sequence[tuple[float, float]], *, seed: int
) -> tuple[dict[str, Any], list[str]]:
    """Figures, and what is growing. latencies: second of asking, and seconds to the outcome."""
    end = samples[-1].at_s
    steady = [sample for sample in samples if sample.at_s >= end * WARM_UP]
    memory = slope_of([(s.asked / 1000, s.anonymous_mib) for s in steady])
    queue = slope_of([(s.at_s / 60, s.waiting) for s in steady])
    files = slope_of([(s.asked / 1000, s.open_files) for s in steady])
    middle = [s for at, s in latencies if WARM_UP * end <= at < 2 * WARM_UP * end]
    last = [s for at, s in latencies if at >= 2 * WARM_UP * end]
    low, high = _ratio_interval(middle, last, seed=seed)
    first_p99, last_p99 = _p99(middle), _p99(last)
    growing = []
    if memory.low > MOST_GROWTH_MIB:
        growing.append("memory")
    if queue.low > 0 and steady[-1].waiting > 2 * max(1, steady[0].waiting):
        growing.append("queue")
    if files.low > 0 and steady[-1].open_files > steady[0].open_files + 10:
        growing.append("open_files")
    if low > MOST_SLOWER:
        growing.append("p99")
    figures = {
        "rss_first_mib": samples[0].resident_mib,
        "rss_after_warm_up_mib": steady[0].resident_mib,
        "rss_last_mib": samples[-1].resident_mib,
        "own_after_warm_up_mib": steady[0].anonymous_mib,
        "own_last_mib": samples[-1].anonymous_mib,
        "own_growth_mib_per_1000_questions": round(memory.value, 2),
        "own_growth_95": [round(memory.low, 2), round(memory.high, 2)],
        "waiting_most": max(sample.waiting for sample in samples),
        "waiting_last": samples[-1].waiting,
        "waiting_per_minute": round(queue.value, 3),
        "waiting_per_minute_95": [round(queue.low, 3), round(queue.high, 3)],
        "open_files_first": steady[0].open_files,
        "open_files_last": steady[-1].open_files,
        "cpu_ms_per_question": round(
            1000 * (steady[-1].cpu_s - steady[0].cpu_s) / (steady[-1].asked - steady[0].asked), 1
        ),
        "p50_s": round(percentile(sorted(s for _, s in latencies), 0.5), 3),
        "p99_middle_third_s": round(first_p99, 3),
        "p99_last_third_s": round(last_p99, 3),
        "p99_ratio": round(last_p99 / first_p99, 2) if first_p99 else None,
        "p99_ratio_95": [round(low, 2), round(high, 2)],
    }
    return figures, growing


def _p99(seconds: Sequence[float]) -> float:
    return percentile(sorted(seconds), 0.99)


def _ratio_interval(
    middle: Sequence[float], last: Sequence[float], *, seed: int
) -> tuple[float, float]:
    """95% by a bootstrap of blocks in time: slow answers come together."""
    if not middle or not last:
        return 0.0, 0.0
    rng = np.random.default_rng(seed)

    def drawn(seconds: Sequence[float]) -> float:
        blocks = np.array_split(np.asarray(seconds), min(_BLOCKS, len(seconds)))
        picked = [blocks[n] for n in rng.integers(len(blocks), size=len(blocks))]
        return float(np.quantile(np.concatenate(picked), 0.99, method="inverted_cdf"))

    ratios = [drawn(last) / max(1e-9, drawn(middle)) for _ in range(_DRAWS)]
    return float(np.quantile(ratios, 0.025)), float(np.quantile(ratios, 0.975))
