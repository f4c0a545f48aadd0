"""What is counted of one answer."""

from __future__ import annotations

from engine.telemetry import catalogue as of
from engine.telemetry.instruments import add, is_listened_to, record
from engine.trace import Outcome, Trace


def count_answer(trace: Trace) -> None:
    """Counts an answer that was made or given again."""
    if not is_listened_to():
        return
    workspace = trace.tenant
    repeated = "yes" if trace.repeats else "no"
    add(of.QUESTIONS, workspace=workspace, outcome=trace.outcome.value, repeated=repeated)
    if trace.needs_human_review:
        add(of.FOR_REVIEW, workspace=workspace)
    for reason in trace.reasons:
        add(of.REASONS, workspace=workspace, reason=reason.code.value)
    if trace.repeats:
        return
    for stage, spent_ms in trace.timings_ms.items():
        record(of.ANSWER_TIME, spent_ms / 1000, workspace=workspace, stage=stage.value)
    record(of.CONFIDENCE, trace.confidence, workspace=workspace)
    if trace.retrieved:
        record(of.RELEVANCE, trace.retrieved[0].score, workspace=workspace)
    if trace.triage.category_confidence is not None:
        record(of.TRIAGE, trace.triage.category_confidence, workspace=workspace)
    if trace.outcome is Outcome.ANSWERED:
        record(of.CITATIONS, float(len(trace.citations)), workspace=workspace)
