"""Is a text about what a question asks? A cosine and a coverage, mixed and calibrated by a fit.

The model is a logistic regression over the features below, fitted by `evals.judging.fit` on the
shipped sample: a question with a sentence of its own document that states a fact it asks for,
against the question with such a sentence of another question, half of them the most similar ones.
So it tells a text on the subject from one that is not; it cannot tell whether the text is right.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.generation.word_terms import term_set

MODEL_FILE = Path(__file__).parent / "relevance.json"
FEATURES = ("cosine", "coverage")
_MOST_WORDS = 32
"""Embedded of an answer; more cost time and told no more."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevanceModel:
    """weights: one for each of FEATURES. version: changes when it is fitted again."""

    version: str
    weights: tuple[float, ...]
    bias: float

    def probability(self, features: tuple[float, ...]) -> float:
        """In [0, 1], calibrated for even odds."""
        logit = self.bias + sum(w * f for w, f in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


def texts_to_embed(question: str, answer: str) -> list[str]:
    """The question and the answer's first words: what `features_of` wants vectors of."""
    return [question, " ".join(answer.split()[:_MOST_WORDS])]


def features_of(question: str, answer: str, vectors: Vectors) -> tuple[float, ...]:
    """The features in their order; vectors: unit rows of `texts_to_embed`.

    cosine: of the two vectors. coverage: share of the question's terms that stand in the whole
    answer; 0 of a question without terms.
    """
    asked = term_set(question)
    coverage = len(asked & term_set(answer)) / len(asked) if asked else 0.0
    return float(vectors[0] @ vectors[1]), coverage


@lru_cache(maxsize=1)
def load_relevance() -> RelevanceModel:
    """The shipped model."""
    stored = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    weights = tuple(float(stored["weights"][name]) for name in FEATURES)
    return RelevanceModel(version=stored["version"], weights=weights, bias=float(stored["bias"]))
