"""Traces as production stores them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from engine.question import Question
from engine.storage.traces import TraceStore
from engine.trace import (
    Citation,
    Outcome,
    Reason,
    ReasonCode,
    Retrieved,
    Stage,
    Trace,
    TriageVerdict,
    Usage,
)

SUPPORTED = "A new badge costs 15 euros."
TOPICS = ("a badge", "a laptop", "a locker", "a desk", "a chair", "a scanner")


def a_trace(
    number: int,
    day: date,
    *,
    tenant: str,
    said: str = SUPPORTED,
    escalated: bool = False,
    user: str | None = "U1",
    channel: str | None = "C1",
    text: str = "",
) -> Trace:
    """The answer of that number on a day; `said` is cited from a passage that says SUPPORTED."""
    citation = Citation(
        n=1,
        document_name="costs/badge.md",
        chunk_id="c1",
        title="The badge",
        url=None,
        page=None,
        snippet=SUPPORTED,
        full_content=f"{SUPPORTED} It is ordered by mail to the office.",
    )
    reasons = (Reason(code=ReasonCode.UNSUPPORTED, text="Nothing says so."),)
    return Trace(
        trace_id=f"{day.isoformat()}-{number}",
        tenant=tenant,
        asked_at=datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(minutes=number),
        question=Question(
            id=f"q{number}",
            text=text or f"What does {TOPICS[number % len(TOPICS)]} cost in {2000 + number}?",
            user=user,
            channel=channel,
        ),
        audience=("everyone", "public"),
        outcome=Outcome.ESCALATED if escalated else Outcome.ANSWERED,
        reply="A person looks." if escalated else f"{said} [1]",
        draft_reply="" if escalated else f"{said} [1]",
        confidence=0.2 if escalated else 0.9,
        needs_human_review=escalated,
        reasons=reasons if escalated else (),
        citations=() if escalated else (citation,),
        internal_next_steps=(),
        triage=TriageVerdict(category="it", category_confidence=0.9),
        retrieved=(Retrieved(chunk_id="c1", document_name="costs/badge.md", score=0.7),),
        usage=Usage(),
        timings_ms={Stage.TOTAL: 100.0 + number % 7},
    )


async def save_all(store: TraceStore, traces: Sequence[Trace]) -> None:
    """Stores them."""
    for trace in traces:
        await store.save(trace)
