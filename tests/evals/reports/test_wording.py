from __future__ import annotations

import pytest

from evals.reports.wording import (
    change_interval_text,
    difference_text,
    interval_text,
    metric_label,
    score_text,
    seen,
    value_text,
)
from evals.suites.catalogue import METRICS

BY_NAME = {metric.name: metric for metric in METRICS}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("outcome_right", 0.625, "62.5%"),
        ("ndcg_at_10", 0.5881, "0.588"),
        ("right_ece", 0.0134, "0.013"),
        ("total_p95_ms", 70.14, "70.1 ms"),
        ("total_p95_ms", 412.6, "413 ms"),
        ("total_p95_ms", 2345.0, "2.35 s"),
        ("cost_usd", 0.000132, "$0.00013"),
        ("cost_usd", 0.0, "$0.00"),
        ("prompt_tokens", 1234.5, "1,234"),
        ("outcome_right", None, "–"),
        ("outcome_right", float("nan"), "–"),
    ],
)
def test_a_value_has_the_unit_of_its_metric(name: str, value: float | None, text: str) -> None:
    assert value_text(value, BY_NAME[name]) == text


def test_a_difference_has_a_sign_unless_it_is_nothing() -> None:
    share, score = BY_NAME["outcome_right"], BY_NAME["ndcg_at_10"]
    assert difference_text(-0.217, share) == "−21.7 pp"
    assert difference_text(0.00001, share) == "0.0 pp"
    assert difference_text(0.025, score) == "+0.025"
    assert difference_text(-8.7, BY_NAME["total_p95_ms"]) == "−8.7 ms"
    assert change_interval_text(-0.361, -0.083, share) == "−36.1 to −8.3 pp"
    assert change_interval_text(None, 0.1, share) == ""
    assert interval_text(0.5, 1.0, share) == "50.0% to 100.0%"
    assert interval_text(None, None, share) == ""


def test_one_case_scores_in_whole_percent() -> None:
    assert score_text(1.0, "outcome_right") == "100%"
    assert score_text(None, "outcome_right") == "–"
    assert score_text(12.5, "no such metric") == "12.5"


def test_labels_are_words_and_apart() -> None:
    labels = [metric_label(metric.name) for metric in METRICS]
    assert metric_label("hit_at_1") == "Hit@1"
    assert metric_label("ndcg_at_10") == "nDCG@10"
    assert metric_label("category_macro_f1") == "Category macro F1"
    assert len(set(labels)) == len(labels)
    assert not [label for label in labels if "_" in label]


def test_foreign_text_is_one_line_and_shows_what_it_hides() -> None:
    assert seen("a\n\tb\u202ec\u200bd") == "a b⟨U+202E⟩c⟨U+200B⟩d"
    assert seen("\U0001f469\u200d\U0001f4bb") == "\U0001f469\u200d\U0001f4bb"
    assert seen("x" * 50, most=10) == "x" * 9 + "…"
