"""Table `cases`: questions that a person takes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from engine.storage.database import Database, upsert
from engine.storage.inbox_item import State, storable
from engine.storage.schema import OUTDATED, cases, inbox

ANSWERED = "answered"
"""The outcome of a person's reply that the asker has."""
_UNANSWERED: dict[str, Any] = {
    "answered_by": None,
    "answered_at": None,
    "answered_with": None,
    "answer": None,
    "delivered_at": None,
}


class Closed(StrEnum):
    """Why nobody is wanted any more."""

    SETTLED = "settled"
    """The question was changed, and has its answer."""
    WITHDRAWN = "withdrawn"
    """The question was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An escalation.

    revision: of the question, for which a person is wanted. reasons: codes of why. version: grows
    with each change that the card must show. tells_asker: they are still to be told that a person
    has it. channel, ts: its card; None until that is placed. answered_by, answer: the person who
    was first, and their words; answered_with: the inbox's row of these. delivered_at: when the
    asker had them. first_revision: for which it was opened. closed: None while a person is wanted,
    or has answered; a closed case takes no answer.
    """

    id: str
    tenant: str
    question_id: str
    revision: int
    reasons: tuple[str, ...]
    opened_at: datetime
    version: int
    tells_asker: bool
    channel: str | None
    ts: str | None
    answered_by: str | None
    answered_at: datetime | None
    answered_with: str | None
    answer: str | None
    delivered_at: datetime | None
    first_revision: int
    closed: Closed | None


class CaseStore:
    """Cases of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(
        self,
        tenant: str,
        question_id: str,
        reasons: Sequence[str],
        at: datetime,
        *,
        revision: int = 1,
        tells_asker: bool = False,
    ) -> Case:
        """The question's case, made where it has none.

        One that nobody has answered gets the reasons it has not; for a later revision of the
        question, an answered one is open again, for these reasons alone, and so is a closed one,
        which the asker may open as well. tells_asker: the asker is to be told that a person has it,
        once for each reason and revision. That of a cancelled question is closed from the start.
        """
        async with self._database.write() as db:
            # Locked as whoever cancels it does, so that one of the two sees the other's.
            asked = select(inbox.c.state).where(inbox.c.tenant == tenant, inbox.c.id == question_id)
            state = (await db.execute(asked.with_for_update(key_share=True))).scalar_one_or_none()
            gone = state == State.CANCELLED.value
            await db.execute(
                upsert(db, cases)
                .values(
                    id=str(uuid.uuid4()),
                    tenant=tenant,
                    question_id=question_id,
                    revision=revision,
                    reasons=list(reasons),
                    opened_at=at,
                    version=1,
                    outdated=True,
                    tells_asker=tells_asker,
                    first_revision=revision,
                    closed=Closed.WITHDRAWN.value if gone else None,
                )
                .on_conflict_do_nothing(index_elements=["question_id"])
            )
            mine = (cases.c.tenant == tenant, cases.c.question_id == question_id)
            found = await db.execute(select(cases).where(*mine).with_for_update())
            known = _parse(found.mappings().one())
            changes = _opened_again(known, reasons, revision, tells_asker=tells_asker)
            if gone or not changes:
                return known
            await db.execute(update(cases).where(*mine).values(**changes, **OUTDATED))
            found = await db.execute(select(cases).where(*mine))
            return _parse(found.mappings().one())

    async def placed(self, case_id: str, channel: str, ts: str) -> bool:
        """Stores the card of a case; a card that replaces one that was removed as well."""
        return await self._change(cases.c.id == case_id, channel=channel, ts=ts)

    async def shown(self, case: Case) -> bool:
        """Stores that card and asker were told of this version; False: there is a newer one."""
        return await self._change(
            cases.c.id == case.id,
            cases.c.version == case.version,
            outdated=False,
            tells_asker=False,
        )

    async def outdated(self, tenant: str) -> tuple[Case, ...]:
        """Cases of which the card, or the asker, is still to be told, the oldest first."""
        return await self._all(cases.c.tenant == tenant, cases.c.outdated.is_(True))

    async def answer(
        self, case_id: str, *, by: str, text: str, at: datetime, reply_id: str
    ) -> bool:
        """Stores a person's answer; False where somebody else was first, or it is closed.

        reply_id: of the inbox's row in which they wrote it.
        """
        return await self._change(
            cases.c.id == case_id,
            cases.c.answered_at.is_(None),
            cases.c.closed.is_(None),
            answered_by=by,
            answer=storable(text),
            answered_at=at,
            answered_with=reply_id,
        )

    async def reopen(self, case_id: str, *, reply_id: str) -> bool:
        """Takes back an answer that the asker does not have; False where it is not the case's."""
        return await self._change(
            cases.c.id == case_id,
            cases.c.answered_with == reply_id,
            cases.c.delivered_at.is_(None),
            **_UNANSWERED,
            **OUTDATED,
        )

    async def settle(self, tenant: str, at: datetime) -> int:
        """Makes of every answer under way what became of it; how many.

        One whose reply has reached the asker is delivered; a case whose reply ended otherwise is
        open again.
        """
        under_way = (
            cases.c.tenant == tenant,
            cases.c.delivered_at.is_(None),
            cases.c.answered_at.is_not(None),
        )
        ended = select(inbox.c.id).where(
            inbox.c.id == cases.c.answered_with, inbox.c.state == State.DONE.value
        )
        arrived = inbox.c.outcome == ANSWERED
        statements = (
            update(cases)
            .where(*under_way, ended.where(arrived).exists())
            .values(delivered_at=at, **OUTDATED),
            update(cases)
            .where(*under_way, ended.where(~arrived).exists())
            .values(**_UNANSWERED, **OUTDATED),
        )
        async with self._database.read() as db:
            if (await db.execute(select(cases.c.id).where(*under_way).limit(1))).first() is None:
                return 0
        async with self._database.write() as db:
            return sum([int((await db.execute(each)).rowcount) for each in statements])

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

    async def opened_between(self, tenant: str, since: datetime, until: datetime) -> int:
        """How many were opened from `since` on and before `until`."""
        async with self._database.read() as db:
            found = await db.execute(
                select(func.count())
                .select_from(cases)
                .where(
                    cases.c.tenant == tenant,
                    cases.c.opened_at >= since,
                    cases.c.opened_at < until,
                )
            )
            return int(found.scalar_one())

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


def _opened_again(
    known: Case, reasons: Sequence[str], revision: int, *, tells_asker: bool
) -> dict[str, Any]:
    """What changes in a case that is opened once more; empty: nothing."""
    if known.answered_at is not None or known.closed is not None:
        wanted = known.answered_at is None and tells_asker
        if revision <= known.revision and not wanted:
            return {}
        again = {"revision": revision, "reasons": list(reasons), "tells_asker": tells_asker}
        return again | _UNANSWERED | {"closed": None}
    new = [reason for reason in reasons if reason not in known.reasons]
    if not new and revision <= known.revision:
        return {}
    return {
        "revision": max(revision, known.revision),
        "reasons": [*known.reasons, *new],
        "tells_asker": known.tells_asker or tells_asker,
    }


def _parse(row: Mapping[Any, Any]) -> Case:
    values = {name: row[name] for name in Case.__dataclass_fields__}
    closed = None if row["closed"] is None else Closed(row["closed"])
    return Case(**values | {"reasons": tuple(row["reasons"]), "closed": closed})
