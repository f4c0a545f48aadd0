"""Whether whoever is being served was refused, for the audit log: said deep in the part that knows
their rights, and heard where the request came in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Hearing:
    """What came of one request so far."""

    refused: bool = False


_NOW: ContextVar[Hearing | None] = ContextVar("deskhand_hearing", default=None)


@contextmanager
def hearing() -> Iterator[Hearing]:
    """Hears of a refusal while inside, in the tasks that are begun there too."""
    heard = Hearing()
    token = _NOW.set(heard)
    try:
        yield heard
    finally:
        _NOW.reset(token)


def refuse() -> None:
    """Says that what is asked now is not done: no right to it, no such thing, or too late."""
    heard = _NOW.get()
    if heard is not None:
        heard.refused = True
