"""Metrics that are no mean of a column: of rows as `Metric.of_rows` takes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.probability_scores import auroc, calibration_error
from evals.metrics import aurc, brier, coverage_at_risk
from evals.suites.metric import Rows


def auroc_of(rows: Rows) -> float | None:
    """(score, label): see `engine.probability_scores.auroc`; None of one class."""
    return auroc(rows[:, 0], rows[:, 1] > 0.5)


def ece_of(rows: Rows) -> float | None:
    """(probability, label): see `calibration_error`; None without rows."""
    return calibration_error(rows[:, 0], rows[:, 1] > 0.5)


def brier_of(rows: Rows) -> float | None:
    """(probability, label); None without rows."""
    return brier(rows[:, 0], rows[:, 1] > 0.5)


def aurc_of(rows: Rows) -> float | None:
    """(confidence, right); None without rows."""
    return aurc(rows[:, 0], rows[:, 1] > 0.5)


def coverage_at(risk: float) -> Callable[[Rows], float | None]:
    """Of (confidence, right): the coverage at a selective risk."""

    def of_rows(rows: Rows) -> float | None:
        return coverage_at_risk(rows[:, 0], rows[:, 1] > 0.5, risk)

    return of_rows


def macro_f1_of(rows: Rows) -> float | None:
    """(right label, label said), as codes; None without rows.

    What scikit-learn's `f1_score` gives for the right labels, without its checks of every input:
    a bootstrap asks for thousands.
    """
    if not len(rows):
        return None
    gold, said = rows.T
    labels, gold_code = np.unique(gold, return_inverse=True)
    said_code = np.searchsorted(labels, said).clip(max=len(labels) - 1)
    known, size = labels[said_code] == said, len(labels)
    both = np.bincount(gold_code[gold == said], minlength=size)
    either = np.bincount(gold_code, minlength=size) + np.bincount(said_code[known], minlength=size)
    return float((2 * both / either).mean())


def percentile_of(q: float) -> Callable[[Rows], float | None]:
    """Of one column: its q-th percentile, linear between neighbours; None without rows."""

    def of_rows(rows: Rows) -> float | None:
        return float(np.percentile(rows[:, 0], q)) if len(rows) else None

    return of_rows


def sum_of(rows: Rows) -> float | None:
    """Of one column: its sum; None without rows."""
    return float(rows[:, 0].sum()) if len(rows) else None
