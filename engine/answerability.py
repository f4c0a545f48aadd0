"""The probability that the knowledge base answers a question: a shipped prior.

A logistic model over three features of the ranking, fitted on several corpora at once with each
left out in turn; a fit to the knowledge base itself goes before it where there is one.

sentence: highest cosine of a sentence with the question. gap: the best document's score minus the
mean of the next five, in raw score. focus: highest, over the three best passages, share by IDF of
the terms of the question's first line or subject that stand in the passage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

_WEIGHTS: Final[Mapping[str, float]] = {"sentence": 6.47, "gap": 4.02, "focus": 1.36}
_INTERCEPT: Final = -5.88
_BASE_RATE: Final = 0.7
"""Share of questions that people ask a help desk's documents which those answer."""


def answerability(features: Mapping[str, float]) -> float:
    """Probability in [0, 1]; 0 where nothing was found."""
    if not features:
        return 0.0
    z = _INTERCEPT + math.log(_BASE_RATE / (1 - _BASE_RATE))
    z += sum(weight * features[name] for name, weight in _WEIGHTS.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))
