from __future__ import annotations

import numpy as np
import pytest

from evals.continuous.day_sample import Vectors
from evals.continuous.question_drift import drift


def around(axis: int, count: int, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).normal(0.0, 0.2, (count, 8))
    rows[:, axis] += 1.0
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_wholly_other_questions_are_at_a_coefficient_of_one() -> None:
    today, before = np.eye(2, dtype=np.float32)[[0] * 12], np.eye(2, dtype=np.float32)[[1] * 12]
    found = drift(today, [before] * 7, 1)
    assert found.coefficient == pytest.approx(1.0, abs=1e-5)
    assert found.p == 1 / 10_000


def test_the_same_questions_again_are_no_drift() -> None:
    same = np.eye(4, dtype=np.float32)[[0, 1, 2, 3] * 3]
    found = drift(same, [same] * 7, 1)
    assert found.coefficient == pytest.approx(0.0, abs=1e-5)
    assert found.p == 1.0


def test_questions_of_a_new_topic_are_seen_where_days_are_alike() -> None:
    days = [around(0, 30, seed) for seed in range(14)]
    usual = drift(around(0, 30, 99), days, 1)
    mixed = np.concatenate([around(0, 15, 98), around(1, 15, 97)])
    assert usual.p > 0.01
    assert drift(mixed, days, 1).p < 0.0005
    assert drift(mixed, days, 1) == drift(mixed, days, 1)


def test_a_topic_is_no_drift_where_each_day_has_one_of_its_own() -> None:
    days = [around(seed % 6, 30, seed) for seed in range(14)]
    assert drift(around(2, 30, 99), days, 1).p > 0.05
