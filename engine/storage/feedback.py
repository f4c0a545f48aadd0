"""Table `feedback`: what people thought of an answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from engine.storage.database import Database, upsert
from engine.storage.schema import feedback


class Opinion(StrEnum):
    """Whether an answer helped."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


class FeedbackStore:
    """Opinions in one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, tenant: str, question_id: str, user: str, value: Opinion, at: datetime
    ) -> None:
        """Stores a person's opinion in place of an earlier one of theirs."""
        async with self._database.write() as db:
            statement = upsert(db, feedback).values(
                tenant=tenant, question_id=question_id, user=user, value=value.value, at=at
            )
            await db.execute(
                statement.on_conflict_do_update(
                    index_elements=["tenant", "question_id", "user"],
                    set_={"value": value.value, "at": at},
                    where=feedback.c.at <= at,
                )
            )

    async def counts(
        self, tenant: str, since: datetime, until: datetime | None = None
    ) -> dict[Opinion, int]:
        """How many hold each opinion, of those given since then; before `until` where given."""
        within = [feedback.c.tenant == tenant, feedback.c.at >= since]
        if until is not None:
            within.append(feedback.c.at < until)
        async with self._database.read() as db:
            found = await db.execute(
                select(feedback.c.value, func.count()).where(*within).group_by(feedback.c.value)
            )
            counted = {Opinion(value): int(number) for value, number in found}
        return {opinion: counted.get(opinion, 0) for opinion in Opinion}
