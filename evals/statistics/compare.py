"""Compares a run with a baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from evals.run_record import CaseResult, RunRecord
from evals.statistics.comparison import (
    ALPHA,
    CaseChange,
    Comparison,
    Flip,
    MetricRow,
    Verdict,
)
from evals.statistics.intervals import mean_difference_interval, metric_difference_interval
from evals.statistics.multiple_tests import family_of, holm
from evals.statistics.pairing import SAME, Pairing, pair_cases, paired_rows, present, row_of
from evals.statistics.randomization import least_p, mean_p, metric_p
from evals.suites.catalogue import metrics_of
from evals.suites.metric import Metric

LEAST_CASES = next(n for n in range(1, 100) if least_p(n) <= ALPHA)
"""Six: with fewer cases no difference can be significant, were each of them worse."""

Pair = tuple[CaseResult, CaseResult]


def compare(
    baseline: RunRecord, now: RunRecord, seed: int = 7, metrics: Sequence[Metric] | None = None
) -> Comparison:
    """What changed from the baseline to this run, case by case; CPU-bound, seconds at most.

    metrics: None takes all of the suites that this run computed.

    Raises: ValueError where a run holds a case twice.
    """
    chosen = metrics_of(now.suites) if metrics is None else tuple(metrics)
    pairing = pair_cases(baseline, now)
    same_judge = baseline.judge == now.judge
    rows = [
        _judged_otherwise(metric, baseline, now)
        if metric.judged and not same_judge
        else _row(metric, pairing.pairs, seed)
        for metric in chosen
    ]
    comparable = [m for m in chosen if same_judge or not m.judged]
    scored = {column for metric in chosen for column in metric.columns}
    before = {result.case_id: result for result in baseline.results}
    return Comparison(
        baseline_id=baseline.id,
        now_id=now.id,
        rows=tuple(_with_verdicts(rows, chosen)),
        flips=tuple(_flips(pairing.pairs, comparable)),
        shared=len(pairing.pairs),
        missing=tuple(i for i in pairing.missing if scored & before[i].columns.keys()),
        new=pairing.new,
        edited=pairing.edited,
        breaches=tuple(_breaches(now, pairing, [m for m in comparable if m.critical])),
        same_dataset=(baseline.dataset_hash, baseline.split) == (now.dataset_hash, now.split),
    )


def _judged_otherwise(metric: Metric, baseline: RunRecord, now: RunRecord) -> MetricRow:
    return _uncomparable(
        metric, note=f"judged by {baseline.judge} in the baseline and by {now.judge} now"
    )


def _uncomparable(
    metric: Metric,
    *,
    note: str,
    before: float | None = None,
    after: float | None = None,
    cases: int = 0,
    changed: int = 0,
    lost: bool = False,
) -> MetricRow:
    both = before is not None and after is not None
    return MetricRow(
        metric=metric.name,
        before=before,
        after=after,
        difference=after - before if both else None,  # type: ignore[operator]
        low=None,
        high=None,
        p=None,
        p_adjusted=None,
        verdict=Verdict.UNCOMPARABLE,
        cases=cases,
        changed=changed,
        in_gate=metric.in_gate,
        lost=lost,
        note=note,
    )


def _row(metric: Metric, pairs: Sequence[Pair], seed: int) -> MetricRow:
    """A metric's row before the verdicts: p as it is, not yet adjusted."""
    rows = paired_rows(pairs, metric.columns)
    cases, changed = len(rows), int(rows.differs.sum())
    held = present(rows.before)
    before = metric.of_rows(held) if len(held) else None
    scored = present(rows.after)
    after = metric.of_rows(scored) if len(scored) else None
    if before is None or after is None:
        lost = after is None and before is not None and len(held) >= LEAST_CASES
        who = "either run" if before is after else "this run" if after is None else "the baseline"
        return _uncomparable(
            metric,
            note=f"the shared cases of {who} do not say it",
            before=before,
            after=after,
            cases=cases,
            changed=changed,
            lost=lost,
        )
    if cases < LEAST_CASES:
        return _uncomparable(
            metric,
            note=f"{cases} shared cases are too few, {LEAST_CASES} are the least that can tell",
            before=before,
            after=after,
            cases=cases,
            changed=changed,
        )
    p: float
    bounds: tuple[float, float] | None
    if not changed:
        p, bounds = 1.0, (0.0, 0.0)
    elif metric.is_mean:
        p, bounds = mean_p(rows, seed), mean_difference_interval(rows, seed)
    else:
        p = metric_p(rows, metric.of_rows, seed)
        bounds = metric_difference_interval(rows, metric.of_rows, seed)
    low, high = bounds if bounds is not None else (None, None)
    return MetricRow(
        metric=metric.name,
        before=before,
        after=after,
        difference=after - before,
        low=low,
        high=high,
        p=p,
        p_adjusted=None,
        verdict=Verdict.SAME,
        cases=cases,
        changed=changed,
        in_gate=metric.in_gate,
    )


