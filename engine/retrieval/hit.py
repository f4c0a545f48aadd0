"""What retrieval hands to generation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.passage import LivePassage


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage found for a question.

    score: in [0, 1], higher is better. cosine: of the passage's vector with the question's.
    sentence_cosines: float32, one for each of the passage's sentences, in their order.
    sentence_vectors: int8, shape (sentences, dimension); a cosine of two is dot / 127 / 127.
    coverage: share in [0, 1] of the question's IDF-weighted terms that stand in the passage, its
        title or its headings.
    """

    passage: LivePassage
    score: float
    cosine: float
    sentence_cosines: NDArray[np.float32]
    sentence_vectors: NDArray[np.int8]
    coverage: float
