"""A metric: how a figure follows from the columns of the cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
"""Cases x columns: the cases that have every column of the metric."""


class Suite(StrEnum):
    """What a metric belongs to, and what `--suite` chooses by."""

    RETRIEVAL = "retrieval"
    ANSWERS = "answers"
    DECISIONS = "decisions"
    TRIAGE = "triage"
    ADVERSARIAL = "adversarial"
    SPEED = "speed"


class Unit(StrEnum):
    """What a figure counts."""

    SHARE = "share"
    COUNT = "count"
    MS = "ms"
    USD = "usd"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure of a run.

    description: the formula and the zero case, in a sentence or two. source: where it is from.
    columns: those it reads; a case without one of them is not counted. of_rows: the figure; None
    where the rows say nothing, such as an AUROC of one class. is_mean: it is the mean of its one
    column, so that cases can be compared pairwise. in_gate: a significant regression fails the
    gate. critical: so does any one case that got worse. judged: it rests on the word of a judge.
    """

    name: str
    suite: Suite
    description: str
    source: str
    higher_is_better: bool
    columns: tuple[str, ...]
    of_rows: Callable[[Rows], float | None]
    in_gate: bool = False
    critical: bool = False
    unit: Unit = Unit.SHARE
    is_mean: bool = False
    judged: bool = False


def mean_of_rows(rows: Rows) -> float | None:
    """The mean of the first column; None without rows."""
    return float(rows[:, 0].mean()) if len(rows) else None


def mean_metric(
    column: str, suite: Suite, description: str, source: str = "", *, better: str, **more: Any
) -> Metric:
    """The mean of one column, named as the column is.  better: `higher` or `lower`."""
    return Metric(
        name=column,
        suite=suite,
        description=description,
        source=source or "arithmetic mean over the cases",
        higher_is_better={"higher": True, "lower": False}[better],
        columns=(column,),
        of_rows=mean_of_rows,
        is_mean=True,
        **more,
    )
