"""Documents' names: as their source has them, without what no reader would see."""

from __future__ import annotations

from engine.containment import INVISIBLE, one_line

_BEGINNING, _ENDING = 90, 29
"""Characters of a name in a sentence; what lies between is cut out, as the ending says its kind."""


def printable(name: str) -> str:
    """A file's name as text: bytes that are not UTF-8 are written as `\\xNN`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def document_name(name: str) -> str:
    """The name without characters that show nothing, turn the text around or steer a terminal.

    All else stays, since programs compare it with the path or `_id`; empty if nothing shows.
    """
    return INVISIBLE.sub("", printable(name))


def spoken_name(name: str) -> str:
    """The name as a sentence repeats it: short and on one line, whatever it was made to look like.

    A site's page is called by its address, so what shows the sentence sees to it that none is live.
    """
    said = one_line(printable(name)) or "a document"
    if len(said) <= _BEGINNING + 1 + _ENDING:
        return said
    return f"{said[:_BEGINNING]}…{said[-_ENDING:]}"
