from __future__ import annotations

import json
from datetime import date

import numpy as np

from evals.continuous.day_sample import DaySample, parse_sample, pooled_counts, render_sample
from evals.continuous.series import BREACHES, CATEGORIES, LATENCY, QUESTIONS

DAY = date(2026, 11, 22)


def test_yes_and_no_are_counted() -> None:
    sample = DaySample(day=DAY, values=np.array([0.0, 1.0, 0.0]))
    assert render_sample(BREACHES, sample) == {"yes": 1, "of": 3}
    again = parse_sample(BREACHES, DAY, {"yes": 1, "of": 3})
    assert again.values.tolist() == [1.0, 0.0, 0.0]
    assert again.n == 3


def test_numbers_keep_six_digits() -> None:
    body = render_sample(LATENCY, DaySample(day=DAY, values=np.array([12.3456789, 0.0])))
    assert body == {"values": [12.3457, 0.0]}
    assert parse_sample(LATENCY, DAY, body).values.tolist() == [12.3457, 0.0]


def test_labels_are_counted_and_added_up_over_days() -> None:
    sample = DaySample(day=DAY, counts={"b": 2, "a": 1})
    again = parse_sample(CATEGORIES, DAY, json.loads(json.dumps(render_sample(CATEGORIES, sample))))
    assert pooled_counts([sample, again]) == {"a": 2, "b": 4}
    assert again.n == 3


def test_vectors_come_back_nearly_as_they_were() -> None:
    rows = np.random.default_rng(1).normal(size=(5, 384))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    sample = DaySample(day=DAY, vectors=vectors, made_by="shipped 1")
    body = json.loads(json.dumps(render_sample(QUESTIONS, sample)))
    again = parse_sample(QUESTIONS, DAY, body)
    assert again.made_by == "shipped 1"
    assert (np.sum(vectors * again.vectors, axis=1) > 0.99).all()
    assert np.allclose(np.linalg.norm(again.vectors, axis=1), 1.0)
