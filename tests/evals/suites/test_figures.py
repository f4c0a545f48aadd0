from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from engine.trace import Outcome
from evals.metrics import wilson
from evals.run_record import CaseResult, Figure
from evals.suites.catalogue import METRICS, metrics_of
from evals.suites.figures import figures, interval, rows_of
from evals.suites.metric import Metric, Suite
from evals.suites.score import SUITES, plain_columns
from evals.suites.set_metrics import (
    auroc_of,
    brier_of,
    coverage_at,
    ece_of,
    macro_f1_of,
    percentile_of,
    sum_of,
)
from tests.evals.suites.made import answer, case, citation

BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}


def result(**columns: float) -> CaseResult:
    return CaseResult(
        case_id="1", case_hash="h", question="q", outcome="answered", slices={}, columns=columns
    )


def figure(name: str, *rows: dict[str, float], seed: int = 7) -> Figure | None:
    found = figures([result(**row) for row in rows], [BY_NAME[name]], seed)
    return found[0] if found else None


def test_a_mean_of_yes_and_no_has_wilsons_interval() -> None:
    rows = [{"hit_at_1": 1.0}] * 8 + [{"hit_at_1": 0.0}] * 2 + [{"other": 1.0}]
    found = figure("hit_at_1", *rows)
    low, high = wilson(8, 10)
    assert found == Figure(metric="hit_at_1", value=0.8, low=low, high=high, cases=10)


def test_no_breach_in_forty_cases_does_not_mean_that_there_are_none() -> None:
    found = figure("breach_link", *([{"breach_link": 0.0}] * 40))
    assert found is not None
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.0876, abs=1e-3)  # z² / (n + z²)


def test_another_mean_is_bootstrapped_and_the_same_for_the_same_seed() -> None:
    rows = [{"facts_found": value} for value in (0.0, 0.25, 0.5, 0.75, 1.0) * 8]
    found = figure("facts_found", *rows)
    assert found is not None
    assert found == figure("facts_found", *rows)
    assert found != figure("facts_found", *rows, seed=8)
    # The standard deviation is sqrt(.125), of the mean of 40 = .0559.
    assert found.low == pytest.approx(0.5 - 1.96 * 0.0559, abs=0.02)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.0559, abs=0.02)


def test_tokens_are_no_shares_even_where_all_are_none() -> None:
    found = figure("prompt_tokens", *([{"prompt_tokens": 0.0}] * 9))
    assert found == Figure(metric="prompt_tokens", value=0.0, low=0.0, high=0.0, cases=9)


def test_few_cases_have_no_interval_and_none_have_no_figure() -> None:
    found = figure("hit_at_1", {"hit_at_1": 1.0}, {"hit_at_1": 0.0})
    assert found == Figure(metric="hit_at_1", value=0.5, low=None, high=None, cases=2)
    assert figure("hit_at_1", {"other": 1.0}) is None
    assert figures([], METRICS, 7) == ()


def test_a_metric_of_two_columns_reads_the_cases_that_have_both() -> None:
    rows = [{"confidence": 0.9, "answerable": 1.0}] * 3 + [{"confidence": 0.2}] * 4
    rows += [{"confidence": 0.1, "answerable": 0.0}] * 3
    found = figure("confidence_auroc", *rows)
    assert found is not None
    assert (found.value, found.cases) == (1.0, 6)
    assert figure("confidence_auroc", *rows[:3]) is None


def test_rows_come_in_the_order_of_cases_and_columns() -> None:
    rows = rows_of([result(a=1.0, b=2.0), result(a=3.0), result(b=5.0, a=4.0)], ("b", "a"))
    assert rows.tolist() == [[2.0, 1.0], [5.0, 4.0]]
    assert rows_of([], ("a", "b")).shape == (0, 2)


def test_the_interval_of_a_set_metric_holds_it() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random(60) < 0.5
    rows = np.c_[0.3 * truth + 0.7 * rng.random(60), truth]
    metric = BY_NAME["confidence_auroc"]
    low, high = interval(metric, rows, 7, rounds=200)
    value = metric.of_rows(rows)
    assert low is not None
    assert high is not None
    assert value is not None
    assert low < value < high


