"""Cards that were placed and are out of reach, in tables `cases` and `replies`.

The message of one stands where it is, and may come within reach again: it is remembered until its
case has it back, or it is removed.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.storage.case import Case
from engine.storage.database import Database
from engine.storage.reply_part import Kind, Part, PartState, parse_part
from engine.storage.schema import OUTDATED, cases, inbox, replies

_UNTRIED = or_(
    replies.c.state == PartState.GONE.value,
    (replies.c.state == PartState.PLANNED.value) & replies.c.ts.is_(None),
)
"""Parts of which it is certain that no message stands anywhere."""


class LostCardStore:
    """Cards of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, tenant: str, case_id: str, channel: str, *, stands: bool = True) -> bool:
        """Makes a waiting case's card in this channel be placed nowhere, as before its first post;
        False where there is none. stands: the message is there still, and is remembered."""
        mine = (cases.c.tenant == tenant, cases.c.id == case_id, cases.c.channel == channel)
        waits = (cases.c.answered_at.is_(None), cases.c.closed.is_(None))
        unplaced = {"channel": None, "ts": None, "card_home": None, **OUTDATED}
        async with self._database.write() as db:
            question = await _locked_question(db, tenant, case_id)
            taking = update(cases).where(*mine, *waits).values(**unplaced)
            if (await db.execute(taking.returning(cases.c.id))).first() is None:
                return False
            forgotten = {"state": PartState.GONE.value, "ts": None}
            again = {"shown": None, "attempted_at": None}
            if stands:
                await _remember(db, tenant, question)
            of_card = replies.c.kind.in_((Kind.CARD.value, Kind.CARD_NOTE.value))
            await db.execute(
                update(replies)
                .where(replies.c.tenant == tenant, replies.c.question_id == question, of_card)
                .values(**forgotten, **again)
            )
        return True

    async def last(self, tenant: str, question_id: str) -> Part | None:
        """The card that the case of this question lost last, as far as it stands still."""
        lost = (replies.c.question_id == question_id, *_standing(tenant))
        async with self._database.read() as db:
            found = await db.execute(
                select(replies).where(*lost).order_by(replies.c.part.desc()).limit(1)
            )
            row = found.mappings().first()
        return None if row is None else parse_part(row)

    async def superfluous(self, tenant: str) -> tuple[Part, ...]:
        """Lost cards that stand still and will not be their cases' again: those have another one,
        or want nobody any more."""
        other = or_(
            cases.c.ts.is_not(None), cases.c.answered_at.is_not(None), cases.c.closed.is_not(None)
        )
        replaced = select(cases.c.id).where(cases.c.question_id == replies.c.question_id, other)
        async with self._database.read() as db:
            found = await db.execute(
                select(replies)
                .where(*_standing(tenant), replaced.exists())
                .order_by(replies.c.channel, replies.c.ts)
            )
            return tuple(parse_part(row) for row in found.mappings())

    async def give_back(self, case: Case, lost: Part) -> bool:
        """Makes a lost card the card of its waiting case again; False where that has another one,
        or may have one in Slack already."""
        card = (replies.c.question_id == case.question_id, replies.c.kind == Kind.CARD.value)
        waits = (cases.c.answered_at.is_(None), cases.c.closed.is_(None), cases.c.ts.is_(None))
        async with self._database.write() as db:
            await _locked_question(db, case.tenant, case.id)
            found = select(replies.c.id).where(*card, ~_UNTRIED).with_for_update()
            if (await db.execute(found)).first() is not None:
                return False
            back = update(cases).where(cases.c.id == case.id, *waits)
            placed = back.values(channel=lost.channel, ts=lost.ts, **OUTDATED)
            if not (await db.execute(placed)).rowcount:
                return False
            await db.execute(delete(replies).where(*card))
            await db.execute(
                update(replies)
                .where(replies.c.id == lost.id)
                .values(kind=Kind.CARD.value, part=0, state=PartState.POSTED.value)
            )
        return True


async def _locked_question(db: AsyncConnection, tenant: str, case_id: str) -> str | None:
    """The question of a case; as a plan of its messages locks it, so that one waits for the
    other."""
    of_case = select(cases.c.question_id).where(cases.c.tenant == tenant, cases.c.id == case_id)
    locking = select(inbox.c.id).where(inbox.c.id == of_case.scalar_subquery())
    return (await db.execute(locking.with_for_update(key_share=True))).scalar()


async def _remember(db: AsyncConnection, tenant: str, question: str | None) -> None:
    mine = (replies.c.tenant == tenant, replies.c.question_id == question)
    last = func.coalesce(func.max(replies.c.part), -1)
    earlier = select(last).where(*mine, replies.c.kind == Kind.LOST_CARD.value)
    number = (await db.execute(earlier)).scalar_one() + 1
    await db.execute(
        update(replies)
        .where(*mine, replies.c.kind == Kind.CARD.value, replies.c.ts.is_not(None))
        .values(kind=Kind.LOST_CARD.value, part=number, state=PartState.SURPLUS.value)
    )


def _standing(tenant: str) -> tuple[ColumnElement[bool], ...]:
    return (
        replies.c.tenant == tenant,
        replies.c.kind == Kind.LOST_CARD.value,
        replies.c.state == PartState.SURPLUS.value,
    )
