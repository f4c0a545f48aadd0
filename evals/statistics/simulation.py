"""Runs made up with a known truth: how often the comparison is wrong, and what it can see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from evals.run_record import CaseResult, Columns, RunRecord, RunState
from evals.statistics.compare import compare
from evals.statistics.comparison import Verdict
from evals.statistics.gate import gate
from evals.suites.metric import Metric, Suite, mean_metric
from evals.suites.set_metrics import auroc_of, ece_of

MEANS = 10
_OF_ANSWERS = 3
_UNSTEADY = 0.25
_RIGHT = 0.75
_TOGETHER = 0.6


def _set_metric(name: str, of_rows: object, *, higher: bool) -> Metric:
    return Metric(
        name=name,
        suite=Suite.DECISIONS,
        description="",
        source="",
        higher_is_better=higher,
        columns=("confidence", "right"),
        of_rows=of_rows,  # type: ignore[arg-type]
        in_gate=True,
    )


FAMILY = (
    *(mean_metric(f"m{i}", Suite.ANSWERS, "", better="higher", in_gate=True) for i in range(MEANS)),
    _set_metric("auroc", auroc_of, higher=True),
    _set_metric("ece", ece_of, higher=False),
)
"""As many metrics as the gate has about: means that go together, three of them of answers only, and
two that are no mean."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one comparison found. called: a metric was called better or worse. failed: the gate."""

    called: bool
    failed: bool


def simulate(cases: int, drop: float, seed: int) -> Seen:
    """Compares two made-up runs of as many cases.

    Three quarters of the cases score the same in every run of one engine, the others by chance.
    drop: share of the cases that the second run gets wrong in every metric, whatever the first
    one did; with 0 nothing changed.
    """
    random = np.random.default_rng(seed)
    unsteady = random.random(cases) < _UNSTEADY
    chance = np.where(unsteady, random.random(cases), random.random(cases) < _RIGHT)
    broken = random.random(cases) < drop
    before = _run(random, chance)
    after = _run(random, np.where(broken, 0.0, chance))
    found = compare(before, after, seed, FAMILY)
    called = any(row.verdict in (Verdict.BETTER, Verdict.WORSE) for row in found.rows)
    return Seen(called=called, failed=not gate(found, after).passed)


def _run(random: np.random.Generator, chance: NDArray[np.float64]) -> RunRecord:
    """A run of cases with these chances of being right."""
    common = random.random(len(chance))
    results = tuple(
        _case(random, number, float(chance[number]), float(common[number]))
        for number in range(len(chance))
    )
    return RunRecord(
        id="simulated",
        target="simulated",
        suites=(),
        dataset="simulated",
        dataset_hash="simulated",
        split="all",
        fingerprint="",
        judge="local",
        seed=0,
        state=RunState.DONE,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        finished_at=None,
        results=results,
    )


def _case(random: np.random.Generator, number: int, chance: float, common: float) -> CaseResult:
    own = random.random(MEANS)
    draws = np.where(random.random(MEANS) < _TOGETHER, common, own)
    scores = (draws < chance).astype(np.float64)
    scores[1] *= 0.5 + 0.5 * random.random() * (0.0 < chance < 1.0)  # a score between 0 and 1
    columns: Columns = {
        **{f"m{i}": float(scores[i]) for i in range(MEANS)},
        "confidence": float(np.clip(0.3 + 0.4 * chance + 0.2 * (common - 0.5), 0.0, 1.0)),
        "right": float(common < chance),
    }
    if common >= chance:  # not answered
        columns = {k: v for k, v in columns.items() if k not in _answers_only()}
    return CaseResult(
        case_id=str(number),
        case_hash=str(number),
        question="",
        outcome="answered",
        slices={},
        columns=columns,
    )


def _answers_only() -> tuple[str, ...]:
    return tuple(f"m{i}" for i in range(MEANS - _OF_ANSWERS, MEANS))
