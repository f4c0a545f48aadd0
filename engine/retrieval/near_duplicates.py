"""Passages that repeat a better one, so that an answer is not made of the same thing twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from engine.retrieval.passage import Candidate, LivePassage

_ALIKE = 0.85
_SUBSTANCE = re.compile(
    r"\d(?:[\d.,:]*\d)?|\b(?:not|no|never|none|cannot|without|unless|except|only)\b|n['’]t\b",
    re.IGNORECASE,
)
"""What turns a sentence around though nearly every word is the same: figures and negations."""


def first_distinct(
    ids: Sequence[str], candidates: Mapping[str, Candidate], wanted: int
) -> tuple[list[int], dict[int, int]]:
    """Positions of the best passages whose words no better one has, at most `wanted`; and those
    passed over on the way, each with the position of the one it is like."""
    kept: list[int] = []
    sets: list[frozenset[int]] = []
    repeated: dict[int, int] = {}
    for position, passage_id in enumerate(ids):
        here = frozenset(candidates[passage_id].vectors.terms.tolist())
        like = next(
            (k for k, s in zip(kept, sets, strict=True) if _jaccard(here, s) > _ALIKE), None
        )
        if like is not None:
            repeated[position] = like
            continue
        kept.append(position)
        sets.append(here)
        if len(kept) == wanted:
            break
    return kept, repeated


def says_otherwise(one: LivePassage, other: LivePassage) -> bool:
    """Whether a passage that is almost another document's has other figures or negations: two
    versions of a rule are no duplicates, and their contradiction must be seen."""
    if one.document_id == other.document_id:
        return False
    return _substance(one) != _substance(other)


def _substance(live: LivePassage) -> Counter[str]:
    return Counter(found.lower() for found in _SUBSTANCE.findall(live.passage.text))


def _jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    """Jaccard's index; 0 for two empty sets."""
    union = len(a | b)
    return len(a & b) / union if union else 0.0
