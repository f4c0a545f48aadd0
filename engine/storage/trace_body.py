"""A trace as table `traces` holds it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from engine.contract import render_trace
from engine.question import Question, Role, Turn
from engine.trace import (
    Citation,
    Outcome,
    Reason,
    ReasonCode,
    Retrieved,
    SentenceCheck,
    Stage,
    Trace,
    TriageVerdict,
    Usage,
)
from engine.trust import Trust


def body_of(trace: Trace) -> dict[str, Any]:
    """The answer contract's object, and what of the question and its checks is not in it."""
    question = trace.question
    return render_trace(trace) | {
        "citations": [asdict(citation) for citation in trace.citations],
        "audience": list(trace.audience),
        "subject": question.subject,
        "body": question.body,
        "history": [{"role": t.role.value, "text": t.text} for t in question.history],
        "user": question.user,
        "channel": question.channel,
        "checks": [asdict(check) for check in trace.checks],
        **({"repeats": trace.repeats} if trace.repeats else {}),
    }


def trace_of(body: Mapping[str, Any], *, tenant: str, asked_at: datetime) -> Trace:
    """The trace that a body was made of, but for its gate and what was rounded."""
    return Trace(
        trace_id=body["trace_id"],
        tenant=tenant,
        asked_at=asked_at,
        question=Question(
            id=body["id"],
            text=body["question"],
            subject=body.get("subject", ""),
            body=body.get("body", ""),
            history=tuple(
                Turn(role=Role(turn["role"]), text=turn["text"]) for turn in body.get("history", ())
            ),
            user=body.get("user"),
            channel=body.get("channel"),
        ),
        audience=tuple(body.get("audience", ())),
        outcome=Outcome(body["outcome"]),
        reply=body["reply"],
        draft_reply=body["draft_reply"],
        confidence=body["confidence"],
        needs_human_review=body["needs_human_review"],
        reasons=tuple(
            Reason(code=ReasonCode(reason["code"]), text=reason["text"])
            for reason in body["reasons"]
        ),
        citations=tuple(
            Citation(**{**citation, "trust": Trust(citation.get("trust", Trust.TEAM))})
            for citation in body["citations"]
        ),
        internal_next_steps=tuple(body["internal_next_steps"]),
        triage=TriageVerdict(**body["triage"]),
        retrieved=tuple(Retrieved(**found) for found in body["retrieved"]),
        usage=Usage(**body["usage"]),
        timings_ms={Stage(name): ms for name, ms in body["timings_ms"].items()},
        fingerprint=body["fingerprint"],
        checks=tuple(
            SentenceCheck(**{**check, "citations": tuple(check["citations"])})
            for check in body.get("checks", ())
        ),
        repeats=body.get("repeats", ""),
    )
