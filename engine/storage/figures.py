"""Reads what figures are counted from: the inbox, replies, cases with their events, opinions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from engine.figures.asked import Asked, Involved, Record, Said, Settled
from engine.figures.definitions import TAKEOVER_WITHIN
from engine.storage.case import Closed
from engine.storage.case_effects import NOT_QUESTIONS
from engine.storage.database import Database
from engine.storage.feedback import Opinion
from engine.storage.inbox_item import State, Surface
from engine.storage.reply_part import Kind
from engine.storage.schema import case_events, cases, feedback, inbox, replies

_PAGE = 1_000
_TEXT = 500
"""Characters of a question that are read."""
_NO_QUESTIONS = (Surface.CASE_REPLY.value, Surface.SHADOW.value)
_NOT_MEANT = "not_meant"


class FigureStore:
    """Reads of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self, tenant: str, since: datetime, until: datetime, *, channel: str | None = None
    ) -> Record:
        """What was asked from `since` on and up to 48 hours after `until`, and what came of it.

        What happens in those hours decides about the questions before; `figures_of` counts none
        of theirs. channel: of the questions; None means all.
        """
        asked_there = [
            inbox.c.tenant == tenant,
            inbox.c.asked_at >= since,
            inbox.c.asked_at < until + TAKEOVER_WITHIN,
            inbox.c.deleted_at.is_(None),
        ]
        if channel is not None:
            asked_there.append(inbox.c.channel == channel)

        questions = and_(
            *asked_there,
            inbox.c.surface.not_in(_NO_QUESTIONS),
            inbox.c.state != State.CANCELLED.value,
            or_(inbox.c.outcome.is_(None), inbox.c.outcome.not_in(NOT_QUESTIONS)),
        )
        async with self._database.read() as db:
            known = await db.run_sync(_known, tenant, questions)
            words = await db.run_sync(_words, asked_there)
            settled = await db.run_sync(_settled, tenant, since, until, channel)
            found: list[Asked] = []
            rows = await db.stream(_questions(questions))
            async for page in rows.partitions(_PAGE):  # others have their turn in between
                found += [_asked(row, known) for row in page]
        return Record(questions=tuple(found), words=words, settled=settled)


@dataclass(frozen=True, slots=True)
class _Known:
    """By question."""

    shown: Mapping[str, datetime]
    opinions: Mapping[str, Mapping[str, Opinion]]
    involved: Mapping[str, Involved]


def _known(db: Connection, tenant: str, questions: ColumnElement[bool]) -> _Known:
    shown = dict(
        _pairs(
            db,
            select(replies.c.question_id, func.min(replies.c.posted_at))
            .join(inbox, inbox.c.id == replies.c.question_id)
            .where(
                questions,
                replies.c.tenant == tenant,
                replies.c.kind == Kind.ANSWER.value,
                replies.c.posted_at.is_not(None),
            )
            .group_by(replies.c.question_id),
        )
    )
    opinions: dict[str, dict[str, Opinion]] = defaultdict(dict)
    for row in db.execute(
        select(feedback.c.question_id, feedback.c.user, feedback.c.value)
        .join(inbox, inbox.c.id == feedback.c.question_id)
        .where(questions, feedback.c.tenant == tenant)
    ):
        opinions[row.question_id][row.user] = Opinion(row.value)
    return _Known(shown, opinions, _cases(db, tenant, questions))


def _questions(questions: ColumnElement[bool]) -> Select[Any]:
    columns: list[Any] = [
        inbox.c.id,
        inbox.c.user,
        inbox.c.team,
        inbox.c.channel,
        inbox.c.root,
        func.substr(inbox.c.text, 1, _TEXT).label("text"),
        inbox.c.asked_at,
        inbox.c.outcome,
    ]
    return select(*columns).where(questions).order_by(inbox.c.asked_at, inbox.c.sequence)


def _asked(row: Any, known: _Known) -> Asked:
    return Asked(
        id=row.id,
        user=row.user,
        place=(row.team, row.channel),
        thread=row.root,
        text=row.text,
        asked_at=row.asked_at,
        outcome=row.outcome,
        first_shown_at=known.shown.get(row.id),
        case=known.involved.get(row.id),
        opinions=known.opinions.get(row.id, {}),
    )


def _cases(db: Connection, tenant: str, questions: ColumnElement[bool]) -> dict[str, Involved]:
    touched = set(
        db.execute(
            select(case_events.c.case_id)
            .join(cases, cases.c.id == case_events.c.case_id)
            .join(inbox, inbox.c.id == cases.c.question_id)
            .where(
                questions,
                case_events.c.tenant == tenant,
                case_events.c.by.is_not(None),
                case_events.c.by != inbox.c.user,
            )
            .distinct()
        ).scalars()
    )
    found = db.execute(
        select(cases.c.id, cases.c.question_id, cases.c.answered_by, cases.c.delivered_at)
        .join(inbox, inbox.c.id == cases.c.question_id)
        .where(questions, cases.c.tenant == tenant)
    )
    return {
        row.question_id: Involved(
            by_person=row.id in touched or row.answered_by is not None,
            delivered_at=row.delivered_at,
        )
        for row in found
    }


def _words(db: Connection, there: list[ColumnElement[bool]]) -> tuple[Said, ...]:
    found = db.execute(
        select(inbox.c.user, inbox.c.team, inbox.c.channel, inbox.c.root, inbox.c.asked_at)
        .where(*there, inbox.c.surface == Surface.FOLLOW_UP.value, inbox.c.outcome == _NOT_MEANT)
        .order_by(inbox.c.asked_at, inbox.c.sequence)
    )
    return tuple(
        Said(user=row.user, place=(row.team, row.channel), thread=row.root, at=row.asked_at)
        for row in found
    )


def _settled(
    db: Connection, tenant: str, since: datetime, until: datetime, channel: str | None
) -> tuple[Settled, ...]:
    """Cases that ended in the period by a person's answer or their word, whenever asked."""
    answered = select(
        cases.c.answered_by.label("person"), cases.c.delivered_at.label("at"), cases.c.claimed_at
    ).where(
        cases.c.delivered_at >= since,
        cases.c.delivered_at < until,
        cases.c.answered_by.is_not(None),
    )
    declined = select(
        cases.c.closed_by.label("person"), cases.c.closed_at.label("at"), cases.c.claimed_at
    ).where(
        cases.c.closed == Closed.REJECTED.value,
        cases.c.closed_at >= since,
        cases.c.closed_at < until,
        cases.c.closed_by.is_not(None),
        cases.c.delivered_at.is_(None),
    )
    found: list[Settled] = []
    for statement in (answered, declined):
        mine = statement.where(cases.c.tenant == tenant)
        if channel is not None:
            mine = mine.join(inbox, inbox.c.id == cases.c.question_id).where(
                inbox.c.channel == channel
            )
        found += [
            Settled(person=row.person, at=row.at, claimed_at=row.claimed_at)
            for row in db.execute(mine)
        ]
    return tuple(found)


def _pairs(db: Connection, statement: Select[Any]) -> list[tuple[Any, Any]]:
    return [(row[0], row[1]) for row in db.execute(statement)]
