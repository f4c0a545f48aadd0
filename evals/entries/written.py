"""Questions written for this project: each with paraphrases, and with near misses that ask for
something else in almost the same words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parent / "written.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A question. paraphrases: that its answer answers. near_misses: that it does not."""

    question: str
    paraphrases: tuple[str, ...]
    near_misses: tuple[str, ...]


def read_written() -> tuple[Written, ...]:
    """All of them; blocks."""
    rows = map(json.loads, _FILE.read_text(encoding="utf-8").splitlines())
    return tuple(
        Written(
            question=row["question"],
            paraphrases=tuple(row["paraphrases"]),
            near_misses=tuple(row["near_misses"]),
        )
        for row in rows
    )
