"""Table `inbox`: every question, from its arrival to its one visible outcome.

    DUE -> CLAIMED -> DONE          CLAIMED -> DUE: requeued, released, or its lease ran out
    DUE, CLAIMED, DONE -> DUE       an edit; a new revision
    DUE, CLAIMED -> CANCELLED       the message was deleted

Each claim has a lease of its own, and each change of a claimed question asks for it in the same
statement that makes the change. A worker that lost its question (edited, cancelled, taken over)
therefore changes nothing, even where the same program holds the question again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    update,
)

from engine.storage import case_effects
from engine.storage.arrivals import BEHIND_ALL, Arrival, present_turn, store_arrivals
from engine.storage.case_effects import NOT_QUESTIONS, Effect
from engine.storage.claims import take_next
from engine.storage.database import Database
from engine.storage.group_commit import GroupCommit
from engine.storage.inbox_item import NOWHERE as NOWHERE
from engine.storage.inbox_item import PENDING as PENDING
from engine.storage.inbox_item import InboxItem as InboxItem
from engine.storage.inbox_item import NewQuestion as NewQuestion
from engine.storage.inbox_item import State as State
from engine.storage.inbox_item import Surface as Surface
from engine.storage.inbox_item import parse_item, storable
from engine.storage.schema import inbox

_MINE = inbox.alias("mine")
_FREE: dict[str, Any] = {"lease_owner": None, "lease": None, "lease_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """A question of one user, for their own list. outcome: None until it is DONE."""

    id: str
    channel: str
    ts: str
    thread_ts: str | None
    text: str
    asked_at: datetime
    state: State
    outcome: str | None


class InboxStore:
    """Questions of one database. Raises StorageUnavailable.

    commits: shares the transactions of `add` with other stores; None means one of its own.
    """

    def __init__(self, database: Database, commits: GroupCommit | None = None) -> None:
        self._database = database
        self._commits = commits or GroupCommit(database)

    async def add(
        self, tenant: str, question: NewQuestion, *, at: datetime
    ) -> tuple[InboxItem, bool]:
        """The question as stored, and whether it is new; when this returns it is on disk.

        A message (team, channel, ts) is stored once; a second add gives the first one's row as it
        stands. Characters that databases refuse are left out of its text.
        """
        arrival = Arrival(tenant=tenant, question=question, at=at)
        return await self._commits.write(store_arrivals, arrival)

    async def edit(
        self,
        tenant: str,
        team: str,
        channel: str,
        ts: str,
        text: str,
        *,
        at: datetime,
        edited_at: datetime | None = None,
    ) -> InboxItem | None:
        """The question with another text, due anew as its next revision.

        None where nothing changes: the text is the same, the message is unknown or deleted, or
        a later edit is known already. edited_at: by the clock of who stamps edits; None means `at`.
        """
        changed, edited_at = storable(text), edited_at or at
        waited_for = and_(inbox.c.state == State.DONE.value, inbox.c.turn < BEHIND_ALL)
        redo = case((waited_for, present_turn(tenant) + 1), else_=inbox.c.turn)
        values = {
            "text": changed,
            "revision": inbox.c.revision + 1,
            "state": State.DUE.value,
            "turn": redo,
            "due_at": at,
            "edited_at": edited_at,
            "attempts": 0,
            "trace_id": None,
            "outcome": None,
            "done_at": None,
        }
        return await self._change(
            values | _FREE,
            _at(tenant, team, channel, ts),
            inbox.c.deleted_at.is_(None),
            inbox.c.text != changed,
            or_(inbox.c.edited_at.is_(None), inbox.c.edited_at <= edited_at),
            effect=case_effects.edited,
        )

    async def cancel(
        self, tenant: str, team: str, channel: str, ts: str, *, at: datetime
    ) -> InboxItem | None:
        """The question, CANCELLED unless it was DONE; None where it is unknown.

        Either way no later edit makes it due again, and its case is withdrawn.
        """
        place = _at(tenant, team, channel, ts)
        ended = {State.DONE.value: State.DONE.value}
        state = case(ended, value=inbox.c.state, else_=State.CANCELLED.value)
        cancelled = await self._change(
            {"state": state, "deleted_at": at} | _FREE,
            place,
            inbox.c.deleted_at.is_(None),
            effect=case_effects.deleted,
        )
        return cancelled or await self._one(place)

    async def claim(
        self, tenant: str, owner: str, *, at: datetime, lease_s: float, most_unawaited: int = 1
    ) -> InboxItem | None:
        """The next question, held until `at + lease_s`; None where none can be claimed.

        most_unawaited: of those that nobody waits for, how many may be under way at a time.

        One that is due, or whose lease ran out, and that no earlier one of its conversation waits
        before. Of these, one of the user with the fewest claimed now, in turns. `attempts` counts
        this claim. owner: for `release`; every other change asks for the item's `lease`.
        """
        until = at + timedelta(seconds=lease_s)
        return await self._database.transact(
            lambda db: take_next(
                db, tenant, owner, at=at, lease_until=until, most_unawaited=most_unawaited
            )
        )

    async def renew(self, question_id: str, lease: str | None, *, lease_until: datetime) -> bool:
        """Holds a claimed question longer; False: it is not this lease's any more."""
        return await self._held(question_id, lease, {"lease_until": lease_until})

    async def answered(
        self, question_id: str, lease: str | None, revision: int, trace_id: str
    ) -> bool:
        """Notes the saved answer, so that a later attempt only posts it; False: it is lost."""
        return await self._held(
            question_id, lease, {"trace_id": trace_id}, inbox.c.revision == revision
        )

    async def requeue(
        self, question_id: str, lease: str | None, *, due_at: datetime, count_attempt: bool
    ) -> bool:
        """Gives a question back until `due_at`; False: it was lost already."""
        values = {"state": State.DUE.value, "due_at": due_at} | _FREE
        if not count_attempt:
            values["attempts"] = _one_less()
        return await self._held(question_id, lease, values)

    async def finish(
        self, question_id: str, lease: str | None, revision: int, *, outcome: str, at: datetime
    ) -> bool:
        """Ends a question as DONE; False: it was edited, cancelled or taken over, and is not.

        The case of an earlier revision is settled where this one's outcome needs nobody.
        """
        values = {"state": State.DONE.value, "outcome": outcome, "done_at": at} | _FREE
        mine = inbox.c.revision == revision
        return await self._held(question_id, lease, values, mine, effect=case_effects.done)

    async def release(self, tenant: str, owner: str, *, at: datetime) -> int:
        """Gives back all that an owner holds, due at once, the attempt not counted; how many."""
        async with self._database.write() as db:
            done = await db.execute(
                update(inbox)
                .where(
                    inbox.c.tenant == tenant,
                    inbox.c.state == State.CLAIMED.value,
                    inbox.c.lease_owner == owner,
                )
                .values(state=State.DUE.value, due_at=at, attempts=_one_less(), **_FREE)
            )
        return int(done.rowcount)

    async def get(self, tenant: str, question_id: str) -> InboxItem | None:
        """A question by its id."""
        return await self._one(and_(inbox.c.tenant == tenant, inbox.c.id == question_id))

    async def find(self, tenant: str, team: str, channel: str, ts: str) -> InboxItem | None:
        """A question by its message."""
        return await self._one(_at(tenant, team, channel, ts))

    async def waiting_before(self, tenant: str, question_id: str, *, most: int = 1000) -> int:
        """How many questions of other conversations are under way or have an earlier turn.

        most: the count ends there, so that a long queue is not read whole for each arrival.
        """
        mine, row = _MINE, inbox
        before = or_(
            row.c.state == State.CLAIMED.value,
            row.c.turn < mine.c.turn,
            and_(row.c.turn == mine.c.turn, row.c.sequence < mine.c.sequence),
        )
        other = or_(
            row.c.team != mine.c.team, row.c.channel != mine.c.channel, row.c.root != mine.c.root
        )
        found = (
            select(literal(1))
            .select_from(mine.join(row, and_(row.c.tenant == mine.c.tenant, before, other)))
            .where(mine.c.tenant == tenant, mine.c.id == question_id, row.c.state.in_(PENDING))
            .limit(most)
        )
        statement = select(func.count()).select_from(found.subquery())
        return await self._database.look_up(lambda db: int(db.execute(statement).scalar_one()))

    async def last_of_user(self, tenant: str, user: str, limit: int) -> tuple[AskedQuestion, ...]:
        """A user's questions, the newest first.

        Without those that were cancelled or asked nothing, and without answers to others.
        """
        columns = [inbox.c[name] for name in AskedQuestion.__dataclass_fields__]
        async with self._database.read() as db:
            found = await db.execute(
                select(*columns)
                .where(
                    inbox.c.tenant == tenant,
                    inbox.c.user == user,
                    inbox.c.state != State.CANCELLED.value,
                    inbox.c.text != "",  # so long ago that its words are gone
                    inbox.c.surface.not_in((Surface.CASE_REPLY.value, Surface.SHADOW.value)),
                    func.coalesce(inbox.c.outcome, "").not_in(NOT_QUESTIONS),
                )
                .order_by(inbox.c.sequence.desc())
                .limit(limit)
            )
            return tuple(
                AskedQuestion(**row | {"state": State(row["state"])})
                for row in map(dict, found.mappings())
            )

    async def _held(
        self,
        question_id: str,
        lease: str | None,
        values: Mapping[str, Any],
        *conditions: ColumnElement[bool],
        effect: Effect = case_effects.none,
    ) -> bool:
        held = (
            inbox.c.id == question_id,
            inbox.c.state == State.CLAIMED.value,
            inbox.c.lease == lease,
        )
        changed = await self._change(values, *held, *conditions, effect=effect)
        return changed is not None

    async def _change(
        self,
        values: Mapping[str, Any],
        *conditions: ColumnElement[bool],
        effect: Effect = case_effects.none,
    ) -> InboxItem | None:
        changing = update(inbox).where(*conditions).values(**values).returning(inbox)

        def change(db: Connection) -> RowMapping | None:
            row = db.execute(changing).mappings().first()
            for statement in effect(row) if row is not None else ():
                db.execute(statement)
            return row

        row = await self._database.transact(change)
        return None if row is None else parse_item(row)

    async def _one(self, condition: ColumnElement[bool]) -> InboxItem | None:
        statement = select(inbox).where(condition)
        row = await self._database.look_up(lambda db: db.execute(statement).mappings().first())
        return None if row is None else parse_item(row)


def _at(tenant: str, team: str, channel: str, ts: str) -> ColumnElement[bool]:
    return and_(
        inbox.c.tenant == tenant,
        inbox.c.team == team,
        inbox.c.channel == channel,
        inbox.c.ts == ts,
    )


def _one_less() -> ColumnElement[int]:
    return case((inbox.c.attempts > 0, inbox.c.attempts - 1), else_=0)
