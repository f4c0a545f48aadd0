"""What a citation says, as a judge should read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.knowledge.embedded_text import row_text

_SEPARATOR = " | "
_RULE = re.compile(r"\s*\|?(?:\s*:?-{3,}:?\s*\|)+\s*(?::?-{3,}:?\s*)?")


def cited_evidence(citation: Mapping[str, Any]) -> str:
    """The snippet; of a table's row, with the name of its column before each cell.

    Without them nobody could tell what "Ghent | 3 | no" says.
    """
    snippet = str(citation["snippet"])
    if _SEPARATOR not in snippet:
        return snippet
    header = _header_of(snippet, str(citation["full_content"]))
    return row_text(snippet, header) if header else snippet


def _header_of(row: str, passage: str) -> str:
    """The column names of the Markdown table that a row stands in; empty where there is none."""
    place = passage.find(row)
    if place < 0:
        return ""
    lines = passage[:place].split("\n")
    for number in range(len(lines) - 1, 0, -1):
        if _RULE.fullmatch(lines[number]):
            return lines[number - 1].strip().strip("|").strip()
        if number < len(lines) - 1 and "|" not in lines[number]:
            return ""
    return ""
