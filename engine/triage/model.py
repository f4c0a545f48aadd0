"""A fitted triage model as arrays: category, priority and scope of texts, by NumPy alone.

`engine.triage.training` fits the same with scikit-learn; tests hold the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.trace import TriageVerdict
from engine.triage.examples import MAX_CHARS
from engine.triage.text_features import Tfidf

Matrix = NDArray[np.float32]
Scores = NDArray[np.float64]

EMBEDDING_SCALE = 2.0
"""Length of the embedding beside two TF-IDF parts of length 1."""

_NEIGHBOURS = 5
_ROWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """One linear score for each class. weights: (features, classes); bias: (classes,)."""

    weights: Matrix
    bias: Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """Scores and what makes them probabilities.

    labels: one for each score. inverse_temperature: what scores are multiplied by before the
    softmax. curve: points (2, n), x rising, from the likeliest label's probability to the share
    of right ones; None leaves it as it is.
    """

    labels: tuple[str, ...]
    linear: Linear
    inverse_temperature: float
    curve: Scores | None

    def confident(self, probabilities: Scores) -> Scores:
        """The same distributions, the likeliest label's share moved onto the curve."""
        if self.curve is None:
            return probabilities
        rows, best = np.arange(len(probabilities)), probabilities.argmax(axis=1)
        before = probabilities[rows, best]
        after = np.interp(before, *self.curve)
        moved = probabilities.copy()
        moved[rows, best] = 0.0
        moved += 1e-12  # where the likeliest had everything, the others share the rest evenly
        moved *= ((1.0 - after) / (moved.sum(axis=1) - 1e-12))[:, None]
        moved[rows, best] = after
        return moved

    def probabilities(self, scores: Scores) -> Scores:
        """Softmax of the scaled scores, shape (texts, labels)."""
        scaled = scores * self.inverse_temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        powers = np.exp(scaled)
        result: Scores = powers / powers.sum(axis=1, keepdims=True)
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Tells what belongs to no category, by a logistic model of a few features.

    exemplars: unit rows of examples in scope. outsiders: the same of labelled examples out of
    scope; without any, (0, dimension). direct: a linear score of in against out; None without.
    mean, scale, weights: of the features of `scope_features`.
    """

    exemplars: Matrix
    centroids: Matrix
    outsiders: Matrix
    direct: Linear | None
    mean: Scores
    scale: Scores
    weights: Scores
    bias: float

    def probabilities(self, features: Scores) -> Scores:
        """Of being out of scope, shape (texts,)."""
        z = ((features - self.mean) / self.scale) @ self.weights + self.bias
        result: Scores = 1.0 / (1.0 + np.exp(-np.clip(z, -30.0, 30.0)))
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageModel:
    """What a triage model knows. priority, scope: None where they were not trained.

    version: names these very arrays; part of an answer's fingerprint.
    """

    version: str
    words: Tfidf
    characters: Tfidf
    category: Classifier
    priority: Classifier | None
    scope: Scope

    @property
    def dimension(self) -> int:
        """Length of the sentence vectors it reads."""
        return int(self.scope.exemplars.shape[1])

    def judge(self, texts: Sequence[str], vectors: Matrix) -> list[TriageVerdict]:
        """Verdicts in the texts' order; the category is the likeliest one, whatever the scope.

        vectors: unit rows of the same texts by the embedder the model was trained with.
        """
        verdicts: list[TriageVerdict] = []
        for start in range(0, len(texts), _ROWS_AT_ONCE):
            stop = start + _ROWS_AT_ONCE
            verdicts += self._judge(texts[start:stop], vectors[start:stop])[0]
        return verdicts

    def judge_with_shares(self, text: str, vector: Matrix) -> tuple[TriageVerdict, Scores]:
        """`judge` and `distributions` of one text, whose words are looked up once for both.

        vector: shape (dimension,). The second is of shape (labels,).
        """
        (verdict,), by_category = self._judge([text], vector[None, :])
        (shares,) = self.category.confident(by_category)
        return verdict, shares

    def distributions(self, texts: Sequence[str], vectors: Matrix, of: str = "category") -> Scores:
        """Calibrated probabilities of every category (or priority), shape (texts, labels).

        Raises: ValueError for a priority that was not trained.
        """
        classifier = self.category if of == "category" else self.priority
        if classifier is None:
            raise ValueError("priority was not trained")
        rows = [self._row(text) for text in texts]
        scores = _scores(classifier.linear, rows, np.asarray(vectors, np.float32))
        return classifier.confident(classifier.probabilities(scores))

    def _judge(self, texts: Sequence[str], vectors: Matrix) -> tuple[list[TriageVerdict], Scores]:
        """Verdicts, and the probabilities of every category before the curve."""
        rows = [self._row(text) for text in texts]
        vectors = np.asarray(vectors, np.float32)
        by_category = self.category.probabilities(_scores(self.category.linear, rows, vectors))
        scope = self.scope
        direct = _scores(scope.direct, rows, vectors)[:, 0] if scope.direct else None
        outside = scope.probabilities(
            scope_features(
                by_category,
                vectors,
                exemplars=scope.exemplars,
                centroids=scope.centroids,
                outsiders=scope.outsiders,
                direct=direct,
            )
        )
        categories = _best(self.category, by_category)
        priorities: list[tuple[str | None, float | None]] = [(None, None)] * len(texts)
        if self.priority is not None:
            found = self.priority.probabilities(_scores(self.priority.linear, rows, vectors))
            priorities = list(_best(self.priority, found))
        verdicts = [
            TriageVerdict(
                category=category,
                category_confidence=confidence,
                priority=priority,
                priority_confidence=priority_confidence,
                out_of_scope=round(float(outsider), 4),
            )
            for (category, confidence), (priority, priority_confidence), outsider in zip(
                categories, priorities, outside, strict=True
            )
        ]
        return verdicts, by_category

    def _row(self, text: str) -> tuple[NDArray[np.int64], Matrix]:
        text = text[:MAX_CHARS]
        columns, weights = self.words.sparse(text)
        more_columns, more_weights = self.characters.sparse(text)
        offset = len(self.words.idf)
        return (
            np.concatenate([columns, more_columns + offset]),
            np.concatenate([weights, more_weights]),
        )


def scope_features(
    by_category: Scores,
    vectors: Matrix,
    *,
    exemplars: Matrix,
    centroids: Matrix,
    outsiders: Matrix,
    direct: Scores | None,
) -> Scores:
    """What scope is judged by, shape (texts, 4), or 6 where `direct` is given.

    Log odds of the likeliest category; cosine with the nearest exemplar and the mean of the five
    nearest; cosine with the nearest category's centroid; then the direct score and the cosine
    with the nearest outsider. Nearest neighbours tell what a classifier cannot, which has only
    learned to tell categories apart: Sun, Ming, Zhu and Li, Out-of-distribution detection with
    deep nearest neighbors (2022).
    """
    likeliest = np.clip(by_category.max(axis=1), 1e-6, 1 - 1e-6)
    cosines = vectors @ exemplars.T
    count = min(_NEIGHBOURS, cosines.shape[1])
    nearest = np.partition(cosines, cosines.shape[1] - count, axis=1)[:, -count:]
    columns = [
        np.log(likeliest / (1 - likeliest)),
        nearest.max(axis=1),
        nearest.mean(axis=1),
        (vectors @ centroids.T).max(axis=1),
    ]
    if direct is not None:
        columns += [direct, (vectors @ outsiders.T).max(axis=1)]
    return np.column_stack(columns).astype(np.float64)


def _scores(
    linear: Linear, rows: Sequence[tuple[NDArray[np.int64], Matrix]], vectors: Matrix
) -> Scores:
    """Linear scores of each row; a single score stands for two classes as (-x, x)."""
    dense = linear.weights[-vectors.shape[1] :]
    scores = vectors @ dense * np.float32(EMBEDDING_SCALE) + linear.bias
    for number, (columns, weights) in enumerate(rows):
        scores[number] += weights @ linear.weights[columns]
    return scores.astype(np.float64)


def _best(classifier: Classifier, probabilities: Scores) -> list[tuple[str, float]]:
    """The likeliest label of each row, as it was before the curve, which may make others equal."""
    best = probabilities.argmax(axis=1)
    sure = classifier.confident(probabilities)[np.arange(len(best)), best]
    return [(classifier.labels[b], round(float(p), 4)) for b, p in zip(best, sure, strict=True)]
