from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest


@pytest.mark.slow
def test_the_demo_answers_and_ends_without_a_terminal(deskhand: Any) -> None:
    first = deskhand.run("demo")
    assert (first.returncode, first.stderr) == (0, "")
    assert "added " in first.stdout
    assert first.stdout.count("answered, confidence") >= 3
    assert first.stdout.count("\n[1] ") + first.stdout.count("  [1] ") >= 3
    again = deskhand.run("demo", "--no-chat")
    assert "added 0, changed 0" in again.stdout
    assert deskhand.json("sources") == {"sources": []}  # the demo has a home of its own


@pytest.mark.slow
def test_the_demo_for_machines_is_one_object_and_touches_no_server(deskhand: Any) -> None:
    production = deskhand.folder / "production.db"
    deskhand.settings = {
        "DATABASE_URL": f"sqlite:///{production}",
        "QDRANT_URL": "http://127.0.0.1:9",
        "OPENAI_API_KEY": "sk-not-to-be-used",
    }
    whole = deskhand.json("demo")
    assert whole["ingest"]["added"] > 0
    assert whole["ingest"]["failed"] == []
    assert [answer["id"] for answer in whole["answers"]] == ["1", "2", "3", "4", "5"]
    assert sum(answer["outcome"] == "answered" for answer in whole["answers"]) >= 3
    assert not production.exists()
    with closing(sqlite3.connect(deskhand.home / "demo" / "deskhand.db")) as db:
        assert db.execute("select count(*) from documents").fetchone()[0] > 0
