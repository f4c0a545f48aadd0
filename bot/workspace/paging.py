"""Slack's cursors: a list cut into pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from bot.workspace.arguments import Arguments
from bot.workspace.errors import Json, refuse

Item = TypeVar("Item")


def page(items: Sequence[Item], args: Arguments, *, default: int = 100) -> tuple[list[Item], Json]:
    """The page that `limit` and `cursor` ask for, and its response_metadata.

    Raises:
        SlackError: `invalid_cursor` or `invalid_limit`.
    """
    limit = args.number("limit", default)
    if not 0 <= limit <= 1000:
        refuse("invalid_limit")
    start = 0
    if args.has("cursor"):
        try:
            kind, _, at = (
                base64.b64decode(args.text("cursor"), validate=True).decode().partition(":")
            )
            start = int(at)
        except (binascii.Error, ValueError):
            refuse("invalid_cursor")
        if kind != "next" or start < 0:
            refuse("invalid_cursor")
    end = start + (limit or default)
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return list(items[start:end]), {"next_cursor": following}
