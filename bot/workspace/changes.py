"""Who is told that something in the workspace changed, for a client that shows it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class ChangeKind(StrEnum):
    """What can change in a client's eyes."""

    MESSAGE = "message"
    """Of `channel` and `ts`; new, changed or gone. An ephemeral one too."""
    CHANNEL = "channel"
    PERSON = "person"
    MODALS = "modals"
    HOME = "home"
    SESSION = "session"
    """Status, title or state of the app's work in `channel`, in the thread `ts`."""
    PROMPTS = "prompts"


class Change(NamedTuple):
    """Names what changed; how it is now stands in the world."""

    kind: ChangeKind
    place: str
    """Id of the channel; of the person for persons, modals and homes."""
    ts: str = ""
    """Of a message or a thread, else empty."""


Listener = Callable[[Change], None]


class Changes:
    """Tells every listener, at once and in order."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Adds a listener; it must not raise and must not wait."""
        self._listeners.append(listener)

    def tell(self, kind: ChangeKind, place: str, ts: str = "") -> None:
        """Says that something changed, after it did."""
        change = Change(kind, place, ts)
        for listener in self._listeners:
            listener(change)
