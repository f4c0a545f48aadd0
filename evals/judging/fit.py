"""Fits the relevance model: `python -m evals.judging.fit`, some seconds.

On the shipped sample alone: each answerable question with the sentences of its gold documents that
state a fact it asks for, against two other questions with these sentences: the most similar one of
other documents, and one drawn at random. The last line of standard output is one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.knowledge.sentences import split_sentences
from engine.probability_scores import auroc, calibration_error
from evals.case import Case
from evals.corpora import SAMPLE, default_datasets, load_set
from evals.judging.relevance import FEATURES, MODEL_FILE, features_of, sentences_of
from evals.suites.answer_text import found_strings
from evals.suites.answers import asked
from evals.terminal import finish, say

SEED = 7
FOLDS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A question, a text, and whether the text is about it. group: of cross-validation."""

    question: str
    text: str
    relevant: bool
    group: int


def stating(case: Case) -> str:
    """The sentences of a case's gold documents that state one of its facts, as one text."""
    found = []
    for name in case.gains:
        text = (SAMPLE / "knowledge" / name).read_text(encoding="utf-8")
        for start, end in split_sentences(text):
            if found_strings(case.must_contain, text[start:end]):
                found.append(text[start:end])
    return " ".join(found[:3])


async def samples(cases: Sequence[Case], embedder: MiniLmEmbedder, seed: int) -> list[Sample]:
    """One true and two false examples of each case that has a stated fact."""
    stated = [(case, text) for case in cases if case.answerable and (text := stating(case))]
    questions = [asked(case) for case, _ in stated]
    vectors = await embedder.embed_many(questions)
    nearness, draw = vectors @ vectors.T, random.Random(seed)
    found = []
    for row, (case, text) in enumerate(stated):
        others = [i for i, (c, _) in enumerate(stated) if not set(c.gains) & set(case.gains)]
        near = max(others, key=lambda i: nearness[row, i])
        found.append(Sample(question=questions[row], text=text, relevant=True, group=row))
        found += [
            Sample(question=questions[i], text=text, relevant=False, group=row)
            for i in (near, draw.choice(others))
        ]
    return found


async def features(rows: Sequence[Sample], embedder: MiniLmEmbedder) -> Floats:
    """The features of each example; shape (rows, features)."""
    found = []
    for row in rows:
        vectors = await embedder.embed_many([row.question, *sentences_of(row.text)])
        found.append(features_of(row.question, row.text, asked=vectors[0], said=vectors[1:]))
    return np.asarray(found, np.float64)


def fit(values: Floats, labels: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Weights and bias of the logistic regression, both classes of equal weight."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000).fit(values, labels)
    return model.coef_[0], float(model.intercept_[0])


def held_out(values: Floats, labels: NDArray[np.bool_], groups: NDArray[np.int64]) -> Floats:
    """Probabilities of each example by a model that was not fitted on its text."""
    found = np.zeros(len(labels))
    for fold in range(FOLDS):
        test = groups % FOLDS == fold
        weights, bias = fit(values[~test], labels[~test])
        found[test] = 1 / (1 + np.exp(-(values[test] @ weights + bias)))
    return found


async def run() -> dict[str, Any]:
    """Fits and writes the model; figures of the fit."""
    loaded = load_set("sample", datasets=default_datasets(), work=SAMPLE, size=None, seed=SEED)
    assert loaded is not None
    embedder = MiniLmEmbedder()
    try:
        rows = await samples(loaded.cases, embedder, SEED)
        values = await features(rows, embedder)
    finally:
        await embedder.aclose()
    labels = np.array([row.relevant for row in rows])
    weights, bias = fit(values, labels)
    chances = held_out(values, labels, np.array([row.group for row in rows]))
    model = {
        "version": f"{embedder.name}-{embedder.version}-3",
        "weights": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)},
        "bias": round(bias, 4),
    }
    MODEL_FILE.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    even = np.where(labels, 0.5 / labels.mean(), 0.5 / (~labels).mean())
    return {
        "examples": len(rows),
        "relevant": int(labels.sum()),
        "auroc_held_out": auroc(chances, labels),
        "ece_held_out": calibration_error(chances, labels, weights=even),
        **model,
    }


def main() -> int:
    """Runs the fit; returns its exit code."""
    found = asyncio.run(run())
    say(f"wrote {MODEL_FILE}")
    finish(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
