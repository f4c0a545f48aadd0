"""Baselines as files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import WrongUse
from evals.run_record import CaseResult, RunRecord, RunState
from evals.statistics.baseline_file import kept_columns, read_baseline, write_baseline
from evals.statistics.compare import compare
from evals.statistics.comparison import Verdict
from evals.statistics.gate import gate


def record(*scores: float) -> RunRecord:
    return RunRecord(
        id="r1",
        target="sample",
        suites=("retrieval", "adversarial"),
        dataset="sample",
        dataset_hash="d",
        split="all",
        fingerprint="f",
        judge="local",
        seed=7,
        state=RunState.DONE,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        finished_at=datetime(2026, 1, 2, tzinfo=UTC),
        results=tuple(
            CaseResult(
                case_id=f"c{i} «ü»",
                case_hash=f"h{i}",
                question="A text that stays here?",
                outcome="answered",
                slices={"kind": ("answerable",)},
                columns={"recall_at_5": score, "total_ms": 12.5}
                | ({"breach_link": 0.0} if i % 2 else {}),
                problems=("A text that stays here.",),
            )
            for i, score in enumerate(scores)
        ),
    )


def test_a_run_compared_with_its_own_file_is_the_same(tmp_path: Path) -> None:
    path, made = tmp_path / "baseline.json", record(*(1 / 3, 2 / 3, 1e-7, 1.0) * 5)
    write_baseline(made, path)
    read = read_baseline(path)
    found = compare(read, made)
    assert found.of(Verdict.SAME)
    assert not found.of(Verdict.WORSE) + found.of(Verdict.BETTER)
    assert (found.flips, found.shared, found.missing) == ((), 20, ())
    assert gate(found, made).passed
    assert (read.judge, read.suites, read.started_at) == (made.judge, made.suites, made.started_at)


def test_the_file_holds_a_case_a_line_and_no_text(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    write_baseline(record(1.0, 0.25), path)
    text = path.read_text(encoding="utf-8")
    assert "A text that stays here" not in text
    assert "total_ms" not in text
    assert '  ["c1 «ü»","h1","answered",[0.25,0]]\n' in text
    assert '  ["c0 «ü»","h0","answered",[1,null]],\n' in text
    assert read_baseline(path).results[0].columns == {"recall_at_5": 1.0}


def test_columns_of_the_gate_are_kept_and_times_are_not() -> None:
    assert {"recall_at_5", "confidence", "answerable", "breach_link"} <= set(kept_columns())
    assert "total_ms" not in kept_columns()


def test_a_run_that_did_not_end_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="did not end"):
        write_baseline(replace(record(1.0), state=RunState.CANCELLED), tmp_path / "b.json")
    assert not (tmp_path / "b.json").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "columns": 3}'])
def test_what_is_no_baseline_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match="is not a baseline; make it with"):
        read_baseline(path)


def test_a_file_that_is_missing_or_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        read_baseline(tmp_path / "none.json")
    with pytest.raises(WrongUse, match="cannot be written"):
        write_baseline(record(1.0), tmp_path / "none" / "b.json")
