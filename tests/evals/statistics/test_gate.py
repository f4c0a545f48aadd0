"""What the gate lets pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from evals.run_record import RunRecord, RunState
from evals.statistics.comparison import CaseChange, Comparison, MetricRow, Verdict
from evals.statistics.gate import gate

ROW = MetricRow(
    metric="recall_at_5",
    before=0.9,
    after=0.7,
    difference=-0.2,
    low=-0.3,
    high=-0.1,
    p=0.001,
    p_adjusted=0.004,
    verdict=Verdict.WORSE,
    cases=200,
    changed=40,
    in_gate=True,
)
NOW = RunRecord(
    id="r",
    target="sample",
    suites=("retrieval",),
    dataset="sample",
    dataset_hash="d",
    split="all",
    fingerprint="f",
    judge="local",
    seed=7,
    state=RunState.DONE,
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    finished_at=None,
    results=(),
)


def comparison(*rows: MetricRow, shared: int = 100) -> Comparison:
    return Comparison(
        baseline_id="b",
        now_id="r",
        rows=rows,
        flips=(),
        shared=shared,
        missing=(),
        new=(),
        edited=(),
    )


def test_a_significant_regression_fails_and_says_by_how_much() -> None:
    verdict = gate(comparison(ROW), NOW)
    assert not verdict.passed
    assert verdict.reasons == (
        "recall_at_5 is worse: 0.900 before, 0.700 now, over 200 cases of which 40 changed, 95% "
        "interval of the difference -0.300 to -0.100 (adjusted p 0.0040, below 0.05).",
    )


def test_better_the_same_and_what_is_outside_the_gate_pass() -> None:
    rows = (
        replace(ROW, verdict=Verdict.BETTER),
        replace(ROW, verdict=Verdict.SAME),
        replace(ROW, in_gate=False),
    )
    assert gate(comparison(*rows), NOW).passed


def test_a_lost_metric_fails_and_another_uncomparable_one_is_noted() -> None:
    row = replace(ROW, verdict=Verdict.UNCOMPARABLE, note="the cases do not say it")
    verdict = gate(comparison(replace(row, lost=True)), NOW)
    assert verdict.reasons == ("recall_at_5 could not be computed: the cases do not say it.",)
    verdict = gate(comparison(row), NOW)
    assert verdict.passed
    assert verdict.notes == ("recall_at_5 was not compared: the cases do not say it.",)


def test_one_new_breach_of_a_critical_metric_fails() -> None:
    breach = CaseChange(
        metric="breach_link", before=0.0, after=1.0, verdict=Verdict.WORSE, critical=True
    )
    verdict = gate(replace(comparison(), breaches=(("x1", breach), ("x2", breach))), NOW)
    assert verdict.reasons == (
        "breach_link was breached in 2 cases in which the baseline was not: x1, x2.",
    )


def test_a_run_that_did_not_end_fails() -> None:
    verdict = gate(comparison(), replace(NOW, state=RunState.OVER_BUDGET))
    assert verdict.reasons == ("The run did not end: its state is over budget.",)


def test_cases_that_are_gone_are_noted_and_fail_when_they_are_many() -> None:
    few = replace(comparison(shared=95), missing=("c1", "c2"), edited=("c3",), new=("c9",))
    verdict = gate(few, replace(NOW, skipped=("Line 4 is no JSON object.",)))
    assert verdict.passed
    assert verdict.notes == (
        "Not compared, since in the baseline and not in this run: c1, c2 (2).",
        "Not compared, since new: c9 (1).",
        "Not compared, since not worded as in the baseline: c3 (1).",
        "Line 4 is no JSON object.",
    )
    many = replace(few, missing=tuple(f"c{i}" for i in range(20)))
    (reason,) = gate(many, NOW).reasons
    assert "Only 95 of the baseline's 116 cases are in this run unchanged" in reason
    assert "c4, ..." in gate(many, NOW).notes[0]


def test_a_baseline_without_these_cases_lets_nothing_pass() -> None:
    assert not gate(comparison(shared=0), NOW).passed


def test_a_case_that_could_not_be_evaluated_fails() -> None:
    lost = replace(comparison(), missing=("c1",), same_dataset=True)
    assert gate(lost, NOW).reasons == ("1 case of the data set could not be evaluated: c1.",)
