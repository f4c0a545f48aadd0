"""From positions in a ranking to what was found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.hit import Hit
from engine.retrieval.passage import Candidate, LivePassage
from engine.retrieval.ranking import Ranked


def hit_of(ranked: Ranked, position: int, passage: LivePassage, vectors: NDArray[np.int8]) -> Hit:
    """What was found at a position of a ranking."""
    return Hit(
        passage=passage,
        score=float(ranked.scores[position]),
        cosine=float(ranked.cosines[position]),
        sentence_cosines=ranked.sentence_cosines[position],
        sentence_vectors=vectors,
        coverage=float(ranked.coverages[position]),
    )


def best_of_documents(ranked: Ranked, candidates: dict[str, Candidate], wanted: int) -> list[int]:
    """Positions of the best passage of each of the first documents."""
    best_of: dict[str, int] = {}
    for position, passage_id in enumerate(ranked.ids):
        best_of.setdefault(candidates[passage_id].document_id, position)
        if len(best_of) == wanted:
            break
    return list(best_of.values())
