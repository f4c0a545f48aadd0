"""A question, by what people have in hand of it: its id, its answer's, or its address in Slack."""

from __future__ import annotations

import re

from sqlalchemy import Connection, or_, select

from engine.storage.database import Database
from engine.storage.schema import inbox

_PERMALINK = re.compile(r"https://[^/\s]+/archives/([CDG][A-Z0-9]+)/p(\d{10})(\d{6})\b")


async def question_named(database: Database, tenant: str, name: str) -> str | None:
    """The id of the question; None where none is named so.  Raises: StorageUnavailable."""
    statement = select(inbox.c.id).where(inbox.c.tenant == tenant)
    link = _PERMALINK.match(name)
    if link is not None:
        channel, seconds, fraction = link.groups()
        ts = f"{seconds}.{fraction}"
        statement = statement.where(inbox.c.channel == channel, inbox.c.ts == ts)
    else:
        statement = statement.where(or_(inbox.c.id == name, inbox.c.trace_id == name))

    def read(db: Connection) -> str | None:
        found = db.execute(statement.limit(1)).scalar()
        return None if found is None else str(found)

    return await database.look_up(read)
