"""A small data set with documents of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

THINGS = (
    *("badge", "laptop", "printer", "desk", "chair", "monitor", "keyboard", "headset"),
    *("locker", "bicycle", "projector", "scanner"),
)


def make_world(folder: Path, *, cases: int = 12, broken: str = "") -> Path:
    """A folder of documents on things, and questions on what they cost; one has no answer."""
    knowledge = folder / "knowledge" / "costs"
    knowledge.mkdir(parents=True)
    for number, thing in enumerate(THINGS):
        (knowledge / f"{thing}.md").write_text(
            f"# The {thing}\n\nA new {thing} costs {15 + number} euros. It is ordered by mail to "
            f"the office, and the old {thing} is given back within {number + 2} days.\n"
        )
    lines = [json.dumps(a_case(number)) for number in range(cases)]
    if broken:
        lines.insert(2, broken)
    (folder / "cases.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


def a_case(number: int) -> dict[str, Any]:
    """The question of that number; the same things come again in other words."""
    thing, turn = THINGS[number % len(THINGS)], number // len(THINGS)
    if number == 5:
        return {
            "id": "unanswerable",
            "user_question": "Who won the football match in Lisbon yesterday?",
            "expected_outcome": "escalated",
        }
    asked = f"What does a new {thing} cost" + (f" in the year {2000 + turn}?" if turn else "?")
    return {
        "id": f"{thing}-{turn}",
        "user_question": asked,
        "expected_docs": [f"costs/{thing}.md"],
        "expected_outcome": "answered",
        "must_contain": [f"{15 + number % len(THINGS)} euros"],
        "tags": ["even" if number % 2 == 0 else "odd"],
    }
