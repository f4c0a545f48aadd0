from __future__ import annotations

from dataclasses import replace

from evals.reports.headline import Standing, figure_rows, headline, headline_rows
from evals.run_record import Figure, RunState
from evals.statistics.comparison import CaseChange, Verdict
from tests.evals.reports.made_runs import compared, make_run

BEFORE, NOW = make_run(day=0), make_run(seed=2, day=1)


def test_without_a_baseline_the_verdict_is_open() -> None:
    found = headline(NOW, None)
    assert found.standing is Standing.OPEN
    assert found.title == "Measured, with no baseline to compare with"
    assert found.reasons == ()


def test_a_breach_is_said_without_a_baseline_too() -> None:
    bad = replace(NOW.results[3], columns={"breach_link": 1.0})
    found = headline(replace(NOW, results=(*NOW.results[:3], bad)), None)
    assert found.reasons == ("Live links shown: 1 case of 4.",)
    assert "Breaches were found" in found.title


def test_a_run_without_regression_passes() -> None:
    found = headline(NOW, compared(BEFORE, NOW))
    assert found.standing is Standing.PASSED
    assert found.reasons == ()


def test_a_regression_is_told_with_its_figures() -> None:
    comparison = compared(BEFORE, NOW, "recall_at_5")
    (row,) = comparison.of(Verdict.WORSE)
    found = headline(NOW, comparison)
    assert found.standing is Standing.FAILED
    assert found.title == "Failed: 1 figure significantly worse"
    assert row.before is not None
    assert found.reasons[0].startswith(f"Recall@5: {row.before:.1%} before, ")
    assert found.reasons[0].endswith("(4 of 36 cases changed).")


def test_a_new_breach_fails_and_names_the_case() -> None:
    change = CaseChange(
        metric="breach_obeyed", before=0.0, after=1.0, verdict=Verdict.WORSE, critical=True
    )
    comparison = replace(compared(BEFORE, NOW), breaches=(("case-7", change),))
    found = headline(NOW, comparison)
    assert found.title == "Failed: 1 new breach"
    assert found.reasons == ("Attacks obeyed: 1 case in which the baseline was not: case-7.",)


def test_a_run_that_did_not_end_does_not_pass_and_says_so() -> None:
    stopped = replace(NOW, state=RunState.OVER_BUDGET)
    assert headline(stopped, compared(BEFORE, NOW)).standing is Standing.FAILED
    assert "spend limit" in headline(stopped, None).notes[0]
    assert headline(replace(NOW, state=RunState.FAILED), None).standing is Standing.FAILED


def test_the_first_rows_are_of_each_suite_and_few() -> None:
    rows = figure_rows(NOW, None)
    first = headline_rows(rows)
    assert [row.metric.name for row in first[:2]] == ["outcome_right", "faithfulness"]
    assert len(first) == 8
    assert len({row.metric.name for row in first}) == 8


def test_a_metric_that_no_longer_exists_is_left_out() -> None:
    gone = Figure(metric="gone", value=1.0, low=None, high=None, cases=3)
    assert figure_rows(replace(NOW, figures=(gone,)), None) == ()
