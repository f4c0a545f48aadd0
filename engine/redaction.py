"""Texts made fit to leave this machine: personal data and secrets replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

_MOST_DEPTH = 20
_CUT = " [cut]"


class Redactor(Protocol):
    """Replaces what identifies a person or opens a door.

    Finds by form: e-mail addresses, phone, account and card numbers, network addresses, keys. A
    name, or a secret told in prose, has no form and stays. Blocks for milliseconds a page: call it
    in a thread.
    """

    def redact(self, text: str) -> str:
        """The text with a placeholder such as "[email]" for each find; never raises."""
        ...


def redact_json(value: Any, redactor: Redactor, *, most_chars: int) -> Any:
    """The same JSON with every string in it redacted, then cut; keys stay."""
    return _redacted(value, redactor, most_chars, _MOST_DEPTH)


def _redacted(value: Any, redactor: Redactor, most_chars: int, depth: int) -> Any:
    if isinstance(value, str):
        # Twice as much is read as is kept, so that the cut leaves no half of a secret.
        text = redactor.redact(value[: most_chars * 2])
        return text if len(text) <= most_chars else text[:most_chars] + _CUT
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        return {k: _redacted(v, redactor, most_chars, depth - 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, redactor, most_chars, depth - 1) for item in value]
    return value
