"""The probability that the knowledge base answers a question, from features of the ranking.

sentence: highest cosine of a sentence with the question. gap: the best document's score minus the
mean of the next five, in raw score. focus: highest, over the three best passages, share by IDF of
the terms of the question's first line or subject that stand in the passage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FEATURES: Final = ("sentence", "gap", "focus")

BASE_RATE: Final = 0.7
"""Share of questions that people ask a help desk's documents which those answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerabilityModel:
    """A logistic model.

    weights: one for each of `FEATURES`. intercept: for a base rate of one half. name: what it was
    fitted to, for the fingerprint.
    """

    weights: tuple[float, ...]
    intercept: float
    name: str

    def probability(self, features: Mapping[str, float]) -> float:
        """In [0, 1]; 0 where nothing was found."""
        if not features:
            return 0.0
        z = self.intercept + math.log(BASE_RATE / (1 - BASE_RATE))
        z += sum(w * features[f] for w, f in zip(self.weights, FEATURES, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


PRIOR: Final = AnswerabilityModel(weights=(6.47, 4.02, 1.36), intercept=-5.88, name="prior-1")
"""Fitted to questions that people asked of several corpora; serves wherever a knowledge base's own
fit is not needed, see `engine.answerability.fit`."""

PRIOR_EMBEDDER: Final = "minilm-l6-v2-int8"
"""Whose cosines the prior was fitted to."""