def test_set_metrics_by_hand() -> None:
    rows = np.array([[0.9, 1.0], [0.8, 0.0], [0.3, 1.0], [0.1, 0.0]])
    assert auroc_of(rows) == pytest.approx(3 / 4)  # .9 beats both, .3 beats .1
    assert brier_of(rows) == pytest.approx((0.01 + 0.64 + 0.49 + 0.01) / 4)
    assert ece_of(rows) == pytest.approx((0.1 + 0.8 + 0.7 + 0.1) / 4)  # a bin for each
    assert coverage_at(0.5)(rows) == 1.0
    assert coverage_at(0.4)(rows) == 0.75  # of the first three one is wrong
    assert coverage_at(0.1)(rows) == 0.25
    assert percentile_of(50)(rows) == pytest.approx(0.55)
    assert sum_of(rows) == pytest.approx(2.1)


def test_macro_f1_by_hand() -> None:
    # gold a a b c, said a b b a: F1 of a = 2/4, of b = 2/3, of c = 0
    rows = np.array([[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [3.0, 1.0]])
    assert macro_f1_of(rows) == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)


@pytest.mark.parametrize("metric", [m for m in METRICS if not m.is_mean], ids=lambda m: m.name)
def test_a_set_metric_of_no_rows_is_none(metric: Metric) -> None:
    assert metric.of_rows(np.empty((0, len(metric.columns)))) is None


def test_every_metric_says_what_it_is_and_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(METRICS)
    assert {metric.suite for metric in METRICS} == SUITES
    for metric in METRICS:
        assert metric.description.endswith(".")
        assert metric.source
        assert metric.is_mean <= (len(metric.columns) == 1)
        assert metric.critical <= metric.in_gate
        assert not inspect.iscoroutinefunction(metric.of_rows)
    assert {m.suite for m in metrics_of(["triage"])} == {Suite.TRIAGE}


def test_every_column_that_a_metric_reads_is_one_that_cases_have() -> None:
    judged = {"citation_precision", "citation_recall", "faithfulness", "completeness", "relevance"}
    known: set[str] = set(judged)
    gold: dict[str, Any] = {"gains": {"a.md": 1.0}, "must_contain": ("x",), "category": "it"}
    stages = ("intake", "triage", "retrieval", "generation", "verification", "total")
    given = answer(
        "x [1]",
        citation(1, "x"),
        retrieved=[{"chunk_id": "c", "document_name": "a.md", "score": 1.0}],
        triage={"category": "it", "category_confidence": 0.5, "priority": "low"},
        timings_ms=dict.fromkeys(stages, 1.0),
    )
    for outcome, answerable, kind in (
        (Outcome.ANSWERED, True, "harmless"),
        (Outcome.CLARIFIED, False, "injection"),
        (Outcome.ESCALATED, False, "k"),
    ):
        wanted = case(
            kind=kind,
            expected_outcome=outcome,
            answerable=answerable,
            must_not_contain=("y",),
            priority="low",
            **gold,
        )
        known |= plain_columns(wanted, given).keys()
    for metric in METRICS:
        assert known >= set(metric.columns), metric.name
        assert metric.judged == bool(judged & set(metric.columns))


def test_the_fast_figures_are_scikit_learns() -> None:
    from sklearn.metrics import brier_score_loss, f1_score

    draw = np.random.default_rng(3)
    for labels in (2, 7):
        codes = np.r_[-1.0, draw.integers(0, 2**32, labels).astype(float)]
        gold, said = draw.choice(codes[1:], 60), draw.choice(codes, 60)
        wanted = f1_score(
            gold.astype(str),
            said.astype(str),
            labels=np.unique(gold).astype(str),
            average="macro",
            zero_division=0.0,
        )
        assert macro_f1_of(np.c_[gold, said]) == pytest.approx(wanted)
    chances, right = draw.random(50), draw.random(50) < 0.4
    assert brier_of(np.c_[chances, right]) == pytest.approx(brier_score_loss(right, chances))
