"""Table `verdicts` beside the questions: how sure the engine was, and whether it was right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from engine.storage.database import Database
from engine.storage.schema import inbox, verdicts

_MOST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedConfidence:
    """How sure the engine was of an answer that somebody judged, and whether that was right.
    confidence: in [0, 1], when the answer was made."""

    question_id: str
    text: str
    confidence: float
    right: bool
    asked_at: datetime


class JudgedConfidences:
    """Those of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, tenant: str, since: datetime | None) -> tuple[JudgedConfidence, ...]:
        """Those of questions asked from then on, the newest 20,000, the oldest first."""
        statement = (
            select(
                verdicts.c.question_id,
                inbox.c.text,
                verdicts.c.confidence,
                verdicts.c.verdict,
                verdicts.c.asked_at,
            )
            .join(inbox, inbox.c.id == verdicts.c.question_id)
            .where(verdicts.c.tenant == tenant, verdicts.c.verdict.in_(("right", "wrong")))
            .order_by(verdicts.c.asked_at.desc(), verdicts.c.question_id)
            .limit(_MOST)
        )
        if since is not None:
            statement = statement.where(verdicts.c.asked_at >= since)
        async with self._database.read() as db:
            found = (await db.execute(statement)).all()
        return tuple(
            JudgedConfidence(
                question_id=row.question_id,
                text=row.text,
                confidence=row.confidence,
                right=row.verdict == "right",
                asked_at=row.asked_at,
            )
            for row in reversed(found)
        )
