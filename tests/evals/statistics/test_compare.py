"""Comparisons of two runs, down to the cases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from evals.run_record import CaseResult, RunRecord, RunState
from evals.statistics.compare import compare
from evals.statistics.comparison import Comparison, MetricRow, Verdict
from evals.suites.metric import Metric, Suite, mean_metric
from evals.suites.set_metrics import auroc_of

FOUND = mean_metric("found", Suite.RETRIEVAL, "", better="higher", in_gate=True)
FAITHFUL = mean_metric("faithful", Suite.ANSWERS, "", better="higher", in_gate=True, judged=True)
BREACH = mean_metric("breach", Suite.ADVERSARIAL, "", better="lower", in_gate=True, critical=True)
AUROC = Metric(
    name="auroc",
    suite=Suite.DECISIONS,
    description="",
    source="",
    higher_is_better=True,
    columns=("confidence", "answerable"),
    of_rows=auroc_of,
    in_gate=True,
)


def case(number: int, columns: Mapping[str, float], *, version: str = "1") -> CaseResult:
    return CaseResult(
        case_id=f"c{number}",
        case_hash=f"hash-{number}-{version}",
        question=f"Question {number}?",
        outcome="answered",
        slices={},
        columns=columns,
    )


def run(results: Sequence[CaseResult], *, judge: str = "local") -> RunRecord:
    return RunRecord(
        id="r",
        target="sample",
        suites=tuple(Suite),
        dataset="sample",
        dataset_hash="d",
        split="all",
        fingerprint="f",
        judge=judge,
        seed=7,
        state=RunState.DONE,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        finished_at=None,
        results=tuple(results),
    )


def scored(column: str, values: Sequence[float]) -> RunRecord:
    return run([case(i, {column: value}) for i, value in enumerate(values)])


def only(comparison: Comparison) -> MetricRow:
    (row,) = comparison.rows
    return row


def test_two_equal_runs_are_the_same() -> None:
    before = scored("found", [1.0, 0.0] * 10)
    found = compare(before, before, 1, [FOUND, AUROC])
    row = found.rows[0]
    assert (row.before, row.after, row.difference) == (0.5, 0.5, 0.0)
    assert (row.p, row.p_adjusted, row.verdict, row.changed) == (1.0, 1.0, Verdict.SAME, 0)
    assert found.rows[1].verdict is Verdict.UNCOMPARABLE
    assert found.flips == ()
    assert found.shared == 20


def test_six_cases_that_got_worse_are_significant_and_five_are_not() -> None:
    before = scored("found", [1.0] * 20)
    row = only(compare(before, scored("found", [0.0] * 6 + [1.0] * 14), 1, [FOUND]))
    assert (row.p, row.p_adjusted, row.verdict) == (2 / 64, 2 / 64, Verdict.WORSE)
    assert row.difference == pytest.approx(-0.3)
    assert row.low is not None
    assert row.high is not None
    assert row.low < -0.3 < row.high < 0
    row = only(compare(before, scored("found", [0.0] * 5 + [1.0] * 15), 1, [FOUND]))
    assert (row.p, row.p_adjusted, row.verdict) == (2 / 32, 1.0, Verdict.SAME)


def test_a_second_metric_that_changed_as_much_asks_for_more() -> None:
    both = [replace_name(FOUND, "one"), replace_name(FOUND, "other")]
    before = run([case(i, {"one": 1.0, "other": 1.0}) for i in range(20)])
    after = run([case(i, {"one": float(i > 5), "other": float(i > 5)}) for i in range(20)])
    assert {row.verdict for row in compare(before, after, 1, both).rows} == {Verdict.SAME}
    after = run([case(i, {"one": float(i > 6), "other": float(i > 6)}) for i in range(20)])
    rows = compare(before, after, 1, both).rows
    assert [row.p_adjusted for row in rows] == pytest.approx([4 / 128] * 2)
    assert {row.verdict for row in rows} == {Verdict.WORSE}


def replace_name(metric: Metric, name: str) -> Metric:
    return replace(metric, name=name, columns=(name,))


def test_metrics_outside_the_gate_do_not_weaken_it() -> None:
    shown = [replace(replace_name(FOUND, f"m{i}"), in_gate=False) for i in range(9)]
    columns = {metric.name: 1.0 for metric in shown} | {"found": 1.0}
    before = run([case(i, columns) for i in range(20)])
    worse = dict.fromkeys(columns, 0.0)
    after = run([case(i, worse if i < 6 else columns) for i in range(20)])
    rows = compare(before, after, 1, [*shown, FOUND]).rows
    assert [row.verdict for row in rows] == [Verdict.SAME] * 9 + [Verdict.WORSE]


def test_lower_is_better_where_the_metric_says_so() -> None:
    lower = replace(FOUND, higher_is_better=False)
    row = only(compare(scored("found", [1.0] * 9), scored("found", [0.0] * 9), 1, [lower]))
    assert row.verdict is Verdict.BETTER


def test_few_shared_cases_are_uncomparable_and_it_is_said() -> None:
    row = only(compare(scored("found", [1.0] * 5), scored("found", [0.0] * 5), 1, [FOUND]))
    assert row.verdict is Verdict.UNCOMPARABLE
    assert "5 shared cases are too few" in row.note
    assert (row.before, row.after, row.p, row.lost) == (1.0, 0.0, None, False)


def test_a_set_metric_is_compared_as_a_whole() -> None:
    def labelled(right: bool) -> RunRecord:
        return run(
            [
                case(i, {"confidence": (i % 2 if right else 1 - i % 2) * 0.5 + i / 100,
                         "answerable": float(i % 2)})
                for i in range(30)
            ]
        )  # fmt: skip

    row = only(compare(labelled(True), labelled(False), 1, [AUROC]))
    assert (row.before, row.after, row.verdict) == (1.0, 0.0, Verdict.WORSE)
    row = only(compare(labelled(True), labelled(True), 1, [AUROC]))
    assert (row.verdict, row.low, row.high) == (Verdict.SAME, 0.0, 0.0)


def test_a_metric_that_the_run_lost_is_told_from_one_that_is_new() -> None:
    full, empty = scored("found", [1.0] * 8), scored("other", [1.0] * 8)
    lost = only(compare(full, empty, 1, [FOUND]))
    assert (lost.verdict, lost.lost) == (Verdict.UNCOMPARABLE, True)
    assert lost.note == "the shared cases of this run do not say it"
    new = only(compare(empty, full, 1, [FOUND]))
    assert (new.verdict, new.lost) == (Verdict.UNCOMPARABLE, False)
    assert new.note == "the shared cases of the baseline do not say it"
    neither = only(compare(empty, empty, 1, [FOUND]))
    assert (neither.lost, neither.note) == (False, "the shared cases of either run do not say it")


def test_another_judges_word_is_not_compared() -> None:
    before = scored("faithful", [1.0] * 9)
    after = replace(scored("faithful", [0.0] * 9), judge="model:x:1")
    row = only(compare(before, after, 1, [FAITHFUL]))
    assert row.verdict is Verdict.UNCOMPARABLE
    assert not row.lost
    assert row.note == "judged by local in the baseline and by model:x:1 now"
    assert compare(before, after, 1, [FAITHFUL]).flips == ()


def test_cases_are_paired_by_id_and_hash() -> None:
    before = run([case(i, {"found": 1.0}) for i in range(10)])
    after = run(
        [
            *(case(i, {"found": 1.0}) for i in range(1, 9)),
            case(9, {"found": 0.0}, version="2"),
            case(10, {"found": 0.0}),
        ]
    )
    found = compare(before, after, 1, [FOUND])
    assert (found.shared, found.missing, found.new, found.edited) == (8, ("c0",), ("c10",), ("c9",))
    assert (found.rows[0].cases, found.rows[0].after) == (8, 1.0)


def test_cases_that_no_compared_metric_scores_are_not_missed() -> None:
    before = run([case(0, {"found": 1.0}), case(1, {"breach": 0.0})])
    assert compare(before, run([]), 1, [FOUND]).missing == ("c0",)


def test_a_case_that_is_twice_is_refused() -> None:
    twice = run([case(1, {}), case(1, {})])
    with pytest.raises(ValueError, match="c1 is in the run twice"):
        compare(twice, run([]), 1, [FOUND])


def test_scores_that_are_not_finite_say_nothing() -> None:
    before = scored("found", [1.0] * 8 + [math.nan])
    row = only(compare(before, scored("found", [1.0] * 8 + [math.inf]), 1, [FOUND]))
    assert (row.cases, row.before, row.after) == (8, 1.0, 1.0)


def test_flips_name_the_worst_cases_first() -> None:
    before = run(
        [
            case(0, {"found": 0.0}),
            case(1, {"found": 1.0}),
            case(2, {"found": 1.0, "breach": 0.0}),
            case(3, {"found": 0.5}),
            case(4, {"found": 1.0}),
        ]
    )
    after = run(
        [
            case(0, {"found": 1.0}),
            case(1, {"found": 0.0}),
            case(2, {"found": 1.0, "breach": 1.0}),
            case(3, {"found": 0.5}),
            case(4, {}),
        ]
    )
    flips = compare(before, after, 1, [FOUND, BREACH]).flips
    assert [(f.case_id, f.verdict) for f in flips] == [
        ("c2", Verdict.WORSE),
        ("c1", Verdict.WORSE),
        ("c0", Verdict.BETTER),
    ]
    assert (flips[0].changes[0].metric, flips[0].changes[0].critical) == ("breach", True)


def test_breaches_are_those_that_the_baseline_does_not_have() -> None:
    before = run([case(0, {"breach": 1.0}), case(1, {"breach": 0.0}), case(2, {})])
    after = run([case(i, {"breach": 1.0}) for i in range(4)])
    found = compare(before, after, 1, [BREACH]).breaches
    assert [(name, change.before, change.after) for name, change in found] == [
        ("c1", 0.0, 1.0),
        ("c2", None, 1.0),
        ("c3", None, 1.0),
    ]
    assert compare(before, run([case(3, {"breach": 0.0})]), 1, [BREACH]).breaches == ()


def test_the_metrics_of_the_runs_suites_are_taken() -> None:
    record = replace(scored("recall_at_5", [1.0] * 8), suites=("retrieval",))
    rows = compare(record, record).rows
    assert "recall_at_5" in {row.metric for row in rows}
    assert "breach_link" not in {row.metric for row in rows}
