"""What a week's questions came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.probability_scores import calibration_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How one question ended.

    outcome: the engine's. right: what was shown, or the draft that a person saw, cites a document
    that answers the question or what a person answered to this very question. learned: it was
    answered from what people said.
    """

    week: int
    first: bool
    answerable: bool
    shown: bool
    escalated: bool
    right: bool
    learned: bool
    confidence: float


def week_figures(answers: Sequence[Answer]) -> dict[str, Any]:
    """Shares of all questions of a week.

    escalated: went to a person. wrong_shown: shown and not right. covered: shown and right.
    calibration_error: of the confidences of all questions with a draft, ten equal bins.
    """
    n = len(answers)
    if not n:
        return {"questions": 0}
    shown = [a for a in answers if a.shown]
    spoken = [a for a in answers if a.shown or a.escalated]
    error = calibration_error(
        np.array([a.confidence for a in spoken]), np.array([a.right for a in spoken], float)
    )
    return {
        "questions": n,
        "escalated": sum(a.escalated for a in answers) / n,
        "wrong_shown": sum(not a.right for a in shown) / n,
        "covered": sum(a.right for a in shown) / n,
        "precision": sum(a.right for a in shown) / len(shown) if shown else None,
        "from_people": sum(a.learned for a in shown) / n,
        "calibration_error": error,
    }
