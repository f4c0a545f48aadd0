"""A knowledge base's own answerability model, drawn from held-out questions towards the prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.answerability.model import FEATURES, PRIOR, AnswerabilityModel
from engine.probability_scores import ReliabilityBin, auroc, calibration_error, reliability

_PULL = 0.5
"""How strongly the fit is held at the prior, beside a total weight of 2 for all examples. Questions
made of documents lie closer to them than what people ask: a free fit separates its own examples
better and real questions worse (README, decisions)."""

_FOLDS = 5
_STEPS = 100
LEAST_EXAMPLES = 40
"""Fewer of either kind fit nothing."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question made of a passage. features: of its ranking. answerable: whether the passage it
    was made of was there to be found. group: of the passage; folds keep it together."""

    features: Mapping[str, float]
    answerable: bool
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A model and how it did on examples left out of it, the classes weighing the same.

    auroc, brier: of those. ece: expected calibration error over ten equal bins, reliability: the
    curve it sums up; true are the answerable ones.
    """

    model: AnswerabilityModel
    examples: int
    auroc: float
    brier: float
    ece: float
    reliability: tuple[ReliabilityBin, ...]


def fit(examples: Sequence[Example], *, name: str) -> Fit | None:
    """The model nearest to both the examples and the prior; None with too few of either kind.

    Its figures are cross-fitted: each example is judged by a model that saw neither it nor another
    question made of the same passage. Deterministic.
    """
    labels = np.array([e.answerable for e in examples], np.float64)
    if min(labels.sum(), len(labels) - labels.sum()) < LEAST_EXAMPLES:
        return None
    rows = np.array([[e.features[f] for f in FEATURES] for e in examples], np.float64)
    folds = np.array([e.group % _FOLDS for e in examples])
    judged = np.empty(len(examples))
    for fold in range(_FOLDS):
        out = folds == fold
        theta = _solve(rows[~out], labels[~out])
        judged[out] = _sigmoid(rows[out] @ theta[:-1] + theta[-1])
    theta = _solve(rows, labels)
    weights = _balanced(labels)
    return Fit(
        model=AnswerabilityModel(
            weights=tuple(float(w) for w in theta[:-1]), intercept=float(theta[-1]), name=name
        ),
        examples=len(examples),
        auroc=auroc(judged, labels) or 0.0,
        brier=float(weights @ (judged - labels) ** 2),
        ece=calibration_error(judged, labels, weights=weights) or 0.0,
        reliability=reliability(judged, labels, weights=weights),
    )


def _solve(rows: Floats, labels: Floats) -> Floats:
    """Newton's method on the weighted negative log-likelihood with a Gaussian prior."""
    start = np.array([*PRIOR.weights, PRIOR.intercept])
    inputs = np.hstack([rows, np.ones((len(rows), 1))])
    scale = np.append(rows.std(axis=0), 1.0)
    pull = 2 * _PULL * np.diag(np.maximum(scale, 1e-3) ** 2)
    weights = 2 * _balanced(labels)
    theta = start.copy()
    for _ in range(_STEPS):
        p = _sigmoid(inputs @ theta)
        gradient = inputs.T @ (weights * (p - labels)) + pull @ (theta - start)
        hessian = (inputs * (weights * p * (1 - p))[:, None]).T @ inputs + pull
        step = np.linalg.solve(hessian, gradient)
        theta = theta - step
        if float(np.abs(step).max()) < 1e-8:
            break
    return theta


def _balanced(labels: Floats) -> Floats:
    """Weights that sum to 1, half for each class."""
    yes = labels.sum()
    share: Floats = np.where(labels == 1, 0.5 / max(yes, 1), 0.5 / max(len(labels) - yes, 1))
    return share


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -30, 30))))
