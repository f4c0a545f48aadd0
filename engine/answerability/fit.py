"""A knowledge base's own answerability model, drawn from held-out questions towards the prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.answerability.model import FEATURES, PRIOR, AnswerabilityModel

_PULL = 0.5
"""How strongly the fit is held at the prior, beside a total weight of 2 for all examples. Questions
made of documents lie closer to them than what people ask: a free fit separates its own examples
better and real questions worse (README, decisions)."""

_FOLDS = 5
_STEPS = 100
_BINS = 10
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
class ReliabilityBin:
    """Questions with a probability in [low, high): their mean probability, and how many of them
    were answerable."""

    low: float
    high: float
    questions: int
    mean_probability: float
    answerable_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A model and how it did on examples left out of it, the classes weighing the same.

    auroc, brier: of those. ece: expected calibration error over ten equal bins.
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
    bins = _reliability(judged, labels, weights)
    return Fit(
        model=AnswerabilityModel(
            weights=tuple(float(w) for w in theta[:-1]), intercept=float(theta[-1]), name=name
        ),
        examples=len(examples),
        auroc=_auroc(judged, labels),
        brier=float(weights @ (judged - labels) ** 2),
        ece=_calibration_error(judged, labels, weights),
        reliability=bins,
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


def _auroc(scores: Floats, labels: Floats) -> float:
    """Area under the ROC curve by ranks, ties counting half (Mann and Whitney, 1947)."""
    values, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    del values
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    yes = labels.sum()
    return float((ranks[labels == 1].sum() - yes * (yes + 1) / 2) / (yes * (len(labels) - yes)))


def _bins(judged: Floats) -> NDArray[np.intp]:
    return np.minimum((judged * _BINS).astype(np.intp), _BINS - 1)


def _calibration_error(judged: Floats, labels: Floats, weights: Floats) -> float:
    """Expected calibration error: mean gap between probability and share (Naeini et al., 2015)."""
    places = _bins(judged)
    gaps = [weights[places == b] @ (judged - labels)[places == b] for b in range(_BINS)]
    return float(np.abs(gaps).sum())


def _reliability(judged: Floats, labels: Floats, weights: Floats) -> tuple[ReliabilityBin, ...]:
    places = _bins(judged)
    found = []
    for b in range(_BINS):
        here = places == b
        total = float(weights[here].sum())
        if total <= 0:
            continue
        found.append(
            ReliabilityBin(
                low=b / _BINS,
                high=(b + 1) / _BINS,
                questions=int(here.sum()),
                mean_probability=float(weights[here] @ judged[here] / total),
                answerable_share=float(weights[here] @ labels[here] / total),
            )
        )
    return tuple(found)
