from __future__ import annotations

import numpy as np
import pytest

from engine.triage.scores import (
    Judged,
    by_label,
    confusion,
    difference,
    figures,
    macro_f1,
    rounded_auroc,
)

LABELS = ("a", "b")


def judged(truth: str, *likely: float) -> Judged:
    """Each number is the probability of label a."""
    p = np.array(likely)
    return Judged(labels=LABELS, truth=list(truth), probabilities=np.column_stack([p, 1 - p]))


def test_calibration_is_of_the_likeliest_labels() -> None:
    # (.8, .9]: mean .9, one of two right: gap .4; (.5, .6]: mean .6, right: gap .4
    found = figures(judged("aba", 0.9, 0.9, 0.6), seed=1)
    assert found["ece"] == pytest.approx((2 * 0.4 + 1 * 0.4) / 3)
    assert [(r["from"], r["to"], r["rows"], r["right"]) for r in found["reliability"]] == [
        (0.5, 0.6, 1, 1.0),
        (0.8, 0.9, 2, 0.5),
    ]


def test_figures_against_hand_computed_ones() -> None:
    found = figures(judged("aab", 0.9, 0.2, 0.2), seed=1)
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    # (.1² + .1²), (.8² + .8²), (.2² + .2²)
    assert found["brier"] == pytest.approx((0.02 + 1.28 + 0.08) / 3, abs=1e-4)
    # a: precision 1, recall 1/2; b: precision 1/2, recall 1
    assert found["macro_f1"] == pytest.approx(2 / 3, abs=1e-4)
    low, high = found["accuracy_interval_95"]
    assert low <= found["accuracy"] <= high
    assert found["confusion"] == [{"label": "a", "taken_for": "b", "rows": 1}]


def test_a_label_the_model_lacks_costs_its_whole_share() -> None:
    assert figures(judged("c", 1.0), seed=1)["brier"] == 2.0
    assert macro_f1(["a"], ["c"]) == 0.0
    assert by_label(["a"], ["c"])["c"]["precision"] == 0.0
    assert confusion(["a", "a"], ["c", "a"]) == [{"label": "c", "taken_for": "a", "rows": 1}]


def test_a_difference_is_paired() -> None:
    ours, other = judged("aabb", 0.9, 0.9, 0.1, 0.9), judged("aabb", 0.9, 0.1, 0.1, 0.9)
    found = difference(ours, other, seed=1)
    assert found["accuracy_gain"] == 0.25
    assert found["accuracy_gain_interval_95"][0] >= 0.0


def test_auroc_counts_a_tie_half() -> None:
    assert rounded_auroc(np.array([0.1, 0.5, 0.5]), np.array([False, False, True])) == 0.75
    assert rounded_auroc(np.array([0.1]), np.array([True])) is None
