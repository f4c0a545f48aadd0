"""Table `cases`: questions that a person takes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from engine.storage.case import DOWN_VOTED, parse_case
from engine.storage.case import Case as Case
from engine.storage.case import Changed as Changed
from engine.storage.case import Closed as Closed
from engine.storage.case import How as How
from engine.storage.case_changes import UNANSWERED, CaseChanges, changed
from engine.storage.case_history import (
    STATE,
    WITHOUT_ANSWER,
    Action,
    CaseEvent,
    happened,
    happens_to,
    parse_event,
)
from engine.storage.database import upsert
from engine.storage.inbox_item import State
from engine.storage.schema import OUTDATED, case_events, cases, inbox

_MOST_TIMES = 1_000
ANSWERED = "answered"
"""The outcome of a person's reply that the asker has."""
_FRESH: dict[str, Any] = {
    **UNANSWERED,
    "closed": None,
    "closed_by": None,
    "closed_why": None,
    "closed_at": None,
    "owner": None,
    "claimed_at": None,
    "level": 0,
    "snoozed_until": None,
    "respond_by": None,
    "resolve_by": None,
}
"""What a case that is open again begins with."""


class CaseStore(CaseChanges):
    """Cases of one database. Raises StorageUnavailable."""

    async def open(
        self,
        tenant: str,
        question_id: str,
        reasons: Sequence[str],
        at: datetime,
        *,
        revision: int = 1,
        tells_asker: bool = False,
        category: str | None = None,
        priority: str | None = None,
        by: str | None = None,
    ) -> Case:
        """The question's case, made where it has none.

        One that nobody has answered gets the reasons it has not. An answered or closed one is open
        again, for these reasons alone and for nobody's account, for a later revision of the
        question; a closed one also where the asker is to be told, and a delivered answer that the
        asker voted down. tells_asker: the asker is to be told that a person has it, once for each
        reason and revision. category, priority: of the triage; a person's correction stays. by: who
        wants a person. That of a cancelled question is closed from the start.
        """
        async with self._database.write() as db:
            # Locked as whoever cancels it does, so that one of the two sees the other's.
            asked = select(inbox.c.state).where(inbox.c.tenant == tenant, inbox.c.id == question_id)
            state = (await db.execute(asked.with_for_update(key_share=True))).scalar_one_or_none()
            gone = state == State.CANCELLED.value
            inserted = await db.execute(
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
                    closed_at=at if gone else None,
                    category=category,
                    priority=priority,
                )
                .on_conflict_do_nothing(index_elements=["question_id"])
                .returning(cases)
            )
            new = inserted.mappings().first()
            detail = {"reasons": list(reasons), "revision": revision}
            if new is not None:
                case = parse_case(new)
                await db.execute(happened(None, case, Action.OPENED, by=by, at=at, detail=detail))
                return case
            mine = (cases.c.tenant == tenant, cases.c.question_id == question_id)
            found = await db.execute(select(cases).where(*mine).with_for_update())
            known = parse_case(found.mappings().one())
            changes = _opened_again(known, reasons, revision, tells_asker=tells_asker)
            if gone or not changes:
                return known
            if revision > known.revision:
                changes |= {"category": category, "priority": priority}
            action = Action.REASONED if known.is_waiting else Action.REOPENED
            return await changed(db, known, changes, action, by=by, at=at, detail=detail)

    async def at_home(self, case_id: str, channel: str) -> bool:
        """Stores the channel where a case's card belongs, where it is not placed."""
        return await self._change(cases.c.id == case_id, cases.c.ts.is_(None), card_home=channel)

    async def tell_asker_once_placed(self, case_id: str) -> bool:
        """Notes that the asker is to be told when a person has it, who was told that nobody can."""
        return await self._change(cases.c.id == case_id, tells_asker=True)

    async def redraw(self, tenant: str, case_id: str) -> bool:
        """Has a card brought up to date that shows more than its case."""
        return await self._change(cases.c.tenant == tenant, cases.c.id == case_id, **OUTDATED)

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
        arrived = (*under_way, ended.where(inbox.c.outcome == ANSWERED).exists())
        failed = (*under_way, ended.where(inbox.c.outcome != ANSWERED).exists())
        async with self._database.read() as db:
            if (await db.execute(select(cases.c.id).where(*under_way).limit(1))).first() is None:
                return 0
        async with self._database.write() as db:
            await db.execute(
                happens_to(
                    *arrived, action=Action.DELIVERED, at=at, after=STATE, by=cases.c.answered_by
                )
            )
            delivered = update(cases).where(*arrived).values(delivered_at=at, **OUTDATED)
            count = int((await db.execute(delivered)).rowcount)
            await db.execute(
                happens_to(*failed, action=Action.NOT_DELIVERED, at=at, after=WITHOUT_ANSWER)
            )
            again = update(cases).where(*failed).values(**UNANSWERED, **OUTDATED)
            return count + int((await db.execute(again)).rowcount)

    async def waiting(self, tenant: str) -> tuple[Case, ...]:
        """Cases that want a person, the oldest first."""
        return await self._all(
            cases.c.tenant == tenant, cases.c.answered_at.is_(None), cases.c.closed.is_(None)
        )

    async def events(self, tenant: str, case_id: str) -> tuple[CaseEvent, ...]:
        """What happened to a case, in order."""
        async with self._database.read() as db:
            found = await db.execute(
                select(case_events)
                .where(case_events.c.tenant == tenant, case_events.c.case_id == case_id)
                .order_by(case_events.c.sequence)
            )
            return tuple(parse_event(row) for row in found.mappings())

    async def answer_times(
        self, tenant: str, *, since: datetime, channel: str | None, priority: str | None
    ) -> tuple[tuple[datetime, datetime], ...]:
        """When the cases opened since then came up and were answered, of those whose asker has the
        answer: of one channel of cards and one priority, None being those without."""
        async with self._database.read() as db:
            found = await db.execute(
                select(cases.c.opened_at, cases.c.delivered_at)
                .where(
                    cases.c.tenant == tenant,
                    cases.c.opened_at >= since,
                    cases.c.delivered_at.is_not(None),
                    cases.c.channel == channel,
                    cases.c.priority.is_not_distinct_from(priority),
                )
                .order_by(cases.c.opened_at.desc())
                .limit(_MOST_TIMES)
            )
            return tuple((row.opened_at, row.delivered_at) for row in found)

    async def of_question(self, tenant: str, question_id: str) -> Case | None:
        """The case of a question."""
        return await self._one(cases.c.tenant == tenant, cases.c.question_id == question_id)

    async def by_card(self, tenant: str, channel: str, ts: str) -> Case | None:
        """The case whose card is this message."""
        return await self._one(
            cases.c.tenant == tenant, cases.c.channel == channel, cases.c.ts == ts
        )

    async def answered(self, tenant: str) -> tuple[Case, ...]:
        """Cases whose asker has a person's answer, the oldest first."""
        return await self._all(cases.c.tenant == tenant, cases.c.delivered_at.is_not(None))

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
            return tuple(parse_case(row) for row in found.mappings())


def _opened_again(
    known: Case, reasons: Sequence[str], revision: int, *, tells_asker: bool
) -> dict[str, Any]:
    """What changes in a case that is opened once more; empty: nothing."""
    if not known.is_waiting:
        answered = known.answered_at is not None
        wanted = not answered and tells_asker
        wanted |= known.delivered_at is not None and DOWN_VOTED in reasons
        if revision <= known.revision and not wanted:
            return {}
        again = {"reasons": list(reasons), "tells_asker": tells_asker}
        return again | _FRESH | {"revision": max(revision, known.revision)}
    new = [reason for reason in reasons if reason not in known.reasons]
    if not new and revision <= known.revision:
        return {}
    return {
        "revision": max(revision, known.revision),
        "reasons": [*known.reasons, *new],
        "tells_asker": known.tells_asker or tells_asker,
    }
