"""Cards that were placed and are out of reach, in tables `cases` and `replies`."""

from __future__ import annotations

from sqlalchemy import update

from engine.storage.database import Database
from engine.storage.reply_part import Kind, PartState
from engine.storage.schema import OUTDATED, cases, replies


class LostCardStore:
    """Cards of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, tenant: str, case_id: str, channel: str) -> bool:
        """Makes a waiting case's card in this channel be placed nowhere, as before its first post;
        False where there is none. The message stays as it is."""
        mine = (cases.c.tenant == tenant, cases.c.id == case_id, cases.c.channel == channel)
        waits = (cases.c.answered_at.is_(None), cases.c.closed.is_(None))
        kinds = (Kind.CARD.value, Kind.CARD_NOTE.value)
        unplaced = {"channel": None, "ts": None, "card_home": None, **OUTDATED}
        async with self._database.write() as db:
            taking = update(cases).where(*mine, *waits).values(**unplaced)
            question = (await db.execute(taking.returning(cases.c.question_id))).scalar()
            if question is None:
                return False
            await db.execute(
                update(replies)
                .where(
                    replies.c.tenant == tenant,
                    replies.c.question_id == question,
                    replies.c.kind.in_(kinds),
                )
                .values(state=PartState.GONE.value, ts=None, shown=None, attempted_at=None)
            )
        return True
