"""Whether a question was asked again, in the same words or similar ones."""

from __future__ import annotations

import re

from engine.retrieval.lexical import terms

_LEAST = 0.5
_TOKEN = re.compile(r"<[^<>]*>")


def repeats(text: str, earlier: str) -> bool:
    """Whether at least half of all the terms that either has stand in both (Jaccard).

    Texts of which one has no terms are the same only where they are equal.
    """
    now, before = _terms(text), _terms(earlier)
    if not now or not before:
        return text.split() == earlier.split()
    return len(now & before) >= _LEAST * len(now | before)


def _terms(text: str) -> set[int]:
    return {int(term) for term in terms(_TOKEN.sub(" ", text))}
