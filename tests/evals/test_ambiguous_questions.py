from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.trace import Outcome
from evals.ambiguous_questions import FILE, ambiguous_cases, readings_of
from evals.corpora import load_set


def single(*answers: str) -> dict[str, Any]:
    return {"type": "singleAnswer", "answer": list(answers)}


def several(**readings: str) -> dict[str, Any]:
    pairs = [{"question": asked, "answer": [said]} for asked, said in readings.items()]
    return {"type": "multipleQAs", "qaPairs": pairs}


def row(*annotations: dict[str, Any], number: str = "1") -> dict[str, Any]:
    return {"id": number, "question": "Who won?", "annotations": list(annotations)}


@pytest.mark.parametrize(
    ("asked", "readings"),
    [
        (
            row(single("Ann", "Ann Lee", "Ann")),
            [("Who won?", "The answer is Ann (also: Ann Lee).")],
        ),
        (row(single("Ann"), single("Bob")), [("Who won?", "The answer is Ann.")]),
        (
            row(several(men="Bob", women="Ann"), several(a="x", b="y")),
            [("men", "The answer is Bob."), ("women", "The answer is Ann.")],
        ),
        (row(single("Ann"), several(men="Bob", women="Ann")), []),
        (row(several(men="Bob")), []),
    ],
)
def test_readings_are_those_on_which_annotators_agree(
    asked: dict[str, Any], readings: list[tuple[str, str]]
) -> None:
    assert readings_of(asked) == readings


def test_each_reading_is_a_document_and_each_question_a_case(tmp_path: Path) -> None:
    folder, work = tmp_path / "ambiguous_questions", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    rows = [
        row(single("Ann")),
        row(several(men="Bob", women="Ann"), number="2"),
        row(single("x"), several(a="x", b="y"), number="3"),
    ]
    (folder / FILE).write_text(json.dumps(rows))
    cases = ambiguous_cases(folder, work / "corpus.jsonl")
    assert [(c.question.id, c.expected_outcome, sorted(c.gains)) for c in cases] == [
        ("1", Outcome.ANSWERED, ["1-1"]),
        ("2", Outcome.CLARIFIED, ["2-1", "2-2"]),
    ]
    made = [json.loads(line) for line in (work / "corpus.jsonl").read_text().splitlines()]
    assert [d["_id"] for d in made] == ["1-1", "2-1", "2-2"]
    assert made[1] == {"_id": "2-1", "title": "men", "text": "men\n\nThe answer is Bob."}
    loaded = load_set("ambiguous_questions", datasets=tmp_path, work=work, size=1, seed=7)
    assert loaded is not None
    assert len(loaded.cases) == 1
