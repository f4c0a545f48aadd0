"""The sizing tables: their arithmetic by hand, and that those written down are those computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.sizing.__main__ import render
from evals.sizing.quantisation import measure_quantisation
from evals.sizing.table import Habits, for_passages, for_people
from evals.sizing.unit_costs import Costs, stored_costs

ROOT = Path(__file__).parents[3]
COSTS = Costs(
    passage_bytes=1 << 10,
    question_bytes=1 << 10,
    vector_bytes={"none": 1 << 10, "scalar": 1 << 11},
    quantised_bytes={"none": 0, "scalar": 384},
    sparse_bytes=1000,
    cpu_s=0.1,
    replica_mib=300,
    prompt_tokens=1000,
    completion_tokens=100,
    source={},
)


def test_the_row_of_a_number_of_people_is_that_of_the_formula() -> None:
    habits = Habits(per_person_day=1.0, peak=0.36, usd_per_million=(1.0, 10.0), working_days=240)
    row = for_people(1_000_000, COSTS, habits)
    # 1,000,000 x .36 / 3600 = 100 a second, x .1 s of a core = 10 cores, of 2 half used: 10
    assert (row.per_day, row.peak_per_s, row.replicas) == (1_000_000, pytest.approx(100), 10)
    # (1000 x $1 + 100 x $10) / 1e6 = $.002 a question, 20 days of a million
    assert row.spend_usd == pytest.approx(40_000)
    assert row.database_gib == pytest.approx(240e6 / (1 << 20))
    assert for_people(1, COSTS, habits).replicas == 2


def test_the_row_of_a_number_of_passages_is_that_of_the_formula() -> None:
    row = for_passages(1 << 20, "scalar", COSTS)
    assert row.database_gib == pytest.approx(1.0)
    assert row.disk_gib == pytest.approx((2048 + 1000) / 1024)
    assert row.memory_gib == pytest.approx((384 * 4 * 1.5 + 384 + 1000) / 1024)
    assert row.on_disk_memory_gib == pytest.approx((384 + 200) / 1024)
    assert (for_passages(1_000_000, "none", COSTS).shards, row.shards) == (1, 12)


def test_the_tables_that_are_written_down_are_those_of_the_stored_costs() -> None:
    written = (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8")
    for table in render(stored_costs(), Habits()).split("\n\n"):
        assert table in written


def test_whole_vectors_are_found_again_and_every_kind_takes_room() -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(1200, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    held = measure_quantisation(vectors, vectors[:20], seed=3)
    assert [one.quantization for one in held] == ["none", "scalar", "binary"]
    assert all(one.recall_at_10[0] > 0.8 for one in held)
    none, _, binary = held
    assert binary.recall_at_100[0] < none.recall_at_100[0] <= 1
