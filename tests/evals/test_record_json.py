from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import WrongUse
from evals.record_json import parse_record, read_record, render_record, write_record
from evals.run_record import CaseResult, Figure, RunRecord, RunState

RECORD = RunRecord(
    id="r1",
    target="sample",
    suites=("retrieval", "answers"),
    dataset="sample",
    dataset_hash="d" * 64,
    split="",
    fingerprint="f" * 64,
    judge="local",
    seed=7,
    state=RunState.DONE,
    started_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    finished_at=datetime(2026, 11, 22, 9, 1, tzinfo=UTC),
    results=(
        CaseResult(
            case_id="a",
            case_hash="c" * 64,
            question="Wie lange in Zürich?",
            outcome="answered",
            slices={"kind": ("answerable",), "tag": ("x", "y")},
            columns={"hit_at_1": 1.0, "total_ms": 3.25},
            problems=("It is short.",),
            expected_docs=("a.md",),
            cited_docs=("a.md", "b.md"),
            trace_id="t1",
            from_cache=True,
        ),
    ),
    figures=(Figure(metric="hit_at_1", value=1.0, low=None, high=None, cases=1),),
    skipped=("line 3: it is no JSON",),
    notes=("The local checker judged.",),
    cost_usd=0.25,
    links={"LangFuse": "https://langfuse.example/r1"},
)


def test_a_record_comes_back_from_its_json(tmp_path: Path) -> None:
    assert parse_record(json.loads(json.dumps(render_record(RECORD)))) == RECORD
    running = replace(RECORD, finished_at=None, state=RunState.RUNNING)
    assert parse_record(json.loads(json.dumps(render_record(running)))) == running
    write_record(RECORD, tmp_path / "run.json")
    assert read_record(tmp_path / "run.json") == RECORD
    (tmp_path / "report.json").write_text(json.dumps({"run": render_record(RECORD)}))
    assert read_record(tmp_path / "report.json") == RECORD


def test_a_field_of_a_later_version_is_left_out() -> None:
    body = render_record(RECORD)
    body["later"] = 1
    body["results"][0]["later"] = 1
    body["figures"][0]["later"] = 1
    assert parse_record(body) == RECORD


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "no JSON object"), ("[]", "no JSON object"), ("{}", "no run"), ('{"run": 1}', "no run")],
)
def test_what_is_no_record_is_wrong_use(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(WrongUse, match=said):
        read_record(path)
    with pytest.raises(WrongUse, match="cannot be read"):
        read_record(tmp_path / "absent.json")
