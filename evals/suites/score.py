"""From a case and an answer's JSON to the case's columns; the same for fresh and stored answers."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from evals.case import Case
from evals.judging.judge import Judge
from evals.run_record import Columns
from evals.suites.adversarial import adversarial_columns
from evals.suites.answer_text import Answer, ranked_documents
from evals.suites.answers import judged_columns, stated_columns
from evals.suites.decisions import decision_columns
from evals.suites.metric import Suite
from evals.suites.ranking import ranking_scores
from evals.suites.speed import speed_columns
from evals.suites.triage import triage_columns

SUITES = frozenset(Suite)


async def score(
    case: Case,
    answer: Answer,
    judge: Judge | None,
    *,
    suites: Collection[Suite | str] = SUITES,
) -> Columns:
    """What an answer scores; a column that says nothing of the case is absent.

    answer: the answer contract's object; with `evidence`, a list of the texts of passages that
    were retrieved, faithfulness holds sentences against these too. judge: None leaves out what
    needs one.
    """
    plain = await asyncio.to_thread(plain_columns, case, answer, suites)
    if judge is None or Suite.ANSWERS not in suites:
        return plain
    return {**plain, **await judged_columns(case, answer, judge)}


def plain_columns(
    case: Case, answer: Answer, suites: Collection[Suite | str] = SUITES
) -> Mapping[str, float]:
    """The columns that need no judge."""
    found: dict[str, float] = {}
    if Suite.RETRIEVAL in suites:
        found |= ranking_scores(ranked_documents(answer), case.gains)
    if Suite.ANSWERS in suites:
        found |= stated_columns(case, answer)
    if Suite.DECISIONS in suites:
        found |= decision_columns(case, answer)
    if Suite.TRIAGE in suites:
        found |= triage_columns(case, answer)
    if Suite.ADVERSARIAL in suites:
        found |= adversarial_columns(case, answer)
    if Suite.SPEED in suites:
        found |= speed_columns(answer)
    return found
