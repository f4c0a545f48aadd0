"""What is older than it may be: counted, and removed a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Select, Table, and_, delete, exists, func, or_, select

from engine.storage.database import Database
from engine.storage.inbox_item import PENDING
from engine.storage.question_texts import blank_questions
from engine.storage.schema import cases, inbox, spend, traces, usage, webhook_calls

_BATCH = 500
_later = webhook_calls.alias("later")


class Kept(StrEnum):
    """What is kept for a time of its own."""

    TRACES = "traces"
    TEXTS = "texts"
    USAGE = "usage"
    SPEND = "spend"
    WEBHOOKS = "webhooks"


class RetentionStore:
    """Old rows of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, tenant: str, kept: Kept, before: datetime) -> int:
        """How many rows `remove` would take."""
        statement = _OLD[kept](tenant, before)

        def read(db: Connection) -> int:
            return int(
                db.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
            )

        return await self._database.look_up(read)

    async def remove(self, tenant: str, kept: Kept, before: datetime) -> int:
        """Removes what is older, each batch in a transaction of its own; how many rows.

        Of questions only the words go. Others work in between; a kill loses nothing.
        """
        removed = 0
        while True:
            some = await self._database.transact(lambda db: _remove(db, tenant, kept, before))
            removed += some
            if some < _BATCH:
                return removed


def _remove(db: Connection, tenant: str, kept: Kept, before: datetime) -> int:
    found = db.execute(_OLD[kept](tenant, before).limit(_BATCH)).all()
    if not found:
        return 0
    if kept is Kept.TEXTS:
        blank_questions(db, tenant, [row.id for row in found])
    elif kept is Kept.SPEND:
        for row in found:
            mine = and_(spend.c.person == row.person, spend.c.period == row.period)
            db.execute(delete(spend).where(spend.c.tenant == tenant, mine))
    else:
        table = _TABLES[kept]
        ids = [row.id for row in found]
        db.execute(delete(table).where(table.c.tenant == tenant, table.c.id.in_(ids)))
    return len(found)


_Ids = Select[tuple[str]] | Select[tuple[str, str]]


def _old_traces(tenant: str, before: datetime) -> _Ids:
    return select(traces.c.id).where(traces.c.tenant == tenant, traces.c.asked_at < before)


def _old_texts(tenant: str, before: datetime) -> _Ids:
    """Of questions that are over, and whose case is."""
    open_case = exists().where(
        cases.c.tenant == tenant,
        cases.c.question_id == inbox.c.id,
        cases.c.closed.is_(None),
        cases.c.delivered_at.is_(None),
    )
    return select(inbox.c.id).where(
        inbox.c.tenant == tenant,
        inbox.c.asked_at < before,
        inbox.c.state.not_in(PENDING),
        inbox.c.text != "",
        ~open_case,
    )


def _old_usage(tenant: str, before: datetime) -> _Ids:
    return select(usage.c.id).where(usage.c.tenant == tenant, usage.c.at < before)


def _old_spend(tenant: str, before: datetime) -> _Ids:
    """By whole months: a period begins with its month, and `2026-11` is before `2026-11-01`."""
    return select(spend.c.person, spend.c.period).where(
        spend.c.tenant == tenant, spend.c.period < f"{before:%Y-%m}"
    )


def _old_webhooks(tenant: str, before: datetime) -> _Ids:
    """All of a subject but the newest, by which it is known how far it was told."""
    newer = exists().where(
        _later.c.tenant == webhook_calls.c.tenant,
        _later.c.target == webhook_calls.c.target,
        _later.c.subject == webhook_calls.c.subject,
        _later.c.sequence > webhook_calls.c.sequence,
    )
    over = or_(webhook_calls.c.done_at < before, webhook_calls.c.given_up_at < before)
    return select(webhook_calls.c.id).where(webhook_calls.c.tenant == tenant, over, newer)


_OLD: Mapping[Kept, Callable[[str, datetime], _Ids]] = {
    Kept.TRACES: _old_traces,
    Kept.TEXTS: _old_texts,
    Kept.USAGE: _old_usage,
    Kept.SPEND: _old_spend,
    Kept.WEBHOOKS: _old_webhooks,
}
_TABLES: Mapping[Kept, Table] = {
    Kept.TRACES: traces,
    Kept.USAGE: usage,
    Kept.WEBHOOKS: webhook_calls,
}
