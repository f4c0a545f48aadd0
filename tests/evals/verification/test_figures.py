from __future__ import annotations

import pytest

from evals.verification.figures import balanced_accuracy, best_balanced_accuracy, figures, interval
from evals.verification.pair import Pair


def pair(number: int, *, supported: bool, kind: str = "k") -> Pair:
    return Pair(claim="c", evidence=("e",), supported=supported, kind=kind, group=str(number))


def test_balanced_accuracy_by_hand() -> None:
    truth = [True, True, False, False, False, False]
    assert balanced_accuracy([True, False, False, False, False, True], truth) == pytest.approx(
        0.625
    )
    assert balanced_accuracy([True], [True]) is None


def test_the_best_threshold_is_the_one_that_suits_the_baseline_most() -> None:
    assert best_balanced_accuracy(
        [0.1, 0.4, 0.6, 0.9], [False, True, False, True]
    ) == pytest.approx(0.75)


def test_an_interval_repeats_with_its_seed_and_holds_the_value() -> None:
    pairs = [pair(i, supported=i % 2 == 0) for i in range(40)]

    def measure(rows: list[int]) -> float:
        return sum(pairs[row].supported for row in rows) / len(rows)

    low, high = interval(pairs, measure, seed=1) or [1.0, 0.0]
    assert [low, high] == interval(pairs, measure, seed=1)
    assert low < 0.5 < high


def test_kinds_are_shown_apart() -> None:
    pairs = [
        pair(1, supported=True, kind="s"),
        pair(2, supported=False, kind="p"),
        pair(3, supported=False, kind="n"),
    ]
    found = figures(pairs, [0.9, 0.95, 0.1], [1.0, 1.0, 0.0], [1.0, 2.0, 3.0], seed=1)
    assert found["balanced_accuracy"] == pytest.approx(0.75)
    assert found["right_share_by_kind"]["p"] == {
        "claims": 1,
        "right_share": 0.0,
        "auroc_against_supported": 0.0,
    }
    assert found["right_share_by_kind"]["n"]["auroc_against_supported"] == 1.0
    assert found["check_p50_cpu_ms"] == 2.0
