"""Questions that a database itself suggests, to ask before and after its rows were carried."""

from __future__ import annotations

from sqlalchemy import select

from engine.storage.database import Database
from engine.storage.schema import documents, traces


async def sampled_questions(database: Database, tenant: str, *, most: int) -> tuple[str, ...]:
    """Half of them asked lately, the rest titles of documents; the same for the same rows."""
    asked = (
        select(traces.c.body)
        .where(traces.c.tenant == tenant)
        .order_by(traces.c.asked_at.desc(), traces.c.id)
        .limit(most)
    )
    titles = (
        select(documents.c.title)
        .where(documents.c.tenant == tenant)
        .order_by(documents.c.id)
        .limit(most)
    )
    async with database.read() as db:
        texts = [body.get("question") for body in (await db.execute(asked)).scalars()]
        lately = [text for text in dict.fromkeys(texts) if isinstance(text, str) and text.strip()]
        named = [title for title in (await db.execute(titles)).scalars() if title.strip()]
    return tuple(dict.fromkeys([*lately[: most // 2], *named]))[:most]
