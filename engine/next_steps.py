"""What the support person should do next, by template."""

from __future__ import annotations

from collections.abc import Sequence

from engine.trace import Citation, Outcome, Reason, ReasonCode, Retrieved

COMPLETE_IT = "Read the answer that was shown and complete it; its writer failed midway."


def next_steps(
    outcome: Outcome,
    reasons: Sequence[Reason],
    citations: Sequence[Citation],
    retrieved: Sequence[Retrieved],
) -> tuple[str, ...]:
    """Concrete actions, most important first; empty when nothing is left to do."""
    codes = {reason.code for reason in reasons}
    if outcome is Outcome.ANSWERED or outcome is Outcome.ABSTAINED:
        return ()
    steps: list[str] = []
    if ReasonCode.NO_DOCUMENTS in codes:
        return ("Add documents with `deskhand ingest`, then ask again.",)
    if citations:
        where = _place(citations[0])
        steps.append(f"Check the draft against {where}; approve it or write the answer.")
    elif retrieved:
        steps.append(
            f"Look in {retrieved[0].document_name}, the nearest document, and answer the asker."
        )
    elif outcome is Outcome.FAILED:
        steps.append("Answer the asker; what went wrong stands in the log under the trace's id.")
    else:
        steps.append("Answer the asker; no document they may read bears on this.")
    if ReasonCode.NOT_IN_CORPUS in codes or ReasonCode.LOW_CONFIDENCE in codes:
        steps.append("If the answer should be known, add it to the documents and ingest again.")
    return tuple(steps)


def _place(citation: Citation) -> str:
    page = f", page {citation.page}" if citation.page else ""
    return f"{citation.document_name}{page}"
