"""What is mirrored, in no service's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.redaction import Redactor, redact_json

Plain = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best passage of a document that retrieval found; score in [0, 1]."""

    document_name: str
    chunk_id: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTrace:
    """One answer.

    question, answer: JSON objects of texts that people wrote or read. stages_ms: by stage, in
    order, without the total. model: what wrote it; empty where documents were quoted. metadata:
    ids, codes and numbers, never a person's words. environment: `production` or `experiment`.
    """

    trace_id: UUID
    started_at: datetime
    question: Mapping[str, Any]
    answer: Mapping[str, Any]
    outcome: str
    confidence: float
    stages_ms: Mapping[str, float]
    total_ms: float
    found: tuple[Found, ...] = ()
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    embedding_tokens: int = 0
    cost_usd: float = 0.0
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Plain] = field(default_factory=dict)
    environment: str = "production"

    @property
    def failed(self) -> bool:
        """Whether there was no answer because of a fault."""
        return self.outcome == "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What somebody thought of an answer; one with the same id takes its place.

    score: 1 where it helped, 0 where it did not.
    """

    id: UUID
    trace_id: UUID
    name: str
    score: float
    at: datetime


Record = AnswerTrace | Opinion


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetItem:
    """A case. hash: of all that it says, by which a changed one is told."""

    id: str
    hash: str
    question: Mapping[str, Any]
    expected: Mapping[str, Any]
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredDataset:
    """A data set as it is now; items that it no longer has are put away."""

    name: str
    description: str
    items: tuple[DatasetItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentResult:
    """The answer to one item, and what it scored. comment: what is wrong with it, for people."""

    item_id: str
    trace: AnswerTrace
    scores: Mapping[str, float]
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A run of an evaluation. dataset: its name. figures: of the whole run, by name."""

    id: UUID
    name: str
    dataset: str
    description: str
    started_at: datetime
    results: tuple[ExperimentResult, ...]
    figures: Mapping[str, float]
    metadata: Mapping[str, Plain]


def redacted_trace(trace: AnswerTrace, redactor: Redactor, *, most_chars: int) -> AnswerTrace:
    """The trace with its texts redacted and cut; ids, codes and numbers stay."""
    return replace(
        trace,
        question=redact_json(trace.question, redactor, most_chars=most_chars),
        answer=redact_json(trace.answer, redactor, most_chars=most_chars),
        found=tuple(
            replace(found, document_name=redactor.redact(found.document_name))
            for found in trace.found
        ),
    )


def redacted_item(item: DatasetItem, redactor: Redactor, *, most_chars: int) -> DatasetItem:
    """The item with its texts redacted and cut."""
    return replace(
        item,
        question=redact_json(item.question, redactor, most_chars=most_chars),
        expected=redact_json(item.expected, redactor, most_chars=most_chars),
    )
