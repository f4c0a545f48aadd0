"""What a new plan makes of the messages that an earlier one has put out."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.storage.reply_part import Kind, Part, PartState
from engine.storage.schema import replies

Planned = tuple[str, str | None, Mapping[str, Any]]
"""Channel, thread and body of a message to be posted."""


async def insert_part(
    db: AsyncConnection,
    tenant: str,
    question_id: str,
    revision: int,
    kind: Kind,
    number: int,
    new: Planned,
) -> None:
    """Stores a part that no earlier plan had."""
    channel, thread_ts, body = new
    await db.execute(
        insert(replies).values(
            id=str(uuid.uuid4()),
            tenant=tenant,
            question_id=question_id,
            kind=kind.value,
            part=number,
            revision=revision,
            channel=channel,
            thread_ts=thread_ts,
            body=_as_stored(body),
            version=1,
            attempts=0,
            state=PartState.PLANNED.value,
        )
    )


async def replace_part(db: AsyncConnection, known: Part, revision: int, new: Planned) -> None:
    """Gives a known part its new body; where its message is, or may be, stays as it is."""
    channel, thread_ts, body = new
    stored = _as_stored(body)
    values: dict[str, Any] = {"revision": revision}
    version = known.version
    if stored != known.body:
        version += 1
        values |= {"body": stored, "version": version}
    if known.state is PartState.GONE:
        state = PartState.PLANNED
        values |= {"ts": None, "shown": None, "attempted_at": None}
    elif known.state in (PartState.POSTED, PartState.SURPLUS):
        if known.ts is None:
            state = PartState.POSTING
        else:
            state = PartState.POSTED if known.shown == version else PartState.PLANNED
    else:
        state = known.state
    if known.ts is None and known.state is not PartState.POSTING:
        values |= {"channel": channel, "thread_ts": thread_ts}
    await db.execute(
        update(replies).where(replies.c.id == known.id).values(**values, state=state.value)
    )


def unwanted(part: Part) -> PartState:
    """GONE where no attempt can have put a message out."""
    if part.state is PartState.GONE or (part.ts is None and part.state is PartState.PLANNED):
        return PartState.GONE
    return PartState.SURPLUS


def _as_stored(body: Mapping[str, Any]) -> Any:
    """As the body is when read back, so that an unchanged one is known."""
    return json.loads(json.dumps(body))
