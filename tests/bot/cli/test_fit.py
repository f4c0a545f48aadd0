from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # every test starts the command

SAMPLE = Path(__file__).parents[3] / "evals" / "sample" / "knowledge"


def test_a_fit_says_whether_the_shipped_model_serves_and_how_well(deskhand: Any) -> None:
    done = deskhand.run("ingest", str(SAMPLE / "hr"), "--no-fit")
    assert done.returncode == 0
    made = deskhand.json("fit")
    assert made["examples"] > 80
    assert 0.5 < made["auroc"] <= 1
    assert sum(b["questions"] for b in made["reliability"]) == made["examples"]
    assert made["learnt"] is False
    assert 0 < made["prior_log_loss"] < 0.6931
    shown = deskhand.run("fit")
    assert shown.returncode == 0
    assert shown.stdout.startswith("the shipped model serves")


def test_too_few_documents_are_no_fault(deskhand: Any) -> None:
    (deskhand.folder / "a.md").write_text("# A\n\nThe gate opens at seven.\n")
    assert deskhand.run("ingest", "a.md").returncode == 0
    shown = deskhand.run("fit")
    assert shown.returncode == 0
    assert shown.stdout.startswith("too few passages to learn from")
    assert deskhand.json("fit") == {"examples": 0}
