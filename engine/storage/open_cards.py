"""Cards of table `cases` under which an answer for the asker may still come."""

from __future__ import annotations

from sqlalchemy import select

from engine.storage.database import Database
from engine.storage.schema import cases


class OpenCards:
    """Cards of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, tenant: str, *, limit: int = 200) -> tuple[tuple[str, str], ...]:
        """Channel and ts of the cards whose asker has no answer yet, the newest first."""
        async with self._database.read() as db:
            found = await db.execute(
                select(cases.c.channel, cases.c.ts)
                .where(
                    cases.c.tenant == tenant,
                    cases.c.delivered_at.is_(None),
                    cases.c.closed.is_(None),
                    cases.c.ts.is_not(None),
                )
                .order_by(cases.c.opened_at.desc())
                .limit(limit)
            )
            return tuple((row.channel, row.ts) for row in found)
