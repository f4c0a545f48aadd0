"""Cases of tables `cases` and `inbox` that a person answered, as examples for the next one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from engine.storage.database import Database
from engine.storage.schema import cases, inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCase:
    """text: the question as it was asked. channel, ts: of its card."""

    id: str
    revision: int
    text: str
    answered_by: str
    channel: str
    ts: str


class AnsweredCases:
    """Answered cases of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def shown_in(self, tenant: str, channel: str, *, limit: int) -> tuple[AnsweredCase, ...]:
        """Those whose card stands in this channel, the newest first; of questions that are there
        still."""
        async with self._database.read() as db:
            found = await db.execute(
                select(
                    cases.c.id,
                    inbox.c.revision,
                    inbox.c.text,
                    cases.c.answered_by,
                    cases.c.channel,
                    cases.c.ts,
                )
                .join(inbox, inbox.c.id == cases.c.question_id)
                .where(
                    cases.c.tenant == tenant,
                    cases.c.channel == channel,
                    cases.c.ts.is_not(None),
                    cases.c.delivered_at.is_not(None),
                    inbox.c.deleted_at.is_(None),
                    inbox.c.text != "",  # so long ago that its words are gone
                )
                .order_by(cases.c.delivered_at.desc())
                .limit(limit)
            )
            return tuple(AnsweredCase(**row) for row in found.mappings())
