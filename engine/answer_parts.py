"""What the stages make of a question, before it becomes a Trace."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import replies
from engine.containment import contain
from engine.decision import Decision
from engine.retrieval.retriever import Retrieval
from engine.trace import Citation, Outcome, Reason, ReasonCode, SentenceCheck, TriageVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerParts:
    """What the stages made of a question.

    revision: of the knowledge that was read. broke_off: the writer failed after sentences were
    shown. unmet: what the question asks about and no passage mentions. steps: that a model
    proposed, contained; empty where those by template stand. checks: of each drafted sentence.
    """

    decision: Decision
    revision: int = 0
    draft_reply: str = ""
    citations: tuple[Citation, ...] = ()
    triage: TriageVerdict = field(default_factory=TriageVerdict)
    retrieval: Retrieval | None = None
    broke_off: bool = False
    unmet: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    checks: tuple[SentenceCheck, ...] = ()

    @property
    def reply(self) -> str:
        """What the asker reads."""
        if self.decision.reply is None:
            return self.draft_reply
        if self.decision.shows_draft:
            return f"{contain(self.decision.reply)}\n\n{self.draft_reply}"
        return contain(self.decision.reply)


EMPTY_QUESTION = Decision(
    outcome=Outcome.ABSTAINED,
    confidence=0.0,
    needs_human_review=False,
    reasons=(Reason(code=ReasonCode.EMPTY_QUESTION, text="The question holds no word."),),
    reply=replies.EMPTY_QUESTION,
)


def failed(trace_id: str, why: str) -> AnswerParts:
    """A fault's: the asker is told so, and a person is called."""
    return AnswerParts(
        decision=Decision(
            outcome=Outcome.FAILED,
            confidence=0.0,
            needs_human_review=True,
            reasons=(Reason(code=ReasonCode.INTERNAL_ERROR, text=why),),
            reply=replies.FAILED.format(trace_id=trace_id),
        )
    )
