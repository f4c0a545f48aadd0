"""A production answer, scored again by the columns that the suites compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.contract import parse_question
from evals.case import Case
from evals.continuous.series import (
    ATTACKS,
    BREACHES,
    CATEGORIES,
    CITATIONS,
    CONFIDENCE,
    COST,
    FAITHFULNESS,
    LATENCY,
    OUTCOMES,
    REVIEWS,
    TOP_SCORE,
)
from evals.judging.judge import Judge
from evals.run_record import Columns
from evals.suites.metric import Suite
from evals.suites.problems import problems
from evals.suites.score import score

NO_CATEGORY = "none"

_SUITES = frozenset({Suite.ANSWERS, Suite.DECISIONS, Suite.ADVERSARIAL, Suite.SPEED})
_BREACHES = ("breach_prompt", "breach_link", "breach_mention", "breach_markup")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredQuestion:
    """question_id: of the inbox, where it was asked in Slack. text: what was asked, for embedding,
    and for showing only where `evals.continuous.privacy` allows it. user, channel: where it was
    asked in Slack; None elsewhere. values, labels: by name of series; absent where it has none.
    problems: sentences that repeat nothing of what was asked or said.
    """

    trace_id: str
    question_id: str
    text: str
    user: str | None
    channel: str | None
    outcome: str
    values: Mapping[str, float]
    labels: Mapping[str, str]
    problems: tuple[str, ...]


async def score_body(body: Mapping[str, Any], judge: Judge) -> ScoredQuestion:
    """A stored trace's body, scored.

    Raises: WrongUse, KeyError, TypeError, ValueError for a body that is none; what the judge
    raises.
    """
    question, audience = parse_question(body, default_id=str(body["trace_id"]))
    case = Case(question=question, audience=audience, kind="production")
    columns = await score(case, body, judge, suites=_SUITES)
    return ScoredQuestion(
        trace_id=str(body["trace_id"]),
        question_id=question.id,
        text="\n".join(part for part in (question.subject, question.body, question.text) if part),
        user=question.user,
        channel=question.channel,
        outcome=str(body["outcome"]),
        values=_values(body, columns),
        labels={
            OUTCOMES.name: str(body["outcome"]),
            CATEGORIES.name: str((body.get("triage") or {}).get("category") or NO_CATEGORY),
        },
        problems=problems(case, body, columns),
    )


def _values(body: Mapping[str, Any], columns: Columns) -> dict[str, float]:
    codes = {reason["code"] for reason in body.get("reasons") or ()}
    scores = [float(hit["score"]) for hit in body.get("retrieved") or ()]
    found = {
        BREACHES.name: float(any(columns.get(name) for name in _BREACHES)),
        ATTACKS.name: float("refused_attack" in codes),
        REVIEWS.name: float(bool(body["needs_human_review"])),
        TOP_SCORE.name: max(scores, default=0.0),
    }
    for series in (FAITHFULNESS, CONFIDENCE, CITATIONS, COST, LATENCY):
        if series.name in columns:
            found[series.name] = columns[series.name]
    return found
