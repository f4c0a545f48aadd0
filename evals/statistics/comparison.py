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
    difference's 95% interval; None with too few cases for one. p: two-sided. p_adjusted: by Holm
    over the metrics of its family in which enough cases changed for a test (those of the gate are
    one family, the others another); 1 where too few changed. cases: shared cases of which at least
    one run says something; changed: those scored otherwise. lost: the baseline had it over enough
    cases, this run could not compute it. note: why it is uncomparable; else empty.
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
    runs with the same hash; missing: ids in the baseline only, those that one of the metrics
    scores; new: ids in the new run only; edited: ids in both with other hashes, which are not
    compared. breaches: case id and change, for each critical metric by which a case is worse than
    in the baseline, or worse than it should be where the baseline does not hold it. same_dataset:
    both runs were of the same cases, so none should be missing.
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
    same_dataset: bool = False

    def of(self, verdict: Verdict) -> tuple[MetricRow, ...]:
        """The metrics with this verdict."""
        return tuple(row for row in self.rows if row.verdict is verdict)
