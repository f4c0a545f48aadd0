"""Documents' names: as their source has them, without what no reader would see."""

from __future__ import annotations

from engine.containment import INVISIBLE


def printable(name: str) -> str:
    """A file's name as text: bytes that are not UTF-8 are written as `\\xNN`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def document_name(name: str) -> str:
    """The name without characters that show nothing, turn the text around or steer a terminal.

    All else stays, since programs compare it with the path or `_id`; empty if nothing shows.
    """
    return INVISIBLE.sub("", printable(name))
