"""What the engine returns for a question, whole and frozen: shown, stored, and scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.question import Question
from engine.trust import Trust


class Outcome(StrEnum):
    """How a question ended; there is no silent outcome."""

    ANSWERED = "answered"
    CLARIFIED = "clarified"
    ABSTAINED = "abstained"
    ESCALATED = "escalated"
    FAILED = "failed"


class ReasonCode(StrEnum):
    """Why the outcome is what it is: the closed list."""

    NO_DOCUMENTS = "no_documents"
    EMPTY_QUESTION = "empty_question"
    QUESTION_CUT = "question_cut"
    NOT_IN_CORPUS = "not_in_corpus"
    LOW_CONFIDENCE = "low_confidence"
    UNSUPPORTED = "unsupported"
    CONFLICT = "conflict"
    AMBIGUOUS = "ambiguous"
    OUT_OF_SCOPE = "out_of_scope"
    REFUSED_ATTACK = "refused_attack"
    REFUSED_PRIVATE = "refused_private"
    MODEL_DOWN = "model_down"
    OVER_BUDGET = "over_budget"
    INTERNAL_ERROR = "internal_error"
    DRAFT_MODE = "draft_mode"
    LOW_PRECISION = "below_target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A code for machines and a sentence for people."""

    code: ReasonCode
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a sentence of the draft stands in the documents.

    n: its mark in the draft, from 1 in order of use. page: 1-based, None without pages.
    snippet: the cited span, a verbatim part of full_content. full_content: the passage. trust: the
    tier of its source.
    """

    n: int
    document_name: str
    chunk_id: str
    title: str
    url: str | None
    page: int | None
    snippet: str
    full_content: str
    trust: Trust = Trust.TEAM


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageVerdict:
    """Category and priority with calibrated probabilities; None where not known.

    category_confidence: given that the text is in scope. out_of_scope: probability that it belongs
    to no category; not part of an answer's JSON.
    """

    category: str | None = None
    category_confidence: float | None = None
    priority: str | None = None
    priority_confidence: float | None = None
    out_of_scope: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """The best passage of a document that retrieval found; score in [0, 1], higher is better."""

    chunk_id: str
    document_name: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the question cost: tokens as the models counted them, and money."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    embedding_tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceCheck:
    """A sentence that was drafted, and what its check said.

    text: contained, without marks; empty where not even that may be told. citations: its marks in
    the draft. kept: it passed and stands in the draft. support: in [0, 1], as `Support` has it; for
    a quotation the share of its words that stand in its spans. why: one sentence for people.
    """

    text: str
    citations: tuple[int, ...]
    kept: bool
    support: float
    why: str


class Stage(StrEnum):
    """A stage of the pipeline, in order; `total` is the whole."""

    INTAKE = "intake"
    TRIAGE = "triage"
    RETRIEVAL = "retrieval"
    GENERATION = "generation"
    VERIFICATION = "verification"
    TOTAL = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything about one answer.

    reply: what the asker reads. draft_reply: the proposed answer with [n] marks, equal to reply
    when answered, for the reviewer when escalated; may be empty. confidence: probability in
    [0, 1] that the corpus answers the question and the draft states it. timings_ms: by stage.
    fingerprint: of everything that can change an answer. checks: of each sentence that was drafted,
    in order; not part of an answer's JSON. repeats: id of the trace whose answer was given again;
    empty where it was made for this question. Not part of an answer's JSON.
    """

    trace_id: str
    tenant: str
    asked_at: datetime
    question: Question
    audience: tuple[str, ...]
    outcome: Outcome
    reply: str
    draft_reply: str
    confidence: float
    needs_human_review: bool
    reasons: tuple[Reason, ...]
    citations: tuple[Citation, ...]
    internal_next_steps: tuple[str, ...]
    triage: TriageVerdict
    retrieved: tuple[Retrieved, ...]
    usage: Usage
    timings_ms: Mapping[Stage, float] = field(default_factory=dict)
    fingerprint: str = ""
    checks: tuple[SentenceCheck, ...] = ()
    repeats: str = ""
