"""The probability that the knowledge base answers a question: a shipped prior."""

from __future__ import annotations

import math
from collections.abc import Mapping

PRIOR: Mapping[str, float] = {"intercept": -6.0, "cosine": 8.0, "top": 4.0}
"""Coefficients of a logistic model over `Retrieval.features`."""


def answerability(features: Mapping[str, float]) -> float:
    """Probability in [0, 1]; 0 where nothing was found."""
    if not features:
        return 0.0
    z = PRIOR["intercept"] + sum(
        weight * features.get(name, 0.0) for name, weight in PRIOR.items() if name != "intercept"
    )
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))
