"""Questions that the knowledge did not answer: the inbox beside cases, opinions and traces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from engine.storage.case import DRAFT_MODE, Closed
from engine.storage.case_effects import NOT_QUESTIONS
from engine.storage.database import Database
from engine.storage.feedback import Opinion
from engine.storage.inbox_item import Surface
from engine.storage.schema import cases, documents, feedback, inbox, passages, traces
from engine.trace import Outcome, ReasonCode

_TEXT = 1_000
NOT_LACKING = frozenset(
    {
        ReasonCode.OUT_OF_SCOPE.value,
        ReasonCode.REFUSED_ATTACK.value,
        ReasonCode.REFUSED_PRIVATE.value,
        ReasonCode.EMPTY_QUESTION.value,
        ReasonCode.MODEL_DOWN.value,
        ReasonCode.OVER_BUDGET.value,
        ReasonCode.INTERNAL_ERROR.value,
        DRAFT_MODE,
    }
)
"""Reasons that say nothing of the documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question. case_id, answer, answered_by, answered_at: of a person's answer that the asker
    has; None without. answer: None too where its author keeps it to the asker. category: of its
    case. declined: a person said that it is not for us."""

    id: str
    team: str
    channel: str
    thread: str
    user: str
    text: str
    asked_at: datetime
    trace_id: str | None
    category: str | None = None
    case_id: str | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    down_voted: bool = False
    declined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """A document that a passage stands in. at: when it was last changed, as far as is known."""

    title: str
    at: datetime


class UnansweredStore:
    """Reads of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lacking(
        self, tenant: str, since: datetime, until: datetime, *, most: int
    ) -> tuple[Unanswered, ...]:
        """The newest of those that had no answer in the documents, the oldest first.

        Escalated, not in the documents, or down-voted; without what a person declined, and without
        those whose every reason says nothing of the documents.
        """

        def read(db: Connection) -> tuple[Unanswered, ...]:
            found = _read(db, tenant, since, until, most)
            return tuple(each for each, reasons in found if _lacks(each, reasons))

        return await self._database.look_up(read)

    async def doubted(
        self, tenant: str, since: datetime, until: datetime, *, most: int
    ) -> tuple[Unanswered, ...]:
        """Those whose answer is in doubt, whatever the reason: the newest, the oldest first."""

        def read(db: Connection) -> tuple[Unanswered, ...]:
            return tuple(each for each, _ in _read(db, tenant, since, until, most))

        return await self._database.look_up(read)

    async def ages(self, tenant: str, passage_ids: Sequence[str]) -> dict[str, Aged]:
        """The documents of live passages, by passage; those without a known change are left out."""
        statement = (
            select(passages.c.id, documents.c.title, documents.c.modified_at)
            .join(documents, documents.c.version == passages.c.version)
            .where(
                passages.c.tenant == tenant,
                documents.c.tenant == tenant,
                passages.c.id.in_(passage_ids),
                documents.c.modified_at.is_not(None),
            )
        )
        async with self._database.read() as db:
            found = await db.execute(statement)
            return {row.id: Aged(title=row.title, at=row.modified_at) for row in found}


def _read(
    db: Connection, tenant: str, since: datetime, until: datetime, most: int
) -> list[tuple[Unanswered, set[str]]]:
    down = (
        select(feedback.c.question_id)
        .where(
            feedback.c.tenant == tenant,
            feedback.c.question_id == inbox.c.id,
            feedback.c.value == Opinion.NEGATIVE.value,
        )
        .exists()
    )
    written = inbox.alias("written")
    columns: list[Any] = [
        inbox.c.id,
        inbox.c.team,
        inbox.c.channel,
        inbox.c.root,
        inbox.c.user,
        func.substr(inbox.c.text, 1, _TEXT).label("text"),
        inbox.c.asked_at,
        inbox.c.trace_id,
        inbox.c.outcome,
        cases.c.id.label("case_id"),
        cases.c.category,
        cases.c.reasons.label("case_reasons"),
        cases.c.closed,
        cases.c.answer,
        cases.c.answered_by,
        cases.c.delivered_at,
        written.c.extra.label("reply_extra"),
        down.label("down_voted"),
        traces.c.body["reasons"].label("trace_reasons"),
    ]
    statement = (
        select(*columns)
        .outerjoin(cases, and_(cases.c.question_id == inbox.c.id, cases.c.tenant == tenant))
        .outerjoin(written, and_(written.c.id == cases.c.answered_with, written.c.tenant == tenant))
        .outerjoin(traces, and_(traces.c.id == inbox.c.trace_id, traces.c.tenant == tenant))
        .where(
            inbox.c.tenant == tenant,
            inbox.c.asked_at >= since,
            inbox.c.asked_at < until,
            inbox.c.deleted_at.is_(None),
            inbox.c.surface.not_in((Surface.CASE_REPLY.value, Surface.SHADOW.value)),
            inbox.c.outcome.not_in(NOT_QUESTIONS),
            or_(
                cases.c.id.is_not(None),
                inbox.c.outcome.in_((Outcome.ABSTAINED.value, Outcome.ESCALATED.value)),
                down,
            ),
        )
        .order_by(inbox.c.sequence.desc())
        .limit(most)
    )
    found = []
    for row in db.execute(statement):
        has = row.delivered_at is not None
        for_others = has and (row.reply_extra or {}).get("learn") is not False
        reasons = {str(code) for code in row.case_reasons or ()}
        reasons |= {str(reason["code"]) for reason in row.trace_reasons or ()}
        each = Unanswered(
            id=row.id,
            team=row.team,
            channel=row.channel,
            thread=row.root,
            user=row.user,
            text=row.text,
            asked_at=row.asked_at,
            trace_id=row.trace_id,
            category=row.category,
            case_id=row.case_id,
            answer=row.answer if for_others else None,
            answered_by=row.answered_by if has else None,
            answered_at=row.delivered_at,
            down_voted=bool(row.down_voted),
            declined=row.closed == Closed.REJECTED.value and not has,
        )
        found.append((each, reasons))
    return found[::-1]


def _lacks(each: Unanswered, reasons: set[str]) -> bool:
    if each.declined:
        return False
    return each.down_voted or not reasons or bool(reasons - NOT_LACKING)
