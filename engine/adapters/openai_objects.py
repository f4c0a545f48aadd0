"""The JSON objects in what a model said."""

from __future__ import annotations

import json
from typing import Any

_MOST_CHARS = 20_000
_MOST_TRIES = 200


def objects_in(said: str) -> list[dict[str, Any]]:
    """The outermost JSON objects of an answer, in order: alone, fenced, or after thinking aloud.

    What is cut off or malformed is none; only the last 20,000 characters are read.
    """
    said = said[-_MOST_CHARS:]
    found: list[dict[str, Any]] = []
    decoder = json.JSONDecoder()
    at = said.find("{")
    for _ in range(_MOST_TRIES):
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(said, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append(value)
        at = said.find("{", end)
    return found


def probability_in(said: str) -> tuple[float, str] | None:
    """The last object's `probability` in [0, 1] and its `why`, cut at 200 characters; or None."""
    for row in reversed(objects_in(said)):
        value = row.get("probability")
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            why = row.get("why")
            return float(value), why[:200] if isinstance(why, str) else ""
    return None
