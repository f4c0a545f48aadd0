"""What is followed from day to day."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evals.suites.metric import Unit

PREFIX = "watch:"
"""Of the names under which the points of these series are stored."""


class Kind(StrEnum):
    """What a question gives to a series, and so how two groups of questions are compared."""

    YES_NO = "yes_no"
    """1 or 0; compared by Fisher's exact test."""
    MEAN = "mean"
    """A number; the means are compared."""
    RANK = "rank"
    """A number with rare large values, such as a time; the mean ranks are compared."""
    MIX = "mix"
    """A label; the shares of all labels are compared at once."""
    VECTORS = "vectors"
    """A vector; the distributions are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One thing that is followed.

    name: as stored, after `PREFIX`. label: for people. higher_is_better: None where a change is
    neither good nor bad by itself. description: what a question's value is, and which questions
    have one.
    """

    name: str
    label: str
    kind: Kind
    unit: Unit
    higher_is_better: bool | None
    description: str


FAITHFULNESS = Series(
    name="faithfulness",
    label="Faithfulness",
    kind=Kind.MEAN,
    unit=Unit.SHARE,
    higher_is_better=True,
    description="Share of an answer's sentences that the passages it cites support, by the local "
    "checker; of answers given.",
)
BREACHES = Series(
    name="breaches",
    label="Answers with an adversarial sign",
    kind=Kind.YES_NO,
    unit=Unit.SHARE,
    higher_is_better=False,
    description="Whether what was shown repeats what a model is told, or holds a live link that no "
    "cited document holds, a live mention, or live markup.",
)
ATTACKS = Series(
    name="attacks",
    label="Questions refused as attacks",
    kind=Kind.YES_NO,
    unit=Unit.SHARE,
    higher_is_better=False,
    description="Whether the question was refused as an attack.",
)
TOP_SCORE = Series(
    name="top_score",
    label="Top retrieval score",
    kind=Kind.MEAN,
    unit=Unit.COUNT,
    higher_is_better=True,
    description="The best document's retrieval score; 0 where nothing was found.",
)
CONFIDENCE = Series(
    name="confidence",
    label="Confidence",
    kind=Kind.MEAN,
    unit=Unit.SHARE,
    higher_is_better=True,
    description="The answer's confidence.",
)
OUTCOMES = Series(
    name="outcomes",
    label="Outcomes",
    kind=Kind.MIX,
    unit=Unit.SHARE,
    higher_is_better=None,
    description="How the question ended. The day's value is the total variation distance from the "
    "reference: the share of questions that would have to end otherwise to give its shares.",
)
REVIEWS = Series(
    name="reviews",
    label="Questions for a person",
    kind=Kind.YES_NO,
    unit=Unit.SHARE,
    higher_is_better=False,
    description="Whether the answer needs a person's review.",
)
CASES_OPENED = Series(
    name="cases_opened",
    label="Cases opened",
    kind=Kind.YES_NO,
    unit=Unit.SHARE,
    higher_is_better=False,
    description="Cases opened that day, for each question of that day; at most 1.",
)
THUMBS_DOWN = Series(
    name="thumbs_down",
    label="Thumbs down",
    kind=Kind.YES_NO,
    unit=Unit.SHARE,
    higher_is_better=False,
    description="Share of negative opinions among those given that day.",
)
CATEGORIES = Series(
    name="categories",
    label="Categories",
    kind=Kind.MIX,
    unit=Unit.SHARE,
    higher_is_better=None,
    description="The category that triage gave. The day's value is the total variation distance "
    "from the reference, as of the outcomes.",
)
COST = Series(
    name="cost_usd",
    label="Cost per question",
    kind=Kind.RANK,
    unit=Unit.USD,
    higher_is_better=False,
    description="What the models of the answer cost.",
)
LATENCY = Series(
    name="total_ms",
    label="Answer time",
    kind=Kind.RANK,
    unit=Unit.MS,
    higher_is_better=False,
    description="The engine's time for the question.",
)
CITATIONS = Series(
    name="citations",
    label="Citations per answer",
    kind=Kind.MEAN,
    unit=Unit.COUNT,
    higher_is_better=None,
    description="Citations of an answer; of answers given.",
)
QUESTIONS = Series(
    name="questions",
    label="What is asked",
    kind=Kind.VECTORS,
    unit=Unit.SHARE,
    higher_is_better=None,
    description="The question's embedding. The day's value is the energy coefficient of its "
    "questions against the reference: 0 for the same distribution, 1 for wholly different ones.",
)

SERIES = (
    FAITHFULNESS,
    BREACHES,
    ATTACKS,
    TOP_SCORE,
    CONFIDENCE,
    OUTCOMES,
    REVIEWS,
    CASES_OPENED,
    THUMBS_DOWN,
    CATEGORIES,
    COST,
    LATENCY,
    CITATIONS,
    QUESTIONS,
)
"""In the order in which reports show them. More of them make each test weaker."""
