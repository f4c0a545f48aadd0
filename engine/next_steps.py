"""What the support person should do next, by template."""

from __future__ import annotations

from collections.abc import Sequence

from engine.containment import contain, contained_label, one_line
from engine.trace import Citation, Outcome, Reason, ReasonCode, Retrieved, TriageVerdict

UNSORTED = TriageVerdict()
COMPLETE_IT = "Read the answer that was shown and complete it; its writer failed midway."


def next_steps(
    outcome: Outcome,
    reasons: Sequence[Reason],
    citations: Sequence[Citation],
    retrieved: Sequence[Retrieved],
    *,
    triage: TriageVerdict = UNSORTED,
    unmet: Sequence[str] = (),
) -> tuple[str, ...]:
    """Concrete actions, most important first; empty when nothing is left to do.

    triage: whose question it is and how urgent. unmet: what no passage found mentions.
    """
    codes = {reason.code for reason in reasons}
    if outcome in (Outcome.ANSWERED, Outcome.ABSTAINED, Outcome.CLARIFIED):
        return ()
    steps: list[str] = []
    if ReasonCode.NO_DOCUMENTS in codes:
        return ("Add documents with `deskhand ingest`, then ask again.",)
    if ReasonCode.CONFLICT in codes and len(citations) > 1:
        first, second = _place(citations[0]), _place(citations[1])
        steps.append(f"Decide which holds, {first} or {second}, and tell the asker.")
        steps.append("Correct the other document, and ingest it again.")
    elif citations:
        where = _place(citations[0])
        steps.append(f"Check the draft against {where}; approve it or write the answer.")
    elif retrieved:
        name = _name(retrieved[0].document_name)
        nearest = f"{name}, the nearest document," if name else "the document retrieved first"
        steps.append(f"Look in {nearest} and answer the asker.")
    elif outcome is Outcome.FAILED:
        steps.append("Answer the asker; what went wrong stands in the log under the trace's id.")
    else:
        steps.append("Answer the asker; no document they may read bears on this.")
    if unmet:
        what = _name(", ".join(unmet)) or "what was asked"
        steps.append(f"Find out about {what}; no passage found mentions it.")
    if triage.category is not None:
        how = f", as {triage.priority}" if triage.priority is not None else ""
        whose = contained_label(triage.category) or "such questions"
        steps.append(f"If it is not yours, pass it to whoever answers {whose}{how}.")
    if ReasonCode.NOT_IN_CORPUS in codes or ReasonCode.LOW_CONFIDENCE in codes:
        steps.append("If the answer should be known, add it to the documents and ingest again.")
    return tuple(steps)


def _place(citation: Citation) -> str:
    page = f", page {citation.page}" if citation.page else ""
    return f"{_name(citation.document_name) or 'the document cited first'}{page}"


def _name(document_name: str) -> str:
    """A document's name as it may stand in a text that people read; empty if it is an address."""
    contained = one_line(contain(one_line(document_name)))
    return "" if "(link removed)" in contained else contained
