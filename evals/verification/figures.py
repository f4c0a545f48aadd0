"""Figures of a checker on a set of claims, with intervals that keep a text's claims together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.probability_scores import auroc, calibration_error
from engine.verification.support_checker import LEAST_PROBABILITY
from evals.metrics import percentile
from evals.verification.pair import Pair

RESAMPLES = 1_000
Bools = NDArray[np.bool_]


def balanced_accuracy(said: Sequence[bool], truth: Sequence[bool]) -> float | None:
    """Mean of the recall of both classes; None where one is empty.

    Source: Brodersen et al., The balanced accuracy and its posterior distribution (2010).
    """
    answers, labels = np.asarray(said, bool), np.asarray(truth, bool)
    if labels.all() or not labels.any():
        return None
    return float((answers[labels].mean() + (~answers[~labels]).mean()) / 2)


def best_balanced_accuracy(scores: Sequence[float], truth: Sequence[bool]) -> float | None:
    """Balanced accuracy at the threshold that makes it highest on these very claims."""
    values = np.asarray(scores)
    found = [balanced_accuracy(list(values >= t), truth) for t in np.unique(values)]
    return max((value for value in found if value is not None), default=None)


def interval(
    pairs: Sequence[Pair], measure: Callable[[list[int]], float | None], seed: int
) -> list[float] | None:
    """95% percentile bootstrap over the texts; None where the measure has no value.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 13.
    """
    rows: dict[str, list[int]] = {}
    for row, pair in enumerate(pairs):
        rows.setdefault(pair.group, []).append(row)
    groups, random = list(rows.values()), np.random.default_rng(seed)
    found = []
    for _ in range(RESAMPLES):
        drawn = random.integers(0, len(groups), len(groups))
        value = measure([row for i in drawn for row in groups[i]])
        if value is not None:
            found.append(value)
    if not found:
        return None
    return [round(float(q), 3) for q in np.quantile(found, [0.025, 0.975])]


def figures(
    pairs: Sequence[Pair],
    probabilities: Sequence[float],
    coverages: Sequence[float],
    times_ms: Sequence[float],
    *,
    seed: int,
) -> dict[str, Any]:
    """Everything about one set: the checker at its shipped threshold, word coverage at its best."""
    truth = [pair.supported for pair in pairs]
    said = [p >= LEAST_PROBABILITY for p in probabilities]

    def accuracy(rows: list[int]) -> float | None:
        return balanced_accuracy([said[i] for i in rows], [truth[i] for i in rows])

    def area(rows: list[int]) -> float | None:
        return auroc([probabilities[i] for i in rows], [truth[i] for i in rows])

    def gain(rows: list[int]) -> float | None:
        ours, labels = area(rows), [truth[i] for i in rows]
        base = auroc([coverages[i] for i in rows], labels)
        return None if ours is None or base is None else ours - base

    everything = list(range(len(pairs)))
    return {
        "claims": len(pairs),
        "supported_share": sum(truth) / len(truth),
        "balanced_accuracy": accuracy(everything),
        "balanced_accuracy_interval_95": interval(pairs, accuracy, seed),
        "auroc": area(everything),
        "auroc_interval_95": interval(pairs, area, seed),
        "coverage_best_balanced_accuracy": best_balanced_accuracy(coverages, truth),
        "coverage_auroc": auroc(coverages, truth),
        "auroc_minus_coverage_interval_95": interval(pairs, gain, seed),
        "ece": calibration_error(probabilities, truth),
        "right_share_by_kind": _by_kind(pairs, said, probabilities),
        "check_p50_cpu_ms": percentile(times_ms, 50),
        "check_p95_cpu_ms": percentile(times_ms, 95),
    }


def _by_kind(
    pairs: Sequence[Pair], said: Sequence[bool], probabilities: Sequence[float]
) -> dict[str, dict[str, Any]]:
    """For each label: how many, how often right, and AUROC against the supported ones."""
    kinds: dict[str, list[int]] = {}
    for row, pair in enumerate(pairs):
        kinds.setdefault(pair.kind, []).append(row)
    right = [row for row, pair in enumerate(pairs) if pair.supported]
    found = {}
    for kind, rows in sorted(kinds.items(), key=lambda item: -len(item[1])):
        wrong = [row for row in rows if not pairs[row].supported]
        both = [*right, *wrong]
        found[kind] = {
            "claims": len(rows),
            "right_share": sum(said[row] == pairs[row].supported for row in rows) / len(rows),
            "auroc_against_supported": auroc(
                [probabilities[row] for row in both], [pairs[row].supported for row in both]
            )
            if wrong
            else None,
        }
    return found
