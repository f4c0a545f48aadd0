from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # every test starts the command

SAMPLE = Path(__file__).parents[3] / "evals" / "sample" / "knowledge"


def test_an_ingestion_learns_what_the_documents_answer_unless_told_not_to(deskhand: Any) -> None:
    def fingerprint() -> str:
        return str(deskhand.json("ask", "How long is parental leave?")["fingerprint"])

    done = deskhand.run("ingest", str(SAMPLE / "hr"), "--no-fit")
    assert done.returncode == 0
    before = fingerprint()
    made = deskhand.json("fit")
    assert made["examples"] > 80
    assert 0.5 < made["auroc"] <= 1
    assert sum(b["questions"] for b in made["reliability"]) == made["examples"]
    fitted = fingerprint()
    assert fitted != before
    again = deskhand.run("ingest", str(SAMPLE / "hr"))
    assert again.returncode == 0
    assert fingerprint() == fitted  # nothing changed, so nothing was learnt anew


def test_too_few_documents_are_no_fault(deskhand: Any) -> None:
    (deskhand.folder / "a.md").write_text("# A\n\nThe gate opens at seven.\n")
    assert deskhand.run("ingest", "a.md").returncode == 0
    shown = deskhand.run("fit")
    assert shown.returncode == 0
    assert shown.stdout.startswith("too few passages to learn from")
    assert deskhand.json("fit") == {"examples": 0}
