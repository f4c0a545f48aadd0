"""Why a question is in front of people, in words that hold nothing of any document."""

from __future__ import annotations

from collections.abc import Mapping

from engine.trace import ReasonCode

_FIXED: Mapping[str, str] = {
    ReasonCode.NO_DOCUMENTS: "There are no documents that may be read there.",
    ReasonCode.EMPTY_QUESTION: "The question holds no word.",
    ReasonCode.QUESTION_CUT: "The question was too long; its end was not read.",
    ReasonCode.NOT_IN_CORPUS: "The documents do not answer it.",
    ReasonCode.LOW_CONFIDENCE: "The documents may not answer it.",
    ReasonCode.UNSUPPORTED: "Part of the draft is not supported by its sources.",
    ReasonCode.CONFLICT: "Two documents contradict each other.",
    ReasonCode.AMBIGUOUS: "The question may be about several different things.",
    ReasonCode.OUT_OF_SCOPE: "It is outside what is answered here.",
    ReasonCode.REFUSED_ATTACK: "It reads like an attempt to misuse the bot.",
    ReasonCode.REFUSED_PRIVATE: "It asks for something private.",
    ReasonCode.MODEL_DOWN: "The model that writes answers failed.",
    ReasonCode.OVER_BUDGET: "It would have cost more than is allowed.",
    ReasonCode.INTERNAL_ERROR: "It could not be answered, because something went wrong.",
    ReasonCode.DRAFT_MODE: "A person sees every answer of its channel before it goes out.",
    ReasonCode.LOW_PRECISION: "It is less sure than its channel asks for.",
}
_OTHER = "It needs a person."


def fixed_reason(code: str) -> str:
    """What a reason's code says by itself; its text may quote documents."""
    return _FIXED.get(code, _OTHER)
