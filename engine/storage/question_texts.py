"""The words of questions, and of all that was said and drawn from them, taken out of their rows.

The rows stay: what happened is still counted, and a message that Slack delivers again is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from engine.storage.schema import case_events, cases, inbox, labels, replies, verdicts


def blank_questions(db: Connection, tenant: str, ids: Sequence[str]) -> None:
    """Takes the words of these questions, of their replies, cases and verdicts away, and removes
    their labels, which are nothing else."""
    db.execute(
        update(inbox).where(inbox.c.tenant == tenant, inbox.c.id.in_(ids)).values(text="", files=[])
    )
    for table, values in (
        (replies, {"body": {}}),
        (cases, {"answer": None, "closed_why": None}),
        (verdicts, {"detail": {}}),
    ):
        mine = (table.c.tenant == tenant, table.c.question_id.in_(ids))
        db.execute(update(table).where(*mine).values(**values))
    db.execute(delete(labels).where(labels.c.tenant == tenant, labels.c.question_id.in_(ids)))
    _blank_history(db, tenant, ids)


def _blank_history(db: Connection, tenant: str, ids: Sequence[str]) -> None:
    """Numbers stay, such as how often a case was passed up."""
    of_cases = select(cases.c.id).where(cases.c.tenant == tenant, cases.c.question_id.in_(ids))
    mine = (case_events.c.tenant == tenant, case_events.c.case_id.in_(of_cases))
    for row in db.execute(select(case_events.c.sequence, case_events.c.detail).where(*mine)).all():
        kept: dict[str, Any] = {
            name: value for name, value in row.detail.items() if isinstance(value, int | float)
        }
        if kept != row.detail:
            db.execute(
                update(case_events)
                .where(case_events.c.sequence == row.sequence)
                .values(detail=kept)
            )
