"""Which questions are easy, known before a word is written."""

from __future__ import annotations

from typing import Final

from engine.decision import Decision
from engine.question import Question
from engine.trace import Outcome

EASY_VERSION: Final = "1"
"""Changes with what counts as easy; what was measured before says nothing of it then."""
_LEAST_CONFIDENCE = 0.85
_MOST_CHARS = 240


def is_easy(question: Question, gate: Decision) -> bool:
    """Whether one short question stands by itself, the documents surely answer it, and nothing
    contradicts them. gate: the decision for a draft of one sentence."""
    asked = question.text.strip()
    return (
        gate.outcome is Outcome.ANSWERED
        and not gate.needs_human_review
        and not gate.shows_draft
        and gate.confidence >= _LEAST_CONFIDENCE
        and not question.history
        and not question.body.strip()
        and len(asked) <= _MOST_CHARS
        and asked.count("?") <= 1
        and "\n" not in asked
    )
