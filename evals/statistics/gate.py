"""The gate: whether a run may pass."""

from __future__ import annotations

from dataclasses import dataclass

from evals.run_record import RunRecord
from evals.statistics.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """reasons: sentences that say why it failed. notes: what a reader should know besides."""

    passed: bool
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def gate(comparison: Comparison, now: RunRecord) -> GateVerdict:
    """Fails on a significant regression of a gate metric (family-wise `ALPHA`), on any new breach
    of a critical one, on a gate metric that was lost, and on a run that did not end or that left
    out too many of the baseline's cases.
    """
    raise NotImplementedError
