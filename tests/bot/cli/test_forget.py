"""`deskhand export` hands out what is stored of a person, `deskhand forget` removes it and proves
it, and the audit log keeps the proof's hash alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # every test starts the command

ANN = "U0ANNA01"
TEXT = "Why does my manager Jo read all of my mail?"


def test_a_person_is_handed_their_rows_and_then_forgotten(knowing: Any, refused: Any) -> None:
    knowing.batch(
        json.dumps({"id": "1", "question": TEXT, "user": ANN, "audience": ["everyone"]}),
        json.dumps({"id": "2", "question": "When does the gate open?", "user": "U0BENN01"}),
    )
    knowing.run("eval", "cases", "add", TEXT, "--expected-outcome", "answered")
    stored = knowing.json("export", ANN)
    assert [row["body"]["question"] for row in stored["tables"]["traces"]] == [TEXT]
    assert [case["user_question"] for case in stored["saved_cases"]] == [TEXT]
    counted = knowing.json("forget", ANN, "--dry-run")
    assert (counted["traces"], counted["questions"]) == (1, 0)
    proof = knowing.json("forget", ANN)
    assert proof["left"] == []
    assert proof["changed"] == {"traces": 1, "saved cases": 1}
    assert TEXT not in str(proof)
    assert TEXT.encode() not in (knowing.home / "deskhand.db").read_bytes()
    assert "manager" not in (knowing.home / "evals" / "cases.jsonl").read_text()
    assert len(knowing.rows("SELECT id FROM traces")) == 1
    rows = knowing.json("audit")["rows"]
    assert rows[-1]["action"] == "deskhand forget"
    assert rows[-1]["object"] == f"{ANN} proof {proof['digest']}"
    assert rows[-2]["action"] == "deskhand export"
    refused(knowing.run("forget", "nobody"), 2, "no person, question or source", "permalink")
