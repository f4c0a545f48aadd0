"""Two runs of the same cases compared: what got better, what got worse, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ALPHA = 0.05
"""Family-wise: how often, at most, any metric of a family is called better or worse by chance."""


class Verdict(StrEnum):
    """What a comparison says of a metric or a case."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNCOMPARABLE = "uncomparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """A metric in both runs, over the cases that both hold unchanged.

    before, after: None where a run's cases say nothing. difference: after - before. low, high: the
    difference's 95% interval. p: two-sided; p_adjusted: by Holm over the metrics of its family
    that could be significant at all (those of the gate are one family, the others another).
    cases: shared cases of which at least one run says something; changed: those scored otherwise.
    lost: the baseline had it over enough cases, this run could not compute it. note: why it is
    uncomparable; else empty.
    """

    metric: str
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    verdict: Verdict
    cases: int
    changed: int
    in_gate: bool
    lost: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """One metric of one case in both runs; None where a run does not score the case by it."""

    metric: str
    before: float | None
    after: float | None
    verdict: Verdict
    critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A case that scored otherwise.

    verdict: WORSE when any of its metrics got worse, else BETTER. changes: those that got worse
    first. question, trace_id: of the new run.
    """

    case_id: str
    question: str
    outcome_before: str
    outcome_after: str
    verdict: Verdict
    changes: tuple[CaseChange, ...]
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The whole comparison.

    rows: in the order of the metrics. flips: those that got worse first. shared: cases in both
    runs with the same hash; missing: ids in the baseline only; new: ids in the new run only;
    edited: ids in both with other hashes, which are not compared. breaches: changes of critical
    metrics by case id, those that the baseline does not have.
    """

    baseline_id: str
    now_id: str
    rows: tuple[MetricRow, ...]
    flips: tuple[Flip, ...]
    shared: int
    missing: tuple[str, ...]
    new: tuple[str, ...]
    edited: tuple[str, ...]
    breaches: tuple[tuple[str, CaseChange], ...] = ()

    def of(self, verdict: Verdict) -> tuple[MetricRow, ...]:
        """The metrics with this verdict."""
        return tuple(row for row in self.rows if row.verdict is verdict)
