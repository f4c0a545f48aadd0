"""The shipped word list: how rare a word is, and which words mean the same or the opposite."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from engine.verification.lexicon.groups import OPPOSITES, SAME
from engine.verification.lexicon.stem import stem_of

_FIRST_RANK = 1_996
_LAST_RANK = 30_522
"""Whole words in the embedder's vocabulary, the most frequent first."""
_COMMON = 40.0
_NEGATIVE_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "de", "mis")
_LEAST_SHARED_PREFIX = 5

SAME_MEANING = 0.95
BROADER = 0.75
NEAR = 0.6


@dataclass(frozen=True, slots=True)
class _Entry:
    rank: int | None = None
    own: frozenset[str] = frozenset()
    broader: frozenset[str] = frozenset()


_UNKNOWN = _Entry()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Questions about stems; every answer is a pure function of the shipped list."""

    lines: dict[str, str]
    groups: dict[str, frozenset[int]]
    opposites: dict[str, frozenset[str]]
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _related: dict[tuple[str, str], float] = field(default_factory=dict)

    def rarity(self, stem: str) -> float:
        """In (0, 1]: near 0 for the commonest words, 1 for words that the list lacks."""
        rank = self._entry(stem).rank
        if rank is None:
            return 1.0
        place = (rank - _FIRST_RANK + _COMMON) / _COMMON
        most = (_LAST_RANK - _FIRST_RANK + _COMMON) / _COMMON
        return max(0.08, math.log(max(place, 1.05)) / math.log(most))

    def knows(self, stem: str) -> bool:
        """Whether the stem is a dictionary word, and not only a name or a frequent token."""
        entry = self._entry(stem)
        return bool(entry.own or entry.broader)

    def _entry(self, stem: str) -> _Entry:
        entry = self._entries.get(stem)
        if entry is None:
            line = self.lines.get(stem)
            if line is None:
                return _UNKNOWN
            rank, own, broader, _ = line.split("\t")
            entry = self._entries[stem] = _Entry(
                rank=int(rank) if rank else None,
                own=frozenset(own.split()),
                broader=frozenset(broader.split()),
            )
        return entry

    def same(self, claimed: str, found: str) -> float:
        """How far the found stem says what the claimed one does, in [0, 1]; not symmetric.

        1 for equal stems; a found word may be narrower than the claimed one, not broader.
        """
        if claimed == found:
            return 1.0
        key = (claimed, found)
        known = self._related.get(key)
        if known is None:
            if len(self._related) > 200_000:
                self._related.clear()
            known = self._related[key] = self._relate(claimed, found)
        return known

    def _relate(self, claimed: str, found: str) -> float:
        if self.opposite(claimed, found):
            return 0.0
        if not self.groups.get(claimed, frozenset()).isdisjoint(self.groups.get(found, ())):
            return SAME_MEANING
        one, other = self._entry(claimed), self._entry(found)
        if not one.own.isdisjoint(other.own):
            return SAME_MEANING
        if not one.own.isdisjoint(other.broader):
            return BROADER
        shared = len(_common_prefix(claimed, found))
        if shared >= _LEAST_SHARED_PREFIX and shared >= 0.6 * max(len(claimed), len(found)):
            return NEAR
        return 0.0

    def opposite(self, one: str, other: str) -> bool:
        """Whether the two stems are opposites, by the list or by a negative prefix."""
        if other in self.opposites.get(one, ()) or one in self.opposites.get(other, ()):
            return True
        for longer, shorter in ((one, other), (other, one)):
            if len(shorter) >= 4 and longer.endswith(shorter):
                return longer[: -len(shorter)] in _NEGATIVE_PREFIXES
        return False


def _common_prefix(one: str, other: str) -> str:
    for i, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return one[:i]
    return min(one, other, key=len)


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The shipped list, read once (about 30 ms)."""
    lines: dict[str, str] = {}
    opposites_of: dict[str, set[str]] = {}
    text = (Path(__file__).parent / "words.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        stem, _, rest = line.partition("\t")
        lines[stem] = rest
        opposites = rest[rest.rfind("\t") + 1 :]
        if opposites:
            opposites_of[stem] = set(opposites.split())
    groups: dict[str, set[int]] = {}
    for number, words in enumerate(SAME):
        for word in words.split():
            groups.setdefault(stem_of(word), set()).add(number)
    for pair in OPPOSITES:
        left, right = ([stem_of(word) for word in side.split()] for side in pair.split("|"))
        for one in left:
            opposites_of.setdefault(one, set()).update(right)
        for other in right:
            opposites_of.setdefault(other, set()).update(left)
    return Lexicon(
        lines=lines,
        groups={stem: frozenset(numbers) for stem, numbers in groups.items()},
        opposites={stem: frozenset(found) for stem, found in opposites_of.items() if found},
    )
