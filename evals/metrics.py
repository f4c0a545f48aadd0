"""Figures of confidences, of shares and of differences; pure functions.

Those of rankings are in `evals.suites.ranking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.probability_scores import mean_ranks


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and the bounds between which it lies with the level's probability."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPoint:
    """coverage: share in (0, 1] of questions answered. risk: share of those that are wrong."""

    coverage: float
    risk: float


def risk_coverage(confidences: ArrayLike, right: ArrayLike) -> list[RiskPoint]:
    """Selective risk at each coverage i / n when the i most confident answers are given.

    Among equal confidences the order is unknown, so their errors count as evenly spread.
    Source: El-Yaniv and Wiener, On the foundations of noise-free selective classification (2010).
    """
    risks = _selective_risks(confidences, right)
    return [
        RiskPoint(coverage=place / len(risks), risk=risk)
        for place, risk in enumerate(risks.tolist(), start=1)
    ]


def _selective_risks(confidences: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    """The risk of each point of `risk_coverage`, in order."""
    values, errors = np.asarray(confidences, np.float64), ~np.asarray(right, bool)
    if values.shape != errors.shape:
        raise ValueError("there must be one judgement for each confidence")
    _, group = np.unique(-values, return_inverse=True)
    shares = np.bincount(group, weights=errors) / np.maximum(np.bincount(group), 1)
    risks: NDArray[np.float64] = np.cumsum(shares[np.sort(group)]) / np.arange(1, len(values) + 1)
    return risks


def coverage_at_risk(confidences: ArrayLike, right: ArrayLike, risk: float) -> float | None:
    """The largest share of answers that can be given with a selective risk of at most `risk`.

    0 where not even the most confident answer is right often enough; None without answers.
    """
    risks = _selective_risks(confidences, right)
    if not len(risks):
        return None
    held = np.flatnonzero(risks <= risk)
    return float(held[-1] + 1) / len(risks) if len(held) else 0.0


def auroc_interval(
    scores: Sequence[float], labels: Sequence[bool], *, seed: int, rounds: int = 1000
) -> tuple[float, float] | None:
    """95% interval of `auroc` by the percentile bootstrap, each kind drawn apart (Efron, 1979).

    None where one of the two kinds is missing.
    """
    values, truth = np.asarray(scores, np.float64), np.asarray(labels, bool)
    if truth.all() or not truth.any():
        return None
    rng = np.random.default_rng(seed)
    true, false = values[truth], values[~truth]
    drawn = []
    for _ in range(rounds):
        a, b = rng.choice(true, len(true)), rng.choice(false, len(false))
        ranks = mean_ranks(np.concatenate([a, b]))
        drawn.append((ranks[: len(a)].sum() - len(a) * (len(a) + 1) / 2) / (len(a) * len(b)))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95% interval of a share of independent trials; (0, 1) without trials.

    Source: Wilson, Probable inference, the law of succession, and statistical inference (1927), by
    scipy's `binomtest`.
    """
    if not trials:
        return 0.0, 1.0
    from scipy.stats import binomtest

    bounds = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(bounds.low), float(bounds.high)


def aurc(confidences: ArrayLike, right: ArrayLike) -> float | None:
    """Mean selective risk over all coverages, lower is better; None without answers.

    Source: Geifman, Uziel and El-Yaniv, Bias-reduced uncertainty estimation (2019), eq. 3.
    """
    risks = _selective_risks(confidences, right)
    return float(risks.mean()) if len(risks) else None


def brier(confidences: ArrayLike, labels: ArrayLike) -> float | None:
    """Mean of (confidence - label)², lower is better; None without answers.

    Source: Brier, Verification of forecasts expressed in terms of probability (1950). It is what
    scikit-learn's `brier_score_loss` gives, whose checks of its input cost a bootstrap seconds.
    """
    truth = np.asarray(labels, bool)
    if not len(truth):
        return None
    return float(np.mean((np.asarray(confidences, np.float64) - truth) ** 2))


def paired_bootstrap(
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    seed: int,
    resamples: int = 2000,
    level: float = 0.95,
) -> Interval | None:
    """The mean difference ours - theirs on the same questions, with its percentile interval.

    The same seed gives the same interval. None without questions.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 13; paired as in
    Koehn, Statistical significance tests for machine translation evaluation (2004).
    """
    differences = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    if len(ours) != len(theirs):
        raise ValueError("the two must be of the same questions")
    if not len(differences):
        return None
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(differences), size=(resamples, len(differences)))
    means = differences[drawn].mean(axis=1)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(mean=float(differences.mean()), low=float(low), high=float(high))


def percentile(values: Sequence[float], q: float) -> float | None:
    """The q-th percentile in [0, 100], linear between neighbours; None without values.

    Source: Hyndman and Fan, Sample quantiles in statistical packages (1996), definition 7.
    """
    return float(np.percentile(np.asarray(values, np.float64), q)) if len(values) else None


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean; None without values."""
    return sum(values) / len(values) if values else None