def _with_verdicts(rows: Sequence[MetricRow], metrics: Sequence[Metric]) -> list[MetricRow]:
    found = list(rows)
    for in_gate in (True, False):
        tested = [i for i, row in enumerate(rows) if row.p is not None and row.in_gate is in_gate]
        able = family_of([least_p(rows[i].changed) for i in tested], ALPHA)
        adjusted = dict(zip(able, holm([rows[tested[k]].p or 0.0 for k in able]), strict=True))
        for place, i in enumerate(tested):
            p = adjusted.get(place, 1.0)
            found[i] = replace(
                rows[i], p_adjusted=p, verdict=_verdict(rows[i].difference, p, metrics[i])
            )
    return found


def _verdict(difference: float | None, p_adjusted: float, metric: Metric) -> Verdict:
    if difference is None or p_adjusted >= ALPHA or abs(difference) <= SAME / 10:
        return Verdict.SAME
    return Verdict.BETTER if (difference > 0) is metric.higher_is_better else Verdict.WORSE


def _flips(pairs: Sequence[Pair], metrics: Sequence[Metric]) -> list[Flip]:
    """Cases that scored otherwise by a mean of the gate or a critical metric."""
    told = [m for m in metrics if m.critical or (m.in_gate and m.is_mean)]
    found = []
    for before, after in pairs:
        changes = [c for m in told if (c := _change(m, before, after)) is not None]
        if changes:
            changes.sort(key=lambda c: (c.verdict is not Verdict.WORSE, not c.critical))
            found.append(
                Flip(
                    case_id=after.case_id,
                    question=after.question,
                    outcome_before=before.outcome,
                    outcome_after=after.outcome,
                    verdict=changes[0].verdict,
                    changes=tuple(changes),
                    trace_id=after.trace_id,
                )
            )
    found.sort(key=_gravity)
    return found


def _gravity(flip: Flip) -> tuple[bool, int, int]:
    worse = [c for c in flip.changes if c.verdict is Verdict.WORSE]
    return not worse, -sum(c.critical for c in worse), -len(worse)


def _change(metric: Metric, before: CaseResult, after: CaseResult) -> CaseChange | None:
    """How one case's score changed; None where it did not, or only one run scores it."""
    one, other = _of_case(metric, before), _of_case(metric, after)
    if one is None or other is None or abs(other - one) <= SAME:
        return None
    better = (other > one) is metric.higher_is_better
    return CaseChange(
        metric=metric.name,
        before=one,
        after=other,
        verdict=Verdict.BETTER if better else Verdict.WORSE,
        critical=metric.critical,
    )


def _of_case(metric: Metric, result: CaseResult) -> float | None:
    rows = present(np.array([row_of(result.columns, metric.columns)]))
    return metric.of_rows(rows) if len(rows) else None


def _breaches(
    now: RunRecord, pairing: Pairing, critical: Sequence[Metric]
) -> Iterator[tuple[str, CaseChange]]:
    before = {b.case_id: b for b, _ in pairing.pairs}
    for result in now.results:
        for metric in critical:
            after = _of_case(metric, result)
            known = before.get(result.case_id)
            held = _of_case(metric, known) if known is not None else None
            perfect = 1.0 if metric.higher_is_better else 0.0
            allowed = perfect if held is None else held
            worse_by = (allowed - (after or 0.0)) * (1 if metric.higher_is_better else -1)
            if after is not None and worse_by > SAME:
                yield (
                    result.case_id,
                    CaseChange(
                        metric=metric.name,
                        before=held,
                        after=after,
                        verdict=Verdict.WORSE,
                        critical=True,
                    ),
                )
