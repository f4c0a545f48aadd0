"""A share of right ones among few, with what can be said of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """right: of `answers`. low, high: exact 95% interval of the share; 0 and 1 without answers."""

    answers: int
    right: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself; 0 without answers."""
        return self.right / self.answers if self.answers else 0.0


def share_of(right: int, answers: int, *, level: float = 0.95) -> Share:
    """With its interval of Clopper and Pearson, which covers at least as often as it says.

    Source: Clopper and Pearson, The use of confidence or fiducial limits illustrated in the case of
    the binomial (1934).
    """
    tail = (1 - level) / 2
    low = _solved(right, answers, tail) if right else 0.0
    high = 1 - _solved(answers - right, answers, tail) if right < answers else 1.0
    return Share(answers=answers, right=right, low=low, high=high)


def p_at_most(target: float, right: int, answers: int) -> float:
    """Probability of so many right ones or more if only `target` of all were: small where the share
    is above it. 1 without answers."""
    if right <= 0:
        return 1.0
    # SciPy has this, and a bot would wait a second for its import.
    counts = np.arange(right, answers + 1)
    logs = np.log(np.arange(1, answers + 1))
    factorial = np.concatenate([[0.0], np.cumsum(logs)])
    ways = factorial[answers] - factorial[counts] - factorial[answers - counts]
    terms = ways + counts * np.log(target) + (answers - counts) * np.log1p(-target)
    return min(1.0, float(np.exp(terms).sum()))


def _solved(right: int, answers: int, tail: float) -> float:
    """The share at which so many right ones or more are as likely as `tail`, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if p_at_most(middle, right, answers) < tail:
            low = middle
        else:
            high = middle
    return (low + high) / 2
