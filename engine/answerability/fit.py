"""A knowledge base's own answerability model, learnt from held-out questions where that is needed.

Made questions show on which scale a knowledge base's cosines lie. They do not show how hard the
questions of people are: an answerable one consists of its passage's own words, and without the
passage often the whole subject is gone. Whether a fit to them judges people's questions better or
worse than the shipped prior is therefore chance (README, decisions), and the prior, which was
fitted to people's, stays where it works: with the embedder it was fitted to, as long as it judges
the made questions better than a coin does. They are the easier ones.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.answerability.model import FEATURES, PRIOR, AnswerabilityModel
from engine.probability_scores import ReliabilityBin, auroc, calibration_error, reliability

_PULL = 0.5
"""How strongly the fit is held at the prior, beside a total weight of 2 for all examples. Questions
made of documents lie closer to them than what people ask: a free fit separates its own examples
better and real questions worse (README, decisions)."""

_HELD = FEATURES.index("focus")
"""Its weight stays the prior's: the words of a made question are its passage's by construction."""

_COIN = math.log(2.0)
"""Log loss of a probability of one half, whatever is true."""

_FOLDS = 5
_STEPS, _LEAST_STEP = 100, 1e-8
_LEAST_SCALE = 0.05
"""Of a feature, a share: one that hardly varies must not stand in for the intercept."""
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

    learnt: False where the prior serves; then the model and its figures are the prior's.
    prior_log_loss, log_loss: mean, in nats, of the prior and of the model. auroc, brier: of the
    model. ece: expected calibration error over ten equal bins, reliability: the curve it sums up;
    true are the answerable ones.
    """

    model: AnswerabilityModel
    learnt: bool
    examples: int
    prior_log_loss: float
    log_loss: float
    auroc: float
    brier: float
    ece: float
    reliability: tuple[ReliabilityBin, ...]


def fit(examples: Sequence[Example], *, name: str, prior_applies: bool = True) -> Fit | None:
    """The model for this knowledge: the prior, or one learnt here that stays near it.

    prior_applies: whether the cosines are of the embedder that the prior was fitted to; where not,
    it is only what the fit is drawn towards. None with too few examples of either kind.

    The figures of what is learnt are cross-fitted: each example is judged by a model that saw
    neither it nor another question made of the same passage. Deterministic.
    """
    examples = _comparable(examples)
    labels = np.array([e.answerable for e in examples], np.float64)
    if min(labels.sum(), len(labels) - labels.sum()) < LEAST_EXAMPLES:
        return None
    rows = np.array([[e.features[f] for f in FEATURES] for e in examples], np.float64)
    weights = _balanced(labels)
    start = np.array([*PRIOR.weights, PRIOR.intercept])
    by_prior = _judged(rows, start)
    prior_loss = _log_loss(by_prior, labels, weights)
    learns = not prior_applies or prior_loss >= _COIN
    model, judged = PRIOR, by_prior
    if learns:
        folds = np.array([e.group % _FOLDS for e in examples])
        judged = np.empty(len(examples))
        for fold in range(_FOLDS):
            out = folds == fold
            judged[out] = _judged(rows[out], _solve(rows[~out], labels[~out]))
        theta = _solve(rows, labels)
        model = AnswerabilityModel(
            weights=tuple(float(w) for w in theta[:-1]), intercept=float(theta[-1]), name=name
        )
    return Fit(
        model=model,
        learnt=learns,
        examples=len(examples),
        prior_log_loss=prior_loss,
        log_loss=_log_loss(judged, labels, weights),
        auroc=auroc(judged, labels) or 0.0,
        brier=float(weights @ (judged - labels) ** 2),
        ece=calibration_error(judged, labels, weights=weights) or 0.0,
        reliability=reliability(judged, labels, weights=weights),
    )


def _comparable(examples: Sequence[Example]) -> list[Example]:
    """The examples with one focus for each question: that without its document.

    Where the question was copied from stands all of it; without that, it is covered as what a
    person asks in words of their own is. Questions that were not held out are left aside.
    """
    focus: dict[int, float] = {}
    kinds: defaultdict[int, set[bool]] = defaultdict(set)
    for example in examples:
        kinds[example.group].add(example.answerable)
        if not example.answerable:
            least = focus.get(example.group, 1.0)
            focus[example.group] = min(least, example.features["focus"])
    return [
        replace(e, features={**e.features, "focus": focus[e.group]})
        for e in examples
        if len(kinds[e.group]) == 2
    ]


def _solve(rows: Floats, labels: Floats) -> Floats:
    """Newton's method on the weighted negative log-likelihood with a Gaussian prior.

    A step is halved until it gets lower: from a prior far off, where every probability is near 0
    or 1, whole steps run away.
    """
    start = np.array([*PRIOR.weights, PRIOR.intercept])
    inputs = np.hstack([rows, np.ones((len(rows), 1))])
    scale = np.append(rows.std(axis=0), 1.0)
    pull = 2 * _PULL * np.diag(np.maximum(scale, _LEAST_SCALE) ** 2)
    weights = 2 * _balanced(labels)

    def height(theta: Floats) -> float:
        z, moved = inputs @ theta, theta - start
        return float(weights @ (np.logaddexp(0.0, z) - labels * z) + moved @ pull @ moved / 2)

    free = np.array([place for place in range(len(start)) if place != _HELD])
    theta, lowest = start, height(start)
    for _ in range(_STEPS):
        p = _sigmoid(inputs @ theta)
        gradient = inputs.T @ (weights * (p - labels)) + pull @ (theta - start)
        hessian = (inputs * (weights * p * (1 - p))[:, None]).T @ inputs + pull
        step = np.zeros(len(start))
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        while (found := height(theta - step)) > lowest and np.abs(step).max() >= _LEAST_STEP:
            step /= 2
        if np.abs(step).max() < _LEAST_STEP:
            break
        theta, lowest = theta - step, found
    return theta


def _judged(rows: Floats, theta: Floats) -> Floats:
    """Probabilities at even odds."""
    return _sigmoid(rows @ theta[:-1] + theta[-1])


def _log_loss(judged: Floats, labels: Floats, weights: Floats) -> float:
    likely = np.clip(np.where(labels == 1, judged, 1 - judged), 1e-12, 1.0)
    return float(-weights @ np.log(likely))


def _balanced(labels: Floats) -> Floats:
    """Weights that sum to 1, half for each class."""
    yes = labels.sum()
    share: Floats = np.where(labels == 1, 0.5 / max(yes, 1), 0.5 / max(len(labels) - yes, 1))
    return share


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -30, 30))))
