"""From what was found, written and checked to how the question ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine import replies
from engine.containment import contain
from engine.question import OPEN, Gate
from engine.refusal.reading import Refused
from engine.trace import Outcome, Reason, ReasonCode

_FAR_FROM_ALL = 0.15
"""Below this answerability a question is about something else altogether, where no model says."""

_ELSEWHERE, _UNLIKELY = 0.5, 0.5
"""From this probability by its words, and below this answerability, a question is out of scope."""

_FAR_AND_DOUBTFUL = 0.1
"""From this probability by its words, what no document comes near is out of scope too."""

_REFUSALS = {
    Refused.ORDERS: (
        ReasonCode.REFUSED_ATTACK,
        "The question gives orders to the bot itself, and nothing else of it can be answered.",
        replies.REFUSED_ORDERS,
    ),
    Refused.CREDENTIAL: (
        ReasonCode.REFUSED_PRIVATE,
        "The question asks for a password, a key or another credential.",
        replies.REFUSED_CREDENTIAL,
    ),
    Refused.PERSONAL: (
        ReasonCode.REFUSED_PRIVATE,
        "The question asks for what is private of somebody else.",
        replies.REFUSED_PERSONAL,
    ),
}

_UNCLEAR = 0.5
"""What is left of the confidence where documents or meanings contradict each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the stages found.

    documents: in the knowledge base, readable or not. readable: something was found at all.
    answerability: probability that the corpus answers. sentences: of the checked draft;
    dropped: those that failed their check. conflict: how documents contradict each other, in
    words; empty if they do not. out_of_scope: probability by the question alone; None where no
    model could say. unmet: what the question asks about and no passage mentions. choices: what an
    ambiguous question may mean; empty if it is clear. refused: why it may not be answered; always:
    whatever the documents say.
    """

    documents: int
    readable: bool
    answerability: float
    sentences: int
    dropped: int
    was_cut: bool
    out_of_scope: float | None = None
    unmet: tuple[str, ...] = ()
    conflict: str = ""
    choices: tuple[str, ...] = ()
    refused: Refused | None = None
    always: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How it ends. reply: the fixed sentence, or None when the draft is the reply.

    shows_draft: whether the draft stands below the fixed sentence, as two sides of a conflict do.
    refuses: the question is not answered for what it asks, so that nothing is written for it.
    """

    outcome: Outcome
    confidence: float
    needs_human_review: bool
    reasons: tuple[Reason, ...]
    reply: str | None
    shows_draft: bool = False
    refuses: bool = False

    @property
    def is_out_of_scope(self) -> bool:
        """Whether the question is about something else, whoever says so to its asker."""
        return any(reason.code is ReasonCode.OUT_OF_SCOPE for reason in self.reasons)


def may_speak(answerability: float, min_confidence: float) -> bool:
    """The gate before the first sentence: nothing is shown of an answer that is too unlikely."""
    return answerability >= min_confidence


def decide(findings: Findings, *, min_confidence: float, gate: Gate = OPEN) -> Decision:
    """The outcome, a calibrated confidence, and why, in words.

    min_confidence: the engine's own threshold. gate: of the place where it was asked; it holds
    back what would be shown otherwise, and lets nothing through that would not be.
    """
    decision = _decide(findings, min_confidence=min_confidence)
    least, confidence = gate.min_confidence, findings.answerability
    if gate.reviewed and not decision.needs_human_review:
        return _held_back(
            decision,
            ReasonCode.DRAFT_MODE,
            "A person sees every answer of this channel before it goes out.",
            replies.REVIEWED,
        )
    if decision.reply is None and least is not None and not may_speak(confidence, least):
        # Cut down, not rounded: what is held back must not read like the threshold itself.
        text = (
            f"The documents answer this with a probability of {int(confidence * 100)}%, and only "
            f"from {math.ceil(least * 100)}% on enough of this channel's answers are right."
            if least <= 1
            else "Too few of this channel's answers were right lately to show one by itself."
        )
        return _held_back(decision, ReasonCode.LOW_PRECISION, text, replies.LOW_CONFIDENCE)
    return decision


def _held_back(decision: Decision, code: ReasonCode, text: str, reply: str) -> Decision:
    return replace(
        decision,
        outcome=Outcome.ESCALATED,
        needs_human_review=True,
        reasons=(*decision.reasons, Reason(code=code, text=text)),
        reply=reply,
        shows_draft=False,
    )


