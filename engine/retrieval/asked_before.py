"""Was the same asked before, and answered by a person?"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audience import EVERYONE, PUBLIC
from engine.retrieval.passage import Candidate, LivePassage
from engine.retrieval.query import QueryTexts
from engine.verification.same_question import LEAST_COSINE, same_question, stands_alone

_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBefore:
    """A person's answer. probability: that its question asks the same."""

    passage: LivePassage
    probability: float


def nearest_answers(
    answers: Mapping[str, Candidate], query: NDArray[np.float32]
) -> dict[str, float]:
    """Of a few answers whose questions are near to a query, ids and cosines of the questions."""
    cosines = {
        i: float(candidate.vectors.sentences[0].astype(np.float32) @ query / np.float32(127.0))
        for i, candidate in answers.items()
        if len(candidate.vectors.sentences)
    }
    near = {i: cosine for i, cosine in cosines.items() if cosine >= LEAST_COSINE - 0.01}
    return dict(heapq.nlargest(_MOST, near.items(), key=lambda found: found[1]))


def find_asked_before(
    texts: QueryTexts, alike: Mapping[str, float], live: Mapping[str, LivePassage]
) -> AskedBefore | None:
    """The answer to the same question, of several the one for the fewest readers; a question that
    follows up on what was said before has none. Some milliseconds, so call it in a thread."""
    asked = texts.last.whole
    if texts.joined is not None and not stands_alone(asked):
        return None
    found = [
        AskedBefore(passage=live[i], probability=probability)
        for i, cosine in alike.items()
        if i in live and (probability := same_question(asked, _question(live[i]), cosine)) > 0
    ]
    return max(found, key=_order, default=None)


def _question(live: LivePassage) -> str:
    return live.sentence_text(live.passage.sentences[0])


def _order(found: AskedBefore) -> tuple[float, bool, str]:
    for_all = not {EVERYONE, PUBLIC}.isdisjoint(found.passage.audience)
    return round(found.probability, 2), not for_all, found.passage.id
