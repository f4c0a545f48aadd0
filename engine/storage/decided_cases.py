"""Cases that a person decided, as what they say of their questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from engine.storage.case import Closed
from engine.storage.database import Database
from engine.storage.schema import cases, inbox, labels


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedCase:
    """A case that was answered or rejected.

    category, priority: as they stood on its card at the end, corrected or left as they were. how:
    of the answer; None where it was rejected. by: who decided it. at: when.
    """

    question_id: str
    text: str
    category: str | None
    priority: str | None
    how: str | None
    by: str | None
    at: datetime


class DecidedCases:
    """Decided cases of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def without_label(self, tenant: str) -> tuple[DecidedCase, ...]:
        """Those of which no label tells yet, or one from before they were decided or were sorted
        as what they are now."""
        at = func.coalesce(cases.c.delivered_at, cases.c.closed_at)
        decided = or_(
            and_(cases.c.delivered_at.is_not(None), cases.c.how.is_not(None)),
            and_(cases.c.closed == Closed.REJECTED.value, cases.c.closed_by.is_not(None)),
        )
        sorted_anew = [
            and_(case.is_not(None), case.is_distinct_from(label))
            for case, label in (
                (cases.c.category, labels.c.category),
                (cases.c.priority, labels.c.priority),
            )
        ]
        unlearned = or_(
            labels.c.at.is_(None),
            labels.c.at < at,
            and_(func.coalesce(cases.c.closed, "") != Closed.REJECTED.value, or_(*sorted_anew)),
        )
        labelled = (
            labels.c.tenant == cases.c.tenant,
            labels.c.question_id == cases.c.question_id,
        )
        statement = (
            select(
                cases.c.question_id,
                inbox.c.text,
                cases.c.category,
                cases.c.priority,
                cases.c.how,
                cases.c.answered_by,
                cases.c.closed,
                cases.c.closed_by,
                cases.c.delivered_at,
                cases.c.closed_at,
            )
            .join(inbox, inbox.c.id == cases.c.question_id)
            .outerjoin(labels, and_(*labelled))
            .where(cases.c.tenant == tenant, decided, unlearned)
            .order_by(at, cases.c.question_id)
        )
        async with self._database.read() as db:
            found = (await db.execute(statement)).all()
        return tuple(
            DecidedCase(
                question_id=row.question_id,
                text=row.text,
                category=row.category,
                priority=row.priority,
                how=None if row.closed == Closed.REJECTED.value else row.how,
                by=row.closed_by if row.closed == Closed.REJECTED.value else row.answered_by,
                at=row.delivered_at or row.closed_at,
            )
            for row in found
        )
