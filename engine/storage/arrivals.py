"""New rows of `inbox`, many in one transaction, each at its place in the fair order."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, case, func, literal, select, tuple_
from sqlalchemy.sql.selectable import NamedFromClause

from engine.storage.database import upsert
from engine.storage.inbox_item import (
    InboxItem,
    NewQuestion,
    State,
    Surface,
    parse_item,
    storable,
)
from engine.storage.schema import inbox

_LOCK = 0x6465736B
"""PostgreSQL advisory lock, with the tenant's hash: one program adds at a time, so that questions
are seen in the order of their `sequence`, and two that read one history cannot deadlock."""

BEHIND_ALL = 1 << 40
"""From this turn on stand questions that nobody waits for; they go behind all others."""

_Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A question to be stored. at: when it was received. deleted: its message is gone already."""

    tenant: str
    question: NewQuestion
    at: datetime
    deleted: bool = False


def store_arrivals(db: Connection, arrivals: Sequence[Arrival]) -> list[tuple[InboxItem, bool]]:
    """Each as it stands in the table, and whether this call put it there."""
    by_tenant: dict[str, list[int]] = defaultdict(list)
    for place, arrival in enumerate(arrivals):
        by_tenant[arrival.tenant].append(place)
    results: dict[int, tuple[InboxItem, bool]] = {}
    for tenant in sorted(by_tenant):
        places = by_tenant[tenant]
        stored = _store(db, tenant, [arrivals[place] for place in places])
        results |= zip(places, stored, strict=True)
    return [results[place] for place in range(len(arrivals))]


def _store(
    db: Connection, tenant: str, arrivals: Sequence[Arrival]
) -> list[tuple[InboxItem, bool]]:
    if db.dialect.name != "sqlite":
        db.execute(select(func.pg_advisory_xact_lock(_LOCK, func.hashtext(tenant))))
    rows = [_row(arrival) for arrival in arrivals]
    turns = _next_turns(db, tenant, {row["user"] for row in rows})
    for row in rows:
        row["turn"] = turns[row["user"]]
        if row["surface"] == Surface.SHADOW.value:
            row["turn"] += BEHIND_ALL
        else:
            turns[row["user"]] += 1
    statement = (
        upsert(db, inbox)
        .on_conflict_do_nothing(index_elements=["tenant", "team", "channel", "ts"])
        .returning(inbox.c.id, inbox.c.sequence)
    )
    sequences = {str(found.id): found.sequence for found in db.execute(statement, rows)}
    known = _known(db, tenant, [_place(row) for row in rows if row["id"] not in sequences])
    return [
        (parse_item(row | {"sequence": sequences[row["id"]]}), True)
        if row["id"] in sequences
        else (known[_place(row)], False)
        for row in rows
    ]


def _row(arrival: Arrival) -> dict[str, Any]:
    question = arrival.question
    return {
        "id": str(uuid.uuid4()),
        "tenant": arrival.tenant,
        "team": question.team,
        "channel": question.channel,
        "ts": question.ts,
        "thread_ts": question.thread_ts,
        "root": question.thread_ts or question.ts,
        "user": question.user,
        "user_team": question.user_team,
        "surface": question.surface.value,
        "text": storable(question.text),
        "files": list(question.files),
        "extra": dict(question.extra),
        "asked_at": question.asked_at,
        "received_at": arrival.at,
        "edited_at": question.edited_at,
        "deleted_at": arrival.at if arrival.deleted else None,
        "revision": 1,
        "state": (State.CANCELLED if arrival.deleted else State.DUE).value,
        "due_at": arrival.at,
        "attempts": 0,
    }


def _place(row: dict[str, Any]) -> _Place:
    return row["team"], row["channel"], row["ts"]


def _next_turns(db: Connection, tenant: str, users: set[str]) -> dict[str, int]:
    """The first free turn of each user: after their waiting questions, never in a past round."""
    # One statement: each is a way to the server and back.
    present = select(literal(None, String).label("user"), present_turn(tenant).label("turn"))
    waiting = (
        select(inbox.c.user, func.max(inbox.c.turn).label("turn"))
        .where(
            inbox.c.tenant == tenant,
            inbox.c.state == State.DUE.value,
            inbox.c.turn < BEHIND_ALL,
            inbox.c.user.in_(sorted(users)),
        )
        .group_by(inbox.c.user)
    )
    found = {row.user: int(row.turn) for row in db.execute(present.union_all(waiting))}
    served = found[None]
    return {user: max(served, found.get(user, 0)) + 1 for user in users}


_CLAIMED, _DONE = inbox.alias("claimed"), inbox.alias("done")


def present_turn(tenant: str) -> ColumnElement[int]:
    """The newest turn that was served; 0 before the first."""

    def newest(row: NamedFromClause[Any], state: State) -> ColumnElement[int]:
        found = (
            select(row.c.turn)
            .where(row.c.tenant == tenant, row.c.state == state.value, row.c.turn < BEHIND_ALL)
            .order_by(row.c.turn.desc())
            .limit(1)
        )
        return func.coalesce(found.scalar_subquery(), 0)

    claimed, done = newest(_CLAIMED, State.CLAIMED), newest(_DONE, State.DONE)
    return case((claimed > done, claimed), else_=done)


def _known(db: Connection, tenant: str, places: Sequence[_Place]) -> dict[_Place, InboxItem]:
    found = {}
    for condition in _named(places, in_one=db.dialect.name != "sqlite"):
        rows = db.execute(select(inbox).where(inbox.c.tenant == tenant, condition))
        for item in map(parse_item, rows.mappings()):
            found[item.team, item.channel, item.ts] = item
    return found


def _named(places: Sequence[_Place], *, in_one: bool) -> Iterator[ColumnElement[bool]]:
    """Conditions that are true of these places; in one, where every statement is a way to the
    server and back. SQLite has none, and would read the whole inbox for a list of rows."""
    if in_one:
        if places:
            yield tuple_(inbox.c.team, inbox.c.channel, inbox.c.ts).in_(sorted(places))
        return
    by_channel: dict[tuple[str, str], list[str]] = defaultdict(list)
    for team, channel, ts in places:
        by_channel[team, channel].append(ts)
    for (team, channel), moments in by_channel.items():
        yield and_(inbox.c.team == team, inbox.c.channel == channel, inbox.c.ts.in_(moments))
