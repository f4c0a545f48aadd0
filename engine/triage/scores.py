"""How good and how honest a triage model is: figures of predictions against labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.probability_scores import auroc, calibration_error, reliability

_RESAMPLES = 500

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Predictions of texts in scope beside their labels.

    labels: what the columns of `probabilities` stand for. truth: the right label of each row,
    which need not be among `labels`. probabilities: shape (texts, labels), rows sum to 1.
    """

    labels: Sequence[str]
    truth: Sequence[str]
    probabilities: Floats

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each row's likeliest label is its label."""
        return np.array([a == b for a, b in zip(self.answers, self.truth, strict=True)], bool)

    @property
    def answers(self) -> list[str]:
        """The likeliest label of each row."""
        return [self.labels[i] for i in self.probabilities.argmax(axis=1)]

    @property
    def confidences(self) -> Floats:
        """The likeliest label's probability."""
        highest: Floats = self.probabilities.max(axis=1)
        return highest


def figures(judged: Judged, *, seed: int) -> dict[str, Any]:
    """Accuracy, macro-F1, ECE and Brier score with 95% intervals, by category, and confusion.

    Intervals are percentiles of 500 bootstrap resamples of the texts (Efron, 1979). The interval
    of the ECE is that of a biased figure: resampling adds noise that the ECE counts.
    """
    right, confidences = judged.right, judged.confidences
    squared = _squared_errors(judged)
    rng = np.random.default_rng(seed)
    n = len(right)
    draws = [rng.integers(0, n, n) for _ in range(_RESAMPLES)]
    return {
        "rows": n,
        "accuracy": _rounded(right.mean()),
        "accuracy_interval_95": _interval([right[d].mean() for d in draws]),
        "macro_f1": _rounded(macro_f1(judged.answers, judged.truth)),
        "ece": _rounded(_ece(confidences, right)),
        "ece_interval_95": _interval([_ece(confidences[d], right[d]) for d in draws]),
        "brier": _rounded(squared.mean()),
        "brier_interval_95": _interval([squared[d].mean() for d in draws]),
        "reliability": [
            {
                "from": b.low,
                "to": b.high,
                "rows": b.rows,
                "confidence": _rounded(b.mean_probability),
                "right": _rounded(b.true_share),
            }
            for b in reliability(confidences, right)
        ],
        "by_category": by_label(judged.answers, judged.truth),
        "confusion": confusion(judged.answers, judged.truth),
    }


def difference(ours: Judged, other: Judged, *, seed: int) -> dict[str, Any]:
    """Accuracy of ours minus the other's on the same texts, with a paired bootstrap interval."""
    gains = ours.right.astype(float) - other.right.astype(float)
    rng, n = np.random.default_rng(seed), len(gains)
    means = [gains[rng.integers(0, n, n)].mean() for _ in range(_RESAMPLES)]
    return {"accuracy_gain": _rounded(gains.mean()), "accuracy_gain_interval_95": _interval(means)}


def macro_f1(answers: Sequence[str], truth: Sequence[str]) -> float:
    """Mean F1 over the labels that occur in the truth, by scikit-learn; 0 without rows."""
    if not truth:
        return 0.0
    from sklearn.metrics import f1_score

    labels = sorted(set(truth))
    return float(f1_score(truth, answers, labels=labels, average="macro", zero_division=0.0))


def by_label(answers: Sequence[str], truth: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Rows, precision, recall and F1 of each label that occurs in the truth."""
    rows, given = Counter(truth), Counter(answers)
    hits = Counter(a for a, t in zip(answers, truth, strict=True) if a == t)
    return {
        label: {
            "rows": rows[label],
            "precision": _rounded(hits[label] / given[label]) if given[label] else 0.0,
            "recall": _rounded(hits[label] / rows[label]),
            "f1": _rounded(2 * hits[label] / (given[label] + rows[label])),
        }
        for label in sorted(rows)
    }


def confusion(answers: Sequence[str], truth: Sequence[str]) -> list[dict[str, Any]]:
    """Which label was taken for which, most frequent first, at most 20 pairs."""
    pairs = Counter((t, a) for a, t in zip(answers, truth, strict=True) if a != t)
    return [{"label": t, "taken_for": a, "rows": n} for (t, a), n in pairs.most_common(20)]


def _ece(confidences: Floats, right: NDArray[np.bool_]) -> float:
    return calibration_error(confidences, right) or 0.0


def rounded_auroc(scores: Floats, outside: NDArray[np.bool_]) -> float | None:
    """AUROC of the texts out of scope against those in scope, to four digits."""
    area = auroc(scores, outside)
    return None if area is None else _rounded(area)


def _squared_errors(judged: Judged) -> Floats:
    """Σ_labels (p - [label is right])² of each row; a label the model lacks costs its 1 in full.

    Source: Brier, Verification of forecasts expressed in terms of probability (1950).
    """
    column = {label: n for n, label in enumerate(judged.labels)}
    errors: Floats = (judged.probabilities**2).sum(axis=1) + 1.0
    for row, label in enumerate(judged.truth):
        if label in column:
            errors[row] -= 2.0 * judged.probabilities[row, column[label]]
    return errors


def _interval(values: Sequence[float]) -> list[float]:
    return [_rounded(v) for v in np.percentile(values, [2.5, 97.5])]


def _rounded(value: float) -> float:
    return round(float(value), 4)
