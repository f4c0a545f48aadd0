"""Questions that show what changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.continuous.day_sample import Vectors
from evals.continuous.detection import State, Verdict
from evals.continuous.scored_question import ScoredQuestion
from evals.continuous.series import BREACHES, CASES_OPENED, REVIEWS, Kind, Series
from evals.continuous.watch_report import Example

MOST = 3
"""Of each series."""

Order = Callable[[int], float]
"""How well a question shows it, by its place; 0 and below: not at all."""


def choose_examples(
    questions: Sequence[ScoredQuestion],
    verdicts: Sequence[Verdict],
    vectors: Vectors,
    reference_vectors: Vectors,
) -> list[tuple[ScoredQuestion, Example]]:
    """Without texts, each with its question. vectors: of the questions that have one, the first."""
    found = []
    for verdict in verdicts:
        has_breach = verdict.series == BREACHES and bool(verdict.value)
        if verdict.state is not State.CHANGED and not has_breach:
            continue
        order = _order(verdict, questions, vectors, reference_vectors)
        places = sorted(range(len(questions)), key=lambda place: -order(place))
        for place in [place for place in places if order(place) > 0][:MOST]:
            question = questions[place]
            found.append((question, _example(verdict, question)))
    return found


def _order(
    verdict: Verdict,
    questions: Sequence[ScoredQuestion],
    vectors: Vectors,
    reference_vectors: Vectors,
) -> Order:
    series = verdict.series
    if series.kind is Kind.MIX:
        grown = max(verdict.shares, key=lambda label: np.subtract(*verdict.shares[label]))
        return lambda place: float(questions[place].labels.get(series.name) == grown)
    if series.kind is Kind.VECTORS:
        if not len(reference_vectors) or not len(vectors):
            return lambda place: 0.0
        stands_out = _strangeness(vectors, reference_vectors)
        return lambda place: float(stands_out[place]) if place < len(stands_out) else 0.0
    name = REVIEWS.name if series == CASES_OPENED else series.name
    above = verdict.reference is None or (verdict.value or 0.0) > verdict.reference

    def far(place: int) -> float:
        value = questions[place].values.get(name)
        if value is None:
            return 0.0
        if verdict.reference is None or series.kind is Kind.YES_NO:
            return value if above else 1.0 - value
        return (value - verdict.reference) * (1.0 if above else -1.0)

    return far


def _strangeness(vectors: Vectors, reference: Vectors) -> NDArray[np.float64]:
    """How much farther a question is from the reference's than from those of its own day."""
    to_reference = np.sqrt(np.maximum(2 - 2 * vectors @ reference.T, 0)).mean(axis=1)
    to_own = np.sqrt(np.maximum(2 - 2 * vectors @ vectors.T, 0)).mean(axis=1)
    found: NDArray[np.float64] = (to_reference - to_own).astype(np.float64)
    return found


def _example(verdict: Verdict, question: ScoredQuestion) -> Example:
    said = () if verdict.series == BREACHES else (_what(verdict.series, question),)
    what = " ".join((*said, *question.problems))
    return Example(
        series=verdict.series.name,
        trace_id=question.trace_id,
        question_id=question.question_id,
        outcome=question.outcome,
        what=what,
        channel=question.channel,
        text=None,
    )


def _what(series: Series, question: ScoredQuestion) -> str:
    if series.kind is Kind.MIX:
        return f"{series.label}: {question.labels.get(series.name, 'none')}."
    if series.kind is Kind.VECTORS:
        return "It is unlike what was asked before."
    value = question.values.get(series.name)
    return f"{series.label}." if value is None else f"{series.label}: {value:,.4g}."
