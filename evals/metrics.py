"""Figures of rankings, of confidences and of their differences; pure functions.

A ranking is a sequence of names, best first, each at most once. Gold is the set of right names,
or their gains where some are worth more than others.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

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


def hit_at_k(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """1 when any of the first k is gold, else 0; also called success@k.

    Source: trec_eval, measure `success`.
    """
    return 1.0 if any(name in gold for name in ranked[:k]) else 0.0


def recall_at_k(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """|first k ∩ gold| / |gold|; 0 for empty gold.

    Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), ch. 8.3.
    """
    wanted = set(gold)
    return len(wanted.intersection(ranked[:k])) / len(wanted) if wanted else 0.0


def reciprocal_rank(ranked: Sequence[str], gold: Collection[str]) -> float:
    """1 / rank of the first gold name, from 1; 0 where there is none."""
    return next((1.0 / rank for rank, name in enumerate(ranked, 1) if name in gold), 0.0)


def mrr(rankings: Sequence[Sequence[str]], golds: Sequence[Collection[str]]) -> float:
    """Mean reciprocal rank; 0 for no rankings.

    Source: Voorhees, The TREC-8 Question Answering Track Report (1999).
    """
    ranks = [reciprocal_rank(r, g) for r, g in zip(rankings, golds, strict=True)]
    return sum(ranks) / len(ranks) if ranks else 0.0


def ndcg_at_k(ranked: Sequence[str], gains: Mapping[str, float], k: int) -> float:
    """DCG / ideal DCG of the first k, with DCG = Σ gain_i / log2(i + 1); 0 without gains.

    Gains are linear, as in trec_eval; binary relevance is a gain of 1 for each gold name.
    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (2002).
    """
    ideal = _dcg(sorted((g for g in gains.values() if g > 0), reverse=True)[:k])
    return _dcg([gains.get(name, 0.0) for name in ranked[:k]]) / ideal if ideal else 0.0


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[RiskPoint]:
    """Selective risk at each coverage i / n when the i most confident answers are given.

    Among equal confidences the order is unknown, so their errors count as evenly spread.
    Source: El-Yaniv and Wiener, On the foundations of noise-free selective classification (2010).
    """
    values, errors = np.asarray(confidences, np.float64), ~np.asarray(right, bool)
    if values.shape != errors.shape:
        raise ValueError("there must be one judgement for each confidence")
    _, group = np.unique(-values, return_inverse=True)
    shares = np.bincount(group, weights=errors) / np.maximum(np.bincount(group), 1)
    expected = np.cumsum(shares[np.sort(group)])
    counts = np.arange(1, len(values) + 1)
    return [
        RiskPoint(coverage=int(n) / len(values), risk=float(e) / int(n))
        for n, e in zip(counts, expected, strict=True)
    ]


def coverage_at_risk(
    confidences: Sequence[float], right: Sequence[bool], risk: float
) -> float | None:
    """The largest share of answers that can be given with a selective risk of at most `risk`.

    0 where not even the most confident answer is right often enough; None without answers.
    """
    points = risk_coverage(confidences, right)
    if not points:
        return None
    return max((p.coverage for p in points if p.risk <= risk), default=0.0)


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


def wilson(successes: int, trials: int, *, z: float = 1.959964) -> tuple[float, float]:
    """95% interval of a share of independent trials; (0, 1) without trials.

    Source: Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    if not trials:
        return 0.0, 1.0
    share, square = successes / trials, z * z / trials
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def aurc(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Mean selective risk over all coverages, lower is better; None without answers.

    Source: Geifman, Uziel and El-Yaniv, Bias-reduced uncertainty estimation (2019), eq. 3.
    """
    points = risk_coverage(confidences, right)
    return sum(p.risk for p in points) / len(points) if points else None


def brier(confidences: Sequence[float], labels: Sequence[bool]) -> float | None:
    """Mean of (confidence - label)², lower is better; None without answers.

    Source: Brier, Verification of forecasts expressed in terms of probability (1950).
    """
    values, truth = np.asarray(confidences, np.float64), np.asarray(labels, np.float64)
    if values.shape != truth.shape:
        raise ValueError("there must be one label for each confidence")
    return float(np.mean((values - truth) ** 2)) if len(values) else None


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
