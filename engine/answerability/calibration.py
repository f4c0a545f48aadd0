"""A confidence made honest by what people said of answers: two numbers on the log-odds scale.

Source: Platt, Probabilistic outputs for support vector machines (1999); the pull towards no change
is a Gaussian prior, so that a few verdicts move it little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.answerability.model import BASE_RATE, AnswerabilityModel

_PULL: Final = 4.0
"""As many verdicts' worth of doubt that anything needs to change, on each of the two numbers."""

_STEPS, _LEAST_STEP = 100, 1e-9
_CLIP = 1e-4
_LEAST_SLOPE, _MOST_SLOPE = 0.05, 5.0
"""A slope of nothing or less would turn the order of answers round on the word of a few."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """New log odds are slope x log odds + offset."""

    slope: float = 1.0
    offset: float = 0.0

    def probability(self, confidence: float) -> float:
        """A confidence as it is to be, in [0, 1]."""
        return float(self.probabilities([confidence])[0])

    def probabilities(self, confidences: Sequence[float] | Floats) -> Floats:
        """Several at once."""
        z = self.slope * _log_odds(confidences) + self.offset
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -30, 30))))

    def after(self, before: Calibration) -> Calibration:
        """One for confidences that `before` has not been applied to yet."""
        return Calibration(
            slope=self.slope * before.slope, offset=self.slope * before.offset + self.offset
        )

    def applied_to(self, model: AnswerabilityModel, *, name: str) -> AnswerabilityModel:
        """The model whose probabilities are the calibrated ones."""
        base = math.log(BASE_RATE / (1 - BASE_RATE))
        return AnswerabilityModel(
            weights=tuple(self.slope * weight for weight in model.weights),
            intercept=self.slope * (model.intercept + base) + self.offset - base,
            name=name,
        )


def fit_calibration(confidences: Sequence[float], right: Sequence[bool]) -> Calibration:
    """The calibration that makes the verdicts likeliest, drawn towards changing nothing.

    Newton's method on two convex numbers; deterministic.
    """
    x = _log_odds(confidences)
    y = np.asarray(right, np.float64)
    start = np.array([1.0, 0.0])
    theta = start.copy()
    inputs = np.stack([x, np.ones_like(x)], axis=1)
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(inputs @ theta, -30, 30)))
        gradient = inputs.T @ (p - y) + _PULL * (theta - start)
        hessian = (inputs * (p * (1 - p))[:, None]).T @ inputs + _PULL * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        largest = float(np.abs(step).max())
        theta = theta - step * min(1.0, 1.0 / largest if largest else 1.0)
        if largest < _LEAST_STEP:
            break
    slope = min(max(float(theta[0]), _LEAST_SLOPE), _MOST_SLOPE)
    return Calibration(slope=slope, offset=float(theta[1]))


def _log_odds(confidences: Sequence[float] | Floats) -> Floats:
    p = np.clip(np.asarray(confidences, np.float64), _CLIP, 1 - _CLIP)
    return np.asarray(np.log(p / (1 - p)))
