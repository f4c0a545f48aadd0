"""What people and the clock may do to a case: each change is guarded by its state, and written
down. The row is locked before it is judged, so of two that are made at once exactly one is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.storage.case import Case, Changed, Closed, How, parse_case
from engine.storage.case_history import Action, happened
from engine.storage.database import Database
from engine.storage.inbox_item import storable
from engine.storage.schema import OUTDATED, cases

UNANSWERED: dict[str, Any] = {
    "answered_by": None,
    "answered_at": None,
    "answered_with": None,
    "answer": None,
    "how": None,
    "delivered_at": None,
}


class CaseChanges:
    """Changes of the cases of one database. Raises StorageUnavailable; KeyError for no case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, case_id: str, *, by: str, at: datetime, instead_of: str | None = None
    ) -> Changed:
        """Makes somebody the owner of a case that nobody has, or that `instead_of` has."""

        def allowed(case: Case) -> bool:
            return case.is_waiting and case.owner in (None, instead_of) and case.owner != by

        values = {"owner": by, "claimed_at": at, "snoozed_until": None}
        detail = {} if instead_of is None else {"instead_of": instead_of}
        return await self._guarded(case_id, allowed, values, Action.CLAIMED, by, at, detail)

    async def release(self, case_id: str, *, by: str, at: datetime) -> Changed:
        """Gives back what `by` has."""
        values = {"owner": None, "claimed_at": None, "snoozed_until": None}
        return await self._guarded(case_id, _owned(by), values, Action.RELEASED, by, at)

    async def leave(self, case_id: str, *, owner: str, at: datetime) -> Changed:
        """Takes a case from an owner who may review no more, so that others are called."""
        values = {"owner": None, "claimed_at": None, "snoozed_until": None}
        detail = {"owner": owner}
        return await self._guarded(
            case_id, _owned(owner), values, Action.RELEASED, None, at, detail
        )

    async def reassign(self, case_id: str, *, by: str, to: str, at: datetime) -> Changed:
        """Makes `to` the owner, whoever was."""

        def allowed(case: Case) -> bool:
            return case.is_waiting and case.owner != to

        values = {"owner": to, "claimed_at": at, "snoozed_until": None}
        return await self._guarded(case_id, allowed, values, Action.REASSIGNED, by, at, {"to": to})

    async def answer(
        self,
        case_id: str,
        *,
        by: str,
        text: str,
        at: datetime,
        reply_id: str,
        how: How = How.ANSWERED,
        instead_of: str | None = None,
    ) -> Changed:
        """Stores a person's answer to a case that is open, or that they or `instead_of` have.

        reply_id: of the inbox's row in which they wrote it.
        """
        values = {
            "answered_by": by,
            "answer": storable(text),
            "answered_at": at,
            "answered_with": reply_id,
            "how": how.value,
        }
        return await self._guarded(
            case_id,
            _free_for(by, instead_of),
            values,
            Action.ANSWERED,
            by,
            at,
            {"reply_id": reply_id},
        )

    async def correct(
        self, case_id: str, *, by: str, text: str, at: datetime, reply_id: str
    ) -> Changed:
        """Stores the answer as its author has edited it; the asker has it once that is delivered.

        Only of the reply that the case was answered with, and another text.
        """

        def allowed(case: Case) -> bool:
            return case.answered_with == reply_id and case.answer != storable(text)

        values = {"answer": storable(text), "delivered_at": None}
        return await self._guarded(
            case_id, allowed, values, Action.CORRECTED, by, at, {"reply_id": reply_id}
        )

    async def reopen(self, case_id: str, *, reply_id: str, at: datetime) -> Changed:
        """Takes back an answer that the asker does not have; not another one's."""

        def allowed(case: Case) -> bool:
            return case.answered_with == reply_id and case.delivered_at is None

        return await self._guarded(
            case_id, allowed, UNANSWERED, Action.TAKEN_BACK, None, at, {"reply_id": reply_id}
        )

    async def reject(
        self, case_id: str, *, by: str, why: str, at: datetime, instead_of: str | None = None
    ) -> Changed:
        """Closes a case that is not to be answered here; guarded as `answer` is."""
        values = _closing(Closed.REJECTED, by, at) | {"closed_why": storable(why)}
        return await self._guarded(
            case_id, _free_for(by, instead_of), values, Action.REJECTED, by, at
        )

    async def snooze(
        self,
        case_id: str,
        *,
        by: str,
        until: datetime,
        at: datetime,
        instead_of: str | None = None,
    ) -> Changed:
        """Puts off the reminders of a case; guarded as `answer` is."""
        detail = {"until": until.isoformat()}
        values = {"snoozed_until": until}
        return await self._guarded(
            case_id, _free_for(by, instead_of), values, Action.SNOOZED, by, at, detail
        )

    async def wake_up(self, case_id: str, *, at: datetime) -> Changed:
        """Ends the rest of a case whose time is over."""

        def allowed(case: Case) -> bool:
            over = case.snoozed_until is not None and case.snoozed_until <= at
            return case.is_waiting and over

        return await self._guarded(
            case_id, allowed, {"snoozed_until": None}, Action.WOKEN, None, at
        )

    async def expire(self, case_id: str, *, at: datetime) -> Changed:
        """Closes a case that nobody answered."""
        values = _closing(Closed.EXPIRED, None, at)
        return await self._guarded(case_id, _waits, values, Action.EXPIRED, None, at)

    async def solve(self, case_id: str, *, by: str, at: datetime) -> Changed:
        """Closes a case whose asker has the answer."""
        values = _closing(Closed.SOLVED, by, at)
        return await self._guarded(case_id, _waits, values, Action.SOLVED, by, at)

    async def raise_level(self, case_id: str, *, level: int, at: datetime) -> Changed:
        """Passes a case up; not one that has been there."""

        def allowed(case: Case) -> bool:
            return case.is_waiting and case.level < level

        return await self._guarded(
            case_id, allowed, {"level": level}, Action.RAISED, None, at, {"level": level}
        )

    async def relabel(
        self,
        case_id: str,
        *,
        by: str,
        category: str | None,
        priority: str | None,
        at: datetime,
    ) -> Changed:
        """Corrects what it was sorted as, of a case that waits or has its answer: what it is
        learned as follows from that. None: as it is. False where it is so already.
        """
        said = {"category": category, "priority": priority}
        values = {name: value for name, value in said.items() if value is not None}

        def allowed(case: Case) -> bool:
            decided_otherwise = not case.is_waiting and case.answered_at is None
            differs = any(getattr(case, name) != value for name, value in values.items())
            return differs and not decided_otherwise

        return await self._guarded(case_id, allowed, values, Action.RELABELLED, by, at, values)

    async def set_targets(
        self, case_id: str, *, respond_by: datetime | None, resolve_by: datetime | None
    ) -> Changed:
        """Sets by when it is to be claimed and answered; False where it is so already.

        Not part of its history: the targets follow from its priority and the clock.
        """
        async with self._database.write() as db:
            known = await _locked(db, case_id)
            same = (known.respond_by, known.resolve_by) == (respond_by, resolve_by)
            if same or not known.is_waiting:
                return Changed(done=False, case=known)
            changing = update(cases).where(cases.c.id == case_id).returning(cases)
            values = {"respond_by": respond_by, "resolve_by": resolve_by, **OUTDATED}
            row = (await db.execute(changing.values(**values))).mappings().one()
        return Changed(done=True, case=parse_case(row))

    async def _guarded(
        self,
        case_id: str,
        allowed: Callable[[Case], bool],
        values: Mapping[str, Any],
        action: Action,
        by: str | None,
        at: datetime,
        detail: Mapping[str, Any] | None = None,
    ) -> Changed:
        async with self._database.write() as db:
            known = await _locked(db, case_id)
            if not allowed(known):
                return Changed(done=False, case=known)
            after = await changed(db, known, values, action, by=by, at=at, detail=detail)
        return Changed(done=True, case=after)


async def changed(
    db: AsyncConnection,
    known: Case,
    values: Mapping[str, Any],
    action: Action,
    *,
    by: str | None,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> Case:
    """A locked case with other values, its change written down."""
    changing = update(cases).where(cases.c.id == known.id).values(**values, **OUTDATED)
    row = (await db.execute(changing.returning(cases))).mappings().one()
    after = parse_case(row)
    await db.execute(happened(known, after, action, by=by, at=at, detail=detail or {}))
    return after


async def _locked(db: AsyncConnection, case_id: str) -> Case:
    found = await db.execute(select(cases).where(cases.c.id == case_id).with_for_update())
    row = found.mappings().first()
    if row is None:
        raise KeyError(case_id)
    return parse_case(row)


def _waits(case: Case) -> bool:
    return case.is_waiting


def _owned(by: str) -> Callable[[Case], bool]:
    return lambda case: case.is_waiting and case.owner == by


def _free_for(by: str, instead_of: str | None) -> Callable[[Case], bool]:
    return lambda case: case.is_waiting and case.owner in (None, by, instead_of)


def _closing(why: Closed, by: str | None, at: datetime) -> dict[str, Any]:
    return {"closed": why.value, "closed_by": by, "closed_at": at, "tells_asker": False}