def _decide(findings: Findings, *, min_confidence: float) -> Decision:
    reasons: list[Reason] = []
    if findings.was_cut:
        reasons.append(
            Reason(
                code=ReasonCode.QUESTION_CUT,
                text="The question was too long; its end was not read.",
            )
        )
    confidence = findings.answerability
    refused = findings.refused
    if refused is not None and (findings.always or not may_speak(confidence, min_confidence)):
        code, text, reply = _REFUSALS[refused]
        return Decision(
            outcome=Outcome.ABSTAINED,
            confidence=0.0,
            needs_human_review=False,
            reasons=(*reasons, Reason(code=code, text=text)),
            reply=reply,
            refuses=True,
        )
    if refused is Refused.ORDERS:
        left_out = "What of the question gives orders to the bot itself was left out."
        reasons.append(Reason(code=ReasonCode.REFUSED_ATTACK, text=left_out))
    if findings.documents == 0:
        return _hand_over(
            ReasonCode.NO_DOCUMENTS,
            "There are no documents yet.",
            0.0,
            replies.NO_DOCUMENTS,
            reasons,
        )
    if not findings.readable:
        return _hand_over(
            ReasonCode.NOT_IN_CORPUS,
            "No document that everyone in this conversation may read bears on the question.",
            0.0,
            replies.NOT_IN_CORPUS,
            reasons,
        )
    if _is_out_of_scope(findings):
        text = "Nothing in the documents comes near the question's subject."
        return Decision(
            outcome=Outcome.ABSTAINED,
            confidence=confidence,
            needs_human_review=False,
            reasons=(*reasons, Reason(code=ReasonCode.OUT_OF_SCOPE, text=text)),
            reply=replies.OUT_OF_SCOPE,
        )
    if findings.choices and may_speak(confidence, min_confidence):
        return Decision(
            outcome=Outcome.CLARIFIED,
            confidence=confidence * _UNCLEAR,
            needs_human_review=False,
            reasons=(
                *reasons,
                Reason(
                    code=ReasonCode.AMBIGUOUS,
                    text=f"The question may be about {len(findings.choices)} different things.",
                ),
            ),
            reply=replies.clarify(findings.choices),
        )
    if findings.conflict and findings.sentences and may_speak(confidence, min_confidence):
        return replace(
            _hand_over(
                ReasonCode.CONFLICT,
                _contradiction(findings.conflict).text,
                confidence * _UNCLEAR,
                replies.CONFLICT.format(what=findings.conflict),
                reasons,
            ),
            shows_draft=True,
        )
    if findings.sentences == 0:
        code = ReasonCode.UNSUPPORTED if findings.dropped else ReasonCode.NOT_IN_CORPUS
        text = (
            "No sentence of the draft passed its check."
            if findings.dropped
            else "No sentence of the documents found bears on the question."
        )
        return _hand_over(code, text, min(confidence, 0.2), replies.NOT_IN_CORPUS, reasons)
    if not may_speak(confidence, min_confidence):
        if findings.conflict:
            reasons.append(_contradiction(findings.conflict))
        return _hand_over(
            ReasonCode.LOW_CONFIDENCE,
            f"The documents answer this with a probability of only {confidence:.0%}"
            f"{_unmentioned(findings.unmet)}.",
            confidence,
            replies.LOW_CONFIDENCE,
            reasons,
        )
    if findings.dropped:
        what = "One sentence" if findings.dropped == 1 else f"{findings.dropped} sentences"
        left_out = f"{what} of the draft failed the check and is not shown."
        reasons.append(Reason(code=ReasonCode.UNSUPPORTED, text=left_out))
    return Decision(
        outcome=Outcome.ANSWERED,
        confidence=confidence,
        needs_human_review=False,
        reasons=tuple(reasons),
        reply=None,
    )


def _contradiction(what: str) -> Reason:
    return Reason(
        code=ReasonCode.CONFLICT, text=contain(f"Two documents contradict each other: {what}.")
    )


def _unmentioned(unmet: Sequence[str]) -> str:
    return f"; no passage found mentions {', '.join(unmet)}" if unmet else ""


def _is_out_of_scope(findings: Findings) -> bool:
    """By the question's words and what was found together; neither alone is sure."""
    elsewhere, answerable = findings.out_of_scope, findings.answerability
    if elsewhere is None:
        return answerable < _FAR_FROM_ALL
    if answerable < _FAR_FROM_ALL:
        return elsewhere >= _FAR_AND_DOUBTFUL
    return elsewhere >= _ELSEWHERE and answerable < _UNLIKELY


def _hand_over(
    code: ReasonCode, text: str, confidence: float, reply: str, before: Sequence[Reason]
) -> Decision:
    return Decision(
        outcome=Outcome.ESCALATED,
        confidence=confidence,
        needs_human_review=True,
        reasons=(*before, Reason(code=code, text=text)),
        reply=reply,
    )
