"""How a person, or what they wrote, is known again in any text."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

FORGOTTEN: Final = "[forgotten]"
LEAST_CHARS: Final = 16
"""Shorter texts ("Which wifi?") are anybody's: they are removed where they belong to a person, and
not looked for elsewhere."""
_MOST_DEPTH = 30
_FEW = 500


def plain(text: str) -> str:
    """A text as it is compared: without case, and with one space between words."""
    return " ".join(html.unescape(text).casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for.

    user: a Slack id; None where it is not about a person. alias: stands in its place. texts: what
    they wrote, as `plain` gives it. others: what other people asked, which stays theirs although
    somebody else said the same.
    """

    user: str | None
    alias: str
    texts: frozenset[str]
    others: frozenset[str] = frozenset()
    _named: re.Pattern[str] | None = field(init=False)
    _begun: Mapping[str, tuple[str, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        begun: dict[str, tuple[str, ...]] = {}
        for text in self.texts:
            begun[text[:LEAST_CHARS]] = (*begun.get(text[:LEAST_CHARS], ()), text)
        object.__setattr__(self, "_begun", begun)
        found = (
            re.compile(rf"(?<![A-Za-z0-9]){re.escape(self.user)}(?![A-Za-z0-9])")
            if self.user
            else None
        )
        object.__setattr__(self, "_named", found)

    @classmethod
    def of(
        cls, user: str | None, alias: str, texts: Collection[str], others: Collection[str]
    ) -> Sought:
        """From texts as they were written."""
        theirs = frozenset(map(plain, others))
        mine = {plain(text) for text in texts}
        kept = frozenset(text for text in mine if len(text) >= LEAST_CHARS and text not in theirs)
        return cls(user=user, alias=alias, texts=kept, others=theirs)

    def names(self, text: str) -> bool:
        """Whether a text names the person."""
        return self._named is not None and self._named.search(text) is not None

    def says(self, text: str) -> bool:
        """Whether a text holds one of theirs, or is the greater part of one.

        Takes as long as the text is, however many are looked for.
        """
        said = plain(text)
        if len(said) < LEAST_CHARS or said in self.others:
            return False
        for start in range(len(said) - LEAST_CHARS + 1):
            for mine in self._begun.get(said[start : start + LEAST_CHARS], ()):
                if said.startswith(mine, start):
                    return True
        few = self.texts if len(self.texts) <= _FEW else ()
        return any(said in mine and 2 * len(said) >= len(mine) for mine in few)

    def is_in(self, value: Any, depth: int = _MOST_DEPTH) -> bool:
        """Whether a column's value, JSON too, names them or holds their words."""
        if isinstance(value, str):
            return self.names(value) or self.says(value)
        if depth == 0:
            return False
        if isinstance(value, Mapping):
            return any(
                self.is_in(k, depth - 1) or self.is_in(v, depth - 1) for k, v in value.items()
            )
        if isinstance(value, list | tuple):
            return any(self.is_in(item, depth - 1) for item in value)
        return False

    def without(self, value: Any, depth: int = _MOST_DEPTH) -> Any:
        """The same value without them: the alias for the id, `[forgotten]` for a text."""
        if isinstance(value, str):
            if self.says(value):
                return FORGOTTEN
            return value if self._named is None else self._named.sub(self.alias, value)
        if depth == 0:
            return None
        if isinstance(value, Mapping):
            return {
                self.without(k, depth - 1): self.without(v, depth - 1) for k, v in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.without(item, depth - 1) for item in value]
        return value
