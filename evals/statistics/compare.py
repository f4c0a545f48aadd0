"""Compares a run with a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.run_record import RunRecord
from evals.statistics.comparison import Comparison

if TYPE_CHECKING:
    from evals.suites.metric import Metric


def compare(
    baseline: RunRecord, now: RunRecord, seed: int = 7, metrics: Sequence[Metric] | None = None
) -> Comparison:
    """What changed from the baseline to this run, case by case; CPU-bound, seconds at most.

    metrics: None takes all of the suites that this run computed.

    Raises: ValueError where a run holds a case twice.
    """
    raise NotImplementedError
