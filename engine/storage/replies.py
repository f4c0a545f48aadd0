"""Table `replies`: every message of ours about a question, and whether it is out.

    PLANNED -> POSTING -> POSTED       with STREAMING between where it is shown as it comes
    POSTED -> PLANNED                  its body changed: the message is updated in place
    any -> SURPLUS -> GONE             no longer wanted: the message is removed

A part found POSTING without `ts` may or may not be out: whoever finds it looks for its key before
trying again. A `ts` once stored stays until the message is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.storage.database import Database
from engine.storage.inbox_item import State
from engine.storage.reply_part import Kind as Kind
from engine.storage.reply_part import Part as Part
from engine.storage.reply_part import PartState as PartState
from engine.storage.reply_part import parse_part
from engine.storage.reply_plan import Planned as Planned
from engine.storage.reply_plan import insert_part, replace_part, unwanted
from engine.storage.schema import inbox, replies


class ReplyStore:
    """Messages of ours in one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(
        self,
        tenant: str,
        question_id: str,
        revision: int,
        kind: Kind,
        parts: Sequence[Planned],
        *,
        lease: str | None = None,
    ) -> tuple[Part, ...] | None:
        """All parts of a kind as they are to be, in order, those to be removed included.

        Parts that were planned before keep their message and get the new body; those beyond the
        new number become SURPLUS, or GONE where they were never tried. No parts: all of them.
        lease: plan only while it holds this revision. None: it does not, or there is no such
        question, or a newer revision is planned; nothing was changed then.
        """
        held = [inbox.c.tenant == tenant, inbox.c.id == question_id]
        if lease is not None:
            held.append(holds(lease, revision))
        async with self._database.write() as db:
            # The question's row is locked, so that two plans for it come one after the other.
            mine = select(inbox.c.id).where(*held).with_for_update(key_share=True)
            if (await db.execute(mine)).first() is None:
                return None
            known = await self._select(db, _of(tenant, question_id, kind), lock=True)
            if any(part.revision > revision for part in known):
                return None
            for number, new in enumerate(parts):
                if number < len(known):
                    await replace_part(db, known[number], revision, new)
                else:
                    await insert_part(db, tenant, question_id, revision, kind, number, new)
            for part in known[len(parts) :]:
                await db.execute(
                    update(replies)
                    .where(replies.c.id == part.id)
                    .values(revision=revision, state=unwanted(part).value)
                )
            return await self._select(db, _of(tenant, question_id, kind))

    async def of(self, tenant: str, question_id: str, kind: Kind | None = None) -> tuple[Part, ...]:
        """Parts of a question, by kind and number."""
        async with self._database.read() as db:
            return await self._select(db, _of(tenant, question_id, kind))

    async def find_by_ts(self, tenant: str, channel: str, ts: str) -> Part | None:
        """The part that is this message."""
        async with self._database.read() as db:
            found = await self._select(
                db,
                (
                    replies.c.tenant == tenant,
                    replies.c.channel == channel,
                    replies.c.ts == ts,
                ),
            )
        return found[0] if found else None

    async def awaits_ts(self, tenant: str, channel: str) -> bool:
        """Whether a message that is being posted there may be out already: whose it is, is known
        when Slack's answer, which says its ts, is stored."""
        async with self._database.read() as db:
            found = await self._select(
                db,
                (
                    replies.c.tenant == tenant,
                    replies.c.channel == channel,
                    replies.c.ts.is_(None),
                    replies.c.attempted_at.is_not(None),
                ),
            )
        return bool(found)

    async def unfinished(self, tenant: str, *kinds: Kind) -> tuple[Part, ...]:
        """Parts that are not as they should be on the screen, for a repair after a crash."""
        open_states = (
            PartState.PLANNED,
            PartState.POSTING,
            PartState.STREAMING,
            PartState.SURPLUS,
        )
        async with self._database.read() as db:
            return await self._select(
                db,
                (
                    replies.c.tenant == tenant,
                    replies.c.state.in_([state.value for state in open_states]),
                    replies.c.kind.in_([kind.value for kind in kinds]),
                ),
            )

    async def left_of_cancelled(
        self, tenant: str, *, since: datetime, limit: int = 1000
    ) -> tuple[str, ...]:
        """Questions deleted since then that still show a message, the newest first."""
        shown = (
            select(replies.c.id)
            .where(
                replies.c.question_id == inbox.c.id,
                replies.c.kind == Kind.ANSWER.value,
                replies.c.state == PartState.POSTED.value,
            )
            .exists()
        )
        statement = (
            select(inbox.c.id)
            .where(
                inbox.c.tenant == tenant,
                inbox.c.deleted_at.is_not(None),
                inbox.c.deleted_at >= since,
                inbox.c.state == State.CANCELLED.value,
                shown,
            )
            .order_by(inbox.c.deleted_at.desc())
            .limit(limit)
        )
        async with self._database.read() as db:
            return tuple((await db.execute(statement)).scalars())

    async def mark_posting(
        self, part: Part, *, at: datetime, lease: str | None = None
    ) -> Part | None:
        """Opens an attempt to post or update this part; to be called right before the call.

        Of several that try at once from the same state, one gets the part as it now is, and the
        others None. None also where its body has changed since, where it is no longer wanted, and,
        with a `lease`, where that no longer holds the question in the part's revision.
        """
        conditions = [
            replies.c.id == part.id,
            replies.c.state == part.state.value,
            replies.c.state.not_in([PartState.SURPLUS.value, PartState.GONE.value]),
            replies.c.version == part.version,
            replies.c.attempts == part.attempts,
        ]
        if lease is not None:
            conditions.append(
                select(inbox.c.id)
                .where(inbox.c.id == replies.c.question_id, holds(lease, part.revision))
                .exists()
            )
        return await self._change(
            conditions,
            state=PartState.POSTING.value,
            attempts=replies.c.attempts + 1,
            attempted_at=at,
        )

    async def mark_planned(self, part: Part) -> Part | None:
        """Ends an attempt of which it is certain that it did nothing; None: it is not the last."""
        return await self._change(
            [
                replies.c.id == part.id,
                replies.c.state == PartState.POSTING.value,
                replies.c.attempts == part.attempts,
            ],
            state=PartState.PLANNED.value,
            attempted_at=None,
        )

    async def mark_streaming(self, part_id: str, ts: str) -> Part | None:
        """Stores the message of a stream that has begun; the part as it now is.

        Another `ts` in the part returned means that the part has a message already, and that this
        one must go.
        """
        begun = {
            PartState.PLANNED.value: PartState.STREAMING.value,
            PartState.POSTING.value: PartState.STREAMING.value,
            PartState.GONE.value: PartState.SURPLUS.value,
        }
        state = case(begun, value=replies.c.state, else_=replies.c.state)
        return await self._store_ts(part_id, ts, state, {})

    async def mark_posted(
        self, part_id: str, ts: str, *, version: int, at: datetime
    ) -> Part | None:
        """Stores that readers see this version of the part; the part as it now is.

        POSTED: all is well. PLANNED: a newer body was planned meanwhile, and the message is to be
        updated. SURPLUS: it is to be removed. Another `ts`: the part has a message already, and
        this one must go.
        """
        state = case(
            (replies.c.state == PartState.SURPLUS.value, PartState.SURPLUS.value),
            (replies.c.state == PartState.GONE.value, PartState.SURPLUS.value),
            (replies.c.version == version, PartState.POSTED.value),
            else_=PartState.PLANNED.value,
        )
        return await self._store_ts(part_id, ts, state, {"shown": version, "posted_at": at})

    async def mark_gone(self, part_id: str) -> Part | None:
        """Stores that the message is not there any more; planned again, it is posted anew."""
        return await self._change([replies.c.id == part_id], state=PartState.GONE.value)

    async def _store_ts(
        self, part_id: str, ts: str, state: ColumnElement[str], values: dict[str, Any]
    ) -> Part | None:
        """A message that was seen to go keeps that; else the first `ts` stays."""
        here = [
            replies.c.id == part_id,
            or_(replies.c.ts.is_(None), replies.c.ts == ts),
            or_(replies.c.ts.is_(None), replies.c.state != PartState.GONE.value),
        ]
        changed = await self._change(here, ts=ts, state=state, **values)
        if changed is not None:
            return changed
        async with self._database.read() as db:
            found = await self._select(db, (replies.c.id == part_id,))
        return found[0] if found else None

    async def _change(
        self, conditions: Sequence[ColumnElement[bool]], **values: Any
    ) -> Part | None:
        statement = update(replies).where(*conditions).values(**values).returning(replies)
        row = await self._database.transact(lambda db: db.execute(statement).mappings().first())
        return None if row is None else parse_part(row)

    @staticmethod
    async def _select(
        db: AsyncConnection, conditions: Sequence[ColumnElement[bool]], *, lock: bool = False
    ) -> tuple[Part, ...]:
        statement = select(replies).where(*conditions).order_by(replies.c.kind, replies.c.part)
        rows = await db.execute(statement.with_for_update() if lock else statement)
        return tuple(parse_part(row) for row in rows.mappings())


def holds(lease: str, revision: int) -> ColumnElement[bool]:
    """Whether a row of `inbox` is claimed under this lease, in this revision."""
    claimed = inbox.c.state == State.CLAIMED.value
    return claimed & (inbox.c.lease == lease) & (inbox.c.revision == revision)


def _of(tenant: str, question_id: str, kind: Kind | None) -> tuple[ColumnElement[bool], ...]:
    mine = (replies.c.tenant == tenant, replies.c.question_id == question_id)
    return mine if kind is None else (*mine, replies.c.kind == kind.value)
