"""From the answer contract's JSON to what is mirrored of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.mirroring.records import AnswerTrace, Found
from engine.question import Question
from engine.trace import Stage

_CITED = ("n", "document_name", "title", "page", "snippet")
"""The passages themselves stay here."""


def question_json(question: Question) -> dict[str, Any]:
    """What was asked, without who asked and where."""
    history = [{"role": turn.role.value, "text": turn.text} for turn in question.history]
    said = {
        "question": question.text,
        "subject": question.subject,
        "body": question.body,
        "history": history,
    }
    return {name: value for name, value in said.items() if value or name == "question"}


def answer_trace(
    body: Mapping[str, Any],
    question: Question,
    *,
    started_at: datetime,
    model: str,
    environment: str,
    tags: tuple[str, ...] = (),
) -> AnswerTrace:
    """The trace of one answer.

    body: as `render_trace` gives it. model: what writes answers; an answer that took none of its
    tokens was quoted from documents.
    """
    usage, triage, timings = body["usage"], body["triage"], body["timings_ms"]
    metadata = {
        "fingerprint": body["fingerprint"],
        "needs_human_review": bool(body["needs_human_review"]),
        "reasons": ",".join(reason["code"] for reason in body["reasons"]),
        "category": triage.get("category") or "",
        "priority": triage.get("priority") or "",
        "citations": len(body["citations"]),
    }
    return AnswerTrace(
        trace_id=UUID(body["trace_id"]),
        started_at=started_at,
        question=question_json(question),
        answer={
            "reply": body["reply"],
            "draft_reply": body["draft_reply"],
            "citations": [{name: cited[name] for name in _CITED} for cited in body["citations"]],
            "internal_next_steps": list(body["internal_next_steps"]),
        },
        outcome=str(body["outcome"]),
        confidence=float(body["confidence"]),
        stages_ms={
            stage.value: float(timings[stage.value])
            for stage in Stage
            if stage is not Stage.TOTAL and timings.get(stage.value)
        },
        total_ms=float(timings.get(Stage.TOTAL.value) or 0.0),
        found=tuple(
            Found(
                document_name=row["document_name"],
                chunk_id=row["chunk_id"],
                score=float(row["score"]),
            )
            for row in body["retrieved"]
        ),
        model=model if usage["prompt_tokens"] else "",
        prompt_tokens=int(usage["prompt_tokens"]),
        completion_tokens=int(usage["completion_tokens"]),
        embedding_tokens=int(usage["embedding_tokens"]),
        cost_usd=float(usage["cost_usd"]),
        tags=tags,
        metadata={name: value for name, value in metadata.items() if value != ""},
        environment=environment,
    )
