"""A run of an evaluation: what was asked, what each case scored, and what that sums up to.

Everything that compares, reports or gates reads these types, never the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.storage.evaluation_run import RunState as RunState

Columns = Mapping[str, float]
"""What one case scored, by column; a column that says nothing of the case is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One case of a run.

    case_id: unique in its data set. case_hash: sha256 of all that the case says. outcome: as in
    the answer contract. slices: values by dimension (`kind`, `tag`, `category`, `source`,
    `channel`), by which figures are broken down. columns: its scores. problems: sentences that say
    what is wrong with the answer, for people. trace_id: of the stored trace. from_cache: the
    answer was made by an earlier run with the same fingerprint.
    """

    case_id: str
    case_hash: str
    question: str
    outcome: str
    slices: Mapping[str, tuple[str, ...]]
    columns: Columns
    problems: tuple[str, ...] = ()
    expected_docs: tuple[str, ...] = ()
    cited_docs: tuple[str, ...] = ()
    trace_id: str = ""
    from_cache: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A metric's value over the cases of a run that it says something of.

    low, high: bounds of the 95% interval; None where there are too few cases for one.
    cases: how many it was computed from.
    """

    metric: str
    value: float
    low: float | None
    high: float | None
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A whole run.

    target: what was named on the command line. dataset: its name; dataset_hash: sha256 over its
    cases in order. fingerprint: the engine's, of the answers. judge: what judged the texts, such
    as `local`. seed: of the intervals. skipped: sentences that name each line or case that was
    left out. notes: sentences that a reader of the figures should know, such as what judged.
    cost_usd: what this run spent. figures: in the order of the metrics.
    """

    id: str
    target: str
    suites: tuple[str, ...]
    dataset: str
    dataset_hash: str
    split: str
    fingerprint: str
    judge: str
    seed: int
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    results: tuple[CaseResult, ...]
    figures: tuple[Figure, ...] = ()
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cost_usd: float = 0.0
    links: Mapping[str, str] = field(default_factory=dict)
