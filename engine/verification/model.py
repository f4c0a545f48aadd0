"""The shipped model: signals to the probability that the whole claim is supported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.verification.signals import SIGNALS

MODEL = Path(__file__).parent / "model.json"
_MOST = 2.0


@dataclass(frozen=True, slots=True)
class SupportModel:
    """A logistic regression; coefficients by SIGNALS."""

    coefficients: NDArray[np.float64]
    intercept: float

    def probability(self, values: NDArray[np.float64]) -> float:
        """In (0, 1), calibrated for even odds of supported and unsupported claims."""
        score = float(squashed(values) @ self.coefficients) + self.intercept
        return 1.0 / (1.0 + float(np.exp(-np.clip(score, -30.0, 30.0))))


def squashed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts past two say little more: a linear model must not drown in them."""
    return np.minimum(values, _MOST)


@lru_cache(maxsize=1)
def load_model() -> SupportModel:
    """The model made by `python -m evals.verification.fit`."""
    read = json.loads(MODEL.read_text(encoding="utf-8"))
    if read["signals"] != list(SIGNALS):
        raise ValueError("the checker's model.json is of other signals; fit it anew")
    return SupportModel(np.array(read["coefficients"]), float(read["intercept"]))
