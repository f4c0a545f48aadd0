"""Columns of the decisions suite: how a question ended, and how sure the engine was."""

from __future__ import annotations

from engine.trace import Outcome
from evals.case import Case
from evals.suites.answer_text import Answer, cited_documents, is_answered


def decision_columns(case: Case, answer: Answer) -> dict[str, float]:
    """How it ended against how it should have.

    outcome_right: where the case expects an outcome; so are asked_back_ambiguous (1 where it was
    asked back), of cases that expect it, and asked_back_clear, of the others.
    answered_answerable, answered_unanswerable: whether it was answered, by what the corpus holds.
    failed: of every case. confidence, answerable, answer_right: what is needed for calibration;
    an answer is right where the corpus answers and the draft cites a gold document.
    """
    outcome, given = answer.get("outcome"), float(is_answered(answer))
    found = {"failed": float(outcome == Outcome.FAILED), "confidence": float(answer["confidence"])}
    if case.expected_outcome is not None:
        found["outcome_right"] = float(outcome == case.expected_outcome)
        ambiguous = case.expected_outcome is Outcome.CLARIFIED
        name = "asked_back_ambiguous" if ambiguous else "asked_back_clear"
        found[name] = float(outcome == Outcome.CLARIFIED)
    if case.answerable is not None:
        found["answerable"] = float(case.answerable)
        found["answered_answerable" if case.answerable else "answered_unanswerable"] = given
        if case.gains or not case.answerable:
            cites = any(name in case.gains for name in cited_documents(answer))
            found["answer_right"] = float(case.answerable and cites)
    return found
