"""Which question is next: in order within a conversation, fair between people."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, ScalarSelect, and_, or_, select, update

from engine.storage.arrivals import BEHIND_ALL
from engine.storage.inbox_item import PENDING, InboxItem, State, parse_item
from engine.storage.schema import inbox

_next = inbox.alias("next")
_earlier = inbox.alias("earlier")

# Not EXISTS: PostgreSQL would turn that into a join over all that is pending.
_FIRST_OF_CONVERSATION: ColumnElement[bool] = (
    select(_earlier.c.sequence)
    .where(
        _earlier.c.tenant == _next.c.tenant,
        _earlier.c.team == _next.c.team,
        _earlier.c.channel == _next.c.channel,
        _earlier.c.root == _next.c.root,
        _earlier.c.state.in_(PENDING),
        # By when they were asked: messages arrive in no certain order.
        or_(
            _earlier.c.asked_at < _next.c.asked_at,
            and_(_earlier.c.asked_at == _next.c.asked_at, _earlier.c.sequence < _next.c.sequence),
        ),
    )
    .limit(1)
    .correlate(_next)
    .scalar_subquery()
    .is_(None)
)


def take_next(
    db: Connection,
    tenant: str,
    owner: str,
    *,
    at: datetime,
    lease_until: datetime,
    most_unawaited: int,
) -> InboxItem | None:
    """Claims one question in the open transaction; None where nothing can be claimed now.

    What a silent worker left comes first. Then the question with the lowest turn among the users
    with the fewest claimed now; `arrivals` gives out the turns. What nobody waits for comes behind
    all that, and only while fewer than `most_unawaited` of its kind are under way.
    """
    held = db.execute(
        select(inbox.c.user, inbox.c.lease_until, inbox.c.turn).where(
            inbox.c.tenant == tenant, inbox.c.state == State.CLAIMED.value
        )
    )
    busy: Counter[str] = Counter()
    lapsed, unawaited = False, 0
    for user, until, turn in held:
        if until < at:
            lapsed = True
        elif turn >= BEHIND_ALL:
            unawaited += 1
        else:
            busy[user] += 1

    def take(*conditions: ColumnElement[bool]) -> InboxItem | None:
        statement = (
            update(inbox)
            .where(inbox.c.sequence == candidate(tenant, *conditions))
            .values(
                state=State.CLAIMED.value,
                attempts=inbox.c.attempts + 1,
                lease_owner=owner,
                lease=str(uuid.uuid4()),
                lease_until=lease_until,
            )
            .returning(inbox)
        )
        row = (db.execute(statement)).mappings().first()
        return None if row is None else parse_item(row)

    if lapsed:
        taken = take(_next.c.state == State.CLAIMED.value, _next.c.lease_until < at)
        if taken is not None:
            return taken
    waiting = (_next.c.state == State.DUE.value, _next.c.due_at <= at)
    due = (*waiting, _next.c.turn < BEHIND_ALL)
    taken = take(*due, _next.c.user.not_in(sorted(busy)))
    for held_now in sorted(set(busy.values())):
        if taken is not None:
            break
        users = sorted(user for user, number in busy.items() if number == held_now)
        taken = take(*due, _next.c.user.in_(users))
    if taken is None and unawaited < most_unawaited:
        taken = take(*waiting, _next.c.turn >= BEHIND_ALL)
    return taken


def candidate(tenant: str, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """The key of the next question that meets the conditions, locked where rows can be."""
    return (
        select(_next.c.sequence)
        .where(_next.c.tenant == tenant, *conditions, _FIRST_OF_CONVERSATION)
        .order_by(_next.c.turn, _next.c.sequence)
        .limit(1)
        .with_for_update(of=_next, skip_locked=True, key_share=True)
        .scalar_subquery()
    )
