"""How far the text of a source is trusted: who can write there decides."""

from __future__ import annotations

from enum import StrEnum

from engine.errors import WrongUse


class Trust(StrEnum):
    """Tiers of sources, the most trusted first."""

    OFFICIAL = "official"
    """What the company has decided: few may write it, and somebody answers for it."""
    TEAM = "team"
    """What colleagues write for one another."""
    OPEN = "open"
    """Where anybody may put something, as files shared in a channel."""

    @property
    def rank(self) -> int:
        """0 for the most trusted."""
        return _ORDER.index(self)


_ORDER = tuple(Trust)


def parse_trust(word: str | None) -> Trust | None:
    """The tier of that name; None where none is named.

    Raises: WrongUse.
    """
    if word is None:
        return None
    try:
        return Trust(word.strip().lower())
    except ValueError:
        tiers = ", ".join(_ORDER)
        raise WrongUse(f"{word[:40]!r} is no tier of trust; name one of {tiers}") from None
