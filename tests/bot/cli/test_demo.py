from __future__ import annotations

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
