"""Days made of real traces of the sample, of which the truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.trace import Outcome
from evals.continuous.day_sample import DaySample, Vectors
from evals.continuous.detection import REFERENCE_DAYS, PastDay, State, Verdict, judge_day
from evals.continuous.question_drift import MOST_OF_DAY
from evals.continuous.scored_question import ScoredQuestion
from evals.continuous.series import (
    CATEGORIES,
    FAITHFULNESS,
    LATENCY,
    QUESTIONS,
    SERIES,
    Kind,
    Series,
)

_DAY = date(2026, 3, 2)
_UNEVEN = 4.0
"""Shape of the gamma distribution of a category's weight on a day: its coefficient of variation is
.5, so that a category that has a fifth of the questions has a tenth or a third on many days."""


class Change(StrEnum):
    """What is other on the last day."""

    NOTHING = "nothing"
    UNSUPPORTED = "unsupported"
    """A share of the answers has half its sentences unsupported."""
    SLOWER = "slower"
    """Every answer takes that share longer."""
    UNANSWERED = "unanswered"
    """A share of the questions is replaced by ones that were not answered."""
    TOPIC = "topic"
    """A share of the questions is replaced by ones of one category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Scored traces to draw from. vectors: of the questions, in order."""

    questions: tuple[ScoredQuestion, ...]
    vectors: Vectors

    @property
    def categories(self) -> NDArray[np.str_]:
        """Of each question."""
        return np.array([question.labels[CATEGORIES.name] for question in self.questions])


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """per_day: questions of each day. uneven: days differ in what is asked, by nature. amount: how
    large the change is, as `Change` says."""

    per_day: int
    uneven: bool = False
    change: Change = Change.NOTHING
    amount: float = 0.0


def judge_made_day(pool: Pool, trial: Trial, seed: int) -> tuple[Verdict, ...]:
    """What is said of a last day, held against a whole reference of made days."""
    random = np.random.default_rng(seed)
    past: dict[Series, list[PastDay]] = {}
    for number in range(REFERENCE_DAYS):
        made = _samples(pool, _draw(pool, trial, random), _DAY + timedelta(days=number), {})
        for series, sample in made.items():
            past.setdefault(series, []).append(PastDay(sample=sample, state=State.STEADY))
    # Each trial is another day: the seeds of the tests follow from it.
    day = _DAY + timedelta(days=REFERENCE_DAYS)
    shift = timedelta(days=seed % 500_000)
    moved = {
        series: [replace(p, sample=replace(p.sample, day=p.sample.day + shift)) for p in days]
        for series, days in past.items()
    }
    drawn = _draw(pool, trial, random)
    changes = _changed(pool, trial, drawn, random)
    return judge_day(_samples(pool, drawn, day + shift, changes), moved, day + shift)


def _draw(pool: Pool, trial: Trial, random: np.random.Generator) -> NDArray[np.int64]:
    """Places of a day's questions, with replacement."""
    weights = np.ones(len(pool.questions))
    if trial.uneven:
        names, place = np.unique(pool.categories, return_inverse=True)
        weights *= random.gamma(_UNEVEN, 1 / _UNEVEN, len(names))[place]
    return random.choice(len(pool.questions), size=trial.per_day, p=weights / weights.sum())


def _changed(
    pool: Pool, trial: Trial, drawn: NDArray[np.int64], random: np.random.Generator
) -> Mapping[int, Mapping[str, float]]:
    """Replaces questions in `drawn`; other values of what is asked, by place in it."""
    chosen = random.random(len(drawn)) < trial.amount
    if trial.change is Change.UNSUPPORTED:
        half = {FAITHFULNESS.name: 0.5}
        return {int(at): half for at in np.flatnonzero(chosen)}
    if trial.change is Change.SLOWER:
        return {
            at: {LATENCY.name: pool.questions[place].values[LATENCY.name] * (1 + trial.amount)}
            for at, place in enumerate(drawn)
        }
    if trial.change is Change.UNANSWERED:
        answered = np.array([question.outcome == Outcome.ANSWERED for question in pool.questions])
        drawn[chosen] = random.choice(np.flatnonzero(~answered), int(chosen.sum()))
    if trial.change is Change.TOPIC:
        names, counts = np.unique(pool.categories, return_counts=True)
        usual = names[np.argsort(counts)[len(counts) // 2]]
        of_topic = np.flatnonzero(pool.categories == usual)
        drawn[chosen] = random.choice(of_topic, int(chosen.sum()))
    return {}


def _samples(
    pool: Pool,
    drawn: NDArray[np.int64],
    day: date,
    changes: Mapping[int, Mapping[str, float]],
) -> dict[Series, DaySample]:
    """Every series that follows from traces alone."""
    found: dict[Series, DaySample] = {}
    questions = [pool.questions[place] for place in drawn]
    for series in SERIES:
        if series is QUESTIONS:
            vectors = pool.vectors[drawn[:MOST_OF_DAY]]
            found[series] = DaySample(day=day, vectors=vectors, made_by="shipped")
        elif series.kind is Kind.MIX:
            labels, counts = np.unique(
                [question.labels[series.name] for question in questions], return_counts=True
            )
            found[series] = DaySample(
                day=day, counts=dict(zip(labels.tolist(), counts.tolist(), strict=True))
            )
        else:
            found[series] = DaySample(day=day, values=_values(series, questions, changes))
    return found


def _values(
    series: Series,
    questions: Sequence[ScoredQuestion],
    changes: Mapping[int, Mapping[str, float]],
) -> NDArray[np.float64]:
    held = [
        changes.get(at, {}).get(series.name, question.values[series.name])
        for at, question in enumerate(questions)
        if series.name in question.values
    ]
    return np.asarray(held, np.float64)
