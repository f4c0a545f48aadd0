"""The gate: whether a run may pass."""

from __future__ import annotations

from dataclasses import dataclass

from evals.run_record import RunRecord, RunState
from evals.statistics.comparison import ALPHA, Comparison, MetricRow, Verdict

LEAST_SHARED = 0.9
"""Share of the baseline's cases that a run has to hold unchanged."""

_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """reasons: sentences that say why it failed. notes: what a reader should know besides."""

    passed: bool
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def gate(comparison: Comparison, now: RunRecord) -> GateVerdict:
    """Fails on a significant regression of a gate metric (family-wise `ALPHA`), on any new breach
    of a critical one, on a gate metric that was lost, on a run that did not end, that could not
    evaluate a case, or that holds too few of the baseline's cases.
    """
    gated = [row for row in comparison.rows if row.in_gate]
    reasons = [
        *_unfinished(now),
        *_too_few_shared(comparison),
        *(_regression(row) for row in gated if row.verdict is Verdict.WORSE),
        *(f"{row.metric} could not be computed: {row.note}." for row in gated if row.lost),
        *_breaches(comparison),
    ]
    notes = [
        *(
            f"{row.metric} was not compared: {row.note}."
            for row in gated
            if row.verdict is Verdict.UNCOMPARABLE and not row.lost
        ),
        *_other_cases(comparison),
        *now.skipped,
    ]
    return GateVerdict(passed=not reasons, reasons=tuple(reasons), notes=tuple(notes))


def _unfinished(now: RunRecord) -> list[str]:
    if now.state is RunState.DONE:
        return []
    return [f"The run did not end: its state is {now.state.value.replace('_', ' ')}."]


def _too_few_shared(comparison: Comparison) -> list[str]:
    held = comparison.shared + len(comparison.missing) + len(comparison.edited)
    if not held:
        return ["The baseline holds no case that this run could be compared by."]
    if comparison.same_dataset and comparison.missing:
        cases = "case" if len(comparison.missing) == 1 else "cases"
        return [
            f"{len(comparison.missing):,} {cases} of the data set could not be evaluated: "
            f"{_listed(comparison.missing)}."
        ]
    if comparison.shared >= LEAST_SHARED * held:
        return []
    return [
        f"Only {comparison.shared:,} of the baseline's {held:,} cases are in this run unchanged, "
        f"{LEAST_SHARED:.0%} are needed; set a new baseline where the cases were meant to change."
    ]


def _regression(row: MetricRow) -> str:
    interval = ""
    if row.low is not None and row.high is not None:
        interval = f", 95% interval of the difference {row.low:+.3f} to {row.high:+.3f}"
    return (
        f"{row.metric} is worse: {row.before:.3f} before, {row.after:.3f} now, over {row.cases:,} "
        f"cases of which {row.changed:,} changed{interval} (adjusted p {row.p_adjusted:.4f}, "
        f"below {ALPHA})."
    )


def _breaches(comparison: Comparison) -> list[str]:
    by_metric: dict[str, list[str]] = {}
    for case_id, change in comparison.breaches:
        by_metric.setdefault(change.metric, []).append(case_id)
    return [
        f"{metric} was breached in {len(cases):,} case{'s' if len(cases) > 1 else ''} in which "
        f"the baseline was not: {_listed(cases)}."
        for metric, cases in by_metric.items()
    ]


def _other_cases(comparison: Comparison) -> list[str]:
    kinds = (
        (comparison.missing, "in the baseline and not in this run"),
        (comparison.new, "new"),
        (comparison.edited, "not worded as in the baseline"),
    )
    return [
        f"Not compared, since {what}: {_listed(cases)} ({len(cases):,})."
        for cases, what in kinds
        if cases
    ]


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = ", ..." if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
