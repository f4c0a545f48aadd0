"""Slack's limits, and lengths as Slack counts them."""

from __future__ import annotations

import json
from typing import Any

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_JSON = 11_000
"""All blocks of one message as JSON; Slack's own limit is near 12,000."""
PAGE_JSON = 8_500
"""The text of one message as JSON, so that sources and buttons have room below it."""
VIEW_JSON = 100_000
FALLBACK = 3_000
PLAIN_TEXT = 3_000
HEADER = 150
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
OPTION_VALUE = 150
ACTIONS = 25
CONTEXT_ELEMENTS = 10
MODAL_TITLE = 24
URL = 2_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20


def length(text: str) -> int:
    """UTF-16 units, of which a character has one or two: never fewer than Slack counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def json_length(value: Any) -> int:
    """The length of a value as it is sent."""
    return length(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def cut(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis, at most `most` long; cut at a blank."""
    if length(text) <= most:
        return text
    kept = text[: most - 1]
    while length(kept) > most - 1:
        kept = kept[: most - 1 - length(kept)]
    blank = max(kept.rfind(" "), kept.rfind("\n"))
    return kept[: blank if blank > len(kept) // 2 else len(kept)].rstrip() + "…"
