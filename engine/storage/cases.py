"""Table `cases`: questions that a person takes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from engine.storage.database import Database, upsert
from engine.storage.inbox_item import storable
from engine.storage.schema import cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An escalation.

    reasons: codes of why. channel, ts: its card; None until that is placed. answered_by, answer:
    the person who was first, and their words. delivered_at: when the asker had them.
    """

    id: str
    tenant: str
    question_id: str
    reasons: tuple[str, ...]
    opened_at: datetime
    channel: str | None
    ts: str | None
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    delivered_at: datetime | None


class CaseStore:
    """Cases of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(
        self, tenant: str, question_id: str, reasons: Sequence[str], at: datetime
    ) -> Case:
        """The question's case, made where it has none; an open one keeps its reasons."""
        async with self._database.write() as db:
            await db.execute(
                upsert(db, cases)
                .values(
                    id=str(uuid.uuid4()),
                    tenant=tenant,
                    question_id=question_id,
                    reasons=list(reasons),
                    opened_at=at,
                )
                .on_conflict_do_nothing(index_elements=["question_id"])
            )
            found = await db.execute(
                select(cases).where(cases.c.tenant == tenant, cases.c.question_id == question_id)
            )
            return _parse(found.mappings().one())

    async def placed(self, case_id: str, channel: str, ts: str) -> bool:
        """Stores the card of a case; False where it has another one already."""
        return await self._change(
            cases.c.id == case_id,
            cases.c.ts.is_(None) | ((cases.c.channel == channel) & (cases.c.ts == ts)),
            channel=channel,
            ts=ts,
        )

    async def answer(self, case_id: str, *, by: str, text: str, at: datetime) -> bool:
        """Stores a person's answer; False where somebody else was first."""
        return await self._change(
            cases.c.id == case_id,
            cases.c.answered_at.is_(None),
            answered_by=by,
            answer=storable(text),
            answered_at=at,
        )

    async def reopen(self, case_id: str, *, by: str) -> bool:
        """Takes back somebody's answer that the asker does not have yet; False without one."""
        return await self._change(
            cases.c.id == case_id,
            cases.c.answered_by == by,
            cases.c.delivered_at.is_(None),
            answered_by=None,
            answer=None,
            answered_at=None,
        )

    async def delivered(self, case_id: str, at: datetime) -> bool:
        """Stores that the asker has the answer; False where that is stored or there is none."""
        return await self._change(
            cases.c.id == case_id,
            cases.c.answered_at.is_not(None),
            cases.c.delivered_at.is_(None),
            delivered_at=at,
        )

    async def of_question(self, tenant: str, question_id: str) -> Case | None:
        """The case of a question."""
        return await self._one(cases.c.tenant == tenant, cases.c.question_id == question_id)

    async def by_card(self, tenant: str, channel: str, ts: str) -> Case | None:
        """The case whose card is this message."""
        return await self._one(
            cases.c.tenant == tenant, cases.c.channel == channel, cases.c.ts == ts
        )

    async def get(self, tenant: str, case_id: str) -> Case | None:
        """A case by its id."""
        return await self._one(cases.c.tenant == tenant, cases.c.id == case_id)

    async def unplaced(self, tenant: str) -> tuple[Case, ...]:
        """Cases without a card, the oldest first, for a repair after a crash."""
        return await self._all(
            cases.c.tenant == tenant, cases.c.ts.is_(None), cases.c.delivered_at.is_(None)
        )

    async def undelivered(self, tenant: str) -> tuple[Case, ...]:
        """Cases whose answer the asker does not have yet, the oldest first."""
        return await self._all(
            cases.c.tenant == tenant,
            cases.c.delivered_at.is_(None),
            cases.c.answered_at.is_not(None),
        )

    async def _change(self, *conditions: ColumnElement[bool], **values: Any) -> bool:
        async with self._database.write() as db:
            done = await db.execute(update(cases).where(*conditions).values(**values))
        return bool(done.rowcount)

    async def _one(self, *conditions: ColumnElement[bool]) -> Case | None:
        found = await self._all(*conditions)
        return found[0] if found else None

    async def _all(self, *conditions: ColumnElement[bool]) -> tuple[Case, ...]:
        async with self._database.read() as db:
            found = await db.execute(select(cases).where(*conditions).order_by(cases.c.opened_at))
            return tuple(_parse(row) for row in found.mappings())


def _parse(row: Mapping[Any, Any]) -> Case:
    values = {name: row[name] for name in Case.__dataclass_fields__}
    return Case(**values | {"reasons": tuple(row["reasons"])})
