"""Is a text about what a question asks? A cosine and a coverage, mixed and calibrated by a fit.

The model is a logistic regression over the features below, fitted by `evals.judging.fit` on the
shipped sample: a question with a sentence of its own document that states a fact it asks for,
against the question with such a sentence of another question, half of them the most similar ones.
So it tells a text on the subject from one that is not; it cannot tell whether the text is right.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.generation.word_terms import term_set
from engine.knowledge.sentences import split_sentences
from engine.retrieval.known_vectors import stored_vector

MODEL_FILE = Path(__file__).parent / "relevance.json"
FEATURES = ("cosine", "coverage")
_MOST_SENTENCES = 3
"""Looked at of an answer; more cost time and told no more."""
_ITEM = re.compile(r"\A\s*(?:[-*+]|\d{1,3}[.)])\s+")

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


def sentences_of(answer: str) -> list[str]:
    """The first sentences that hold a word, on one line each, without an item's mark."""
    lines = (_ITEM.sub("", answer[start:end]) for start, end in split_sentences(answer))
    plain = (" ".join(line.split()) for line in lines if any(c.isalnum() for c in line))
    return list(islice(plain, _MOST_SENTENCES))


def features_of(question: str, answer: str, asked: Vectors, said: Vectors) -> tuple[float, ...]:
    """The features in their order.

    asked: the question's unit vector. said: unit rows of `sentences_of` the answer, one or more.
    cosine: of the question's vector and the sum of the sentences', these in the precision that
    they are stored with. coverage: share of the question's terms that stand in the whole answer;
    0 of a question without terms.
    """
    wanted = term_set(question)
    coverage = len(wanted & term_set(answer)) / len(wanted) if wanted else 0.0
    total = stored_vector(said).sum(axis=0)
    return float(asked @ total / max(float(np.linalg.norm(total)), 1e-9)), coverage


@lru_cache(maxsize=1)
def load_relevance() -> RelevanceModel:
    """The shipped model."""
    stored = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    weights = tuple(float(stored["weights"][name]) for name in FEATURES)
    return RelevanceModel(version=stored["version"], weights=weights, bias=float(stored["bias"]))
