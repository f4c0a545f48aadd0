"""Table `verdicts`: whether what the engine would have said, or said, was right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, or_, select, update

from engine.storage.case import Closed, How
from engine.storage.channel_modes import Mode
from engine.storage.database import Database, upsert
from engine.storage.schema import cases, inbox, verdicts

REVISION = "revision"
"""Key of a row's detail: of the question that was answered."""


class Verdict(StrEnum):
    """What somebody said of an answer."""

    RIGHT = "right"
    WRONG = "wrong"


class Source(StrEnum):
    """Who said it, the strongest first."""

    REVIEWER = "reviewer"
    ASKER = "asker"
    COMPARISON = "comparison"


_RANK = {Source.REVIEWER: 3, Source.ASKER: 2, Source.COMPARISON: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer that a verdict may be given of.

    mode: of its channel when it was made. outcome, confidence, fingerprint: the trace's.
    answerability: None where it is not known. revision: of the question. detail: small JSON.
    """

    question_id: str
    team: str
    channel: str
    mode: Mode
    outcome: str
    confidence: float
    fingerprint: str
    asked_at: datetime
    revision: int
    answerability: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAnswer(Answered):
    """A row. verdict, source, judged_at: None while nobody said. score: of a comparison or of an
    edited draft's likeness, in [0, 1]; None otherwise."""

    verdict: Verdict | None
    source: Source | None
    score: float | None
    judged_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a reviewer made of an answer. how: of their own answer; None where they rejected the
    case. answer: their words. trace_id: of the engine's answer."""

    question_id: str
    how: How | None
    answer: str
    at: datetime
    trace_id: str | None


class VerdictStore:
    """Verdicts of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def asked(self, tenant: str, answer: Answered) -> None:
        """Notes an answer. One of a later revision takes the earlier one's place and has no verdict
        yet; the same revision's keeps its verdict."""

        def change(db: Connection) -> None:
            known = db.execute(
                select(verdicts.c.detail).where(*_of(tenant, answer.question_id))
            ).scalar_one_or_none()
            values: dict[str, Any] = {
                "team": answer.team,
                "channel": answer.channel,
                "mode": answer.mode.value,
                "outcome": answer.outcome,
                "confidence": answer.confidence,
                "answerability": answer.answerability,
                "fingerprint": answer.fingerprint,
                "asked_at": answer.asked_at,
                "detail": {**answer.detail, REVISION: answer.revision},
            }
            if known is None or known.get(REVISION) != answer.revision:
                values |= {"verdict": None, "source": None, "score": None, "judged_at": None}
            db.execute(
                upsert(db, verdicts)
                .values(tenant=tenant, question_id=answer.question_id, **values)
                .on_conflict_do_update(index_elements=["tenant", "question_id"], set_=values)
            )

        await self._database.transact(change)

    async def judge(
        self,
        tenant: str,
        question_id: str,
        verdict: Verdict,
        source: Source,
        *,
        at: datetime,
        score: float | None = None,
    ) -> bool:
        """Stores a verdict; false where a stronger source has spoken, or nothing is known of it.

        The same source's later word takes its earlier one's place.
        """
        rank = case(
            {name.value: number for name, number in _RANK.items()},
            value=verdicts.c.source,
            else_=0,
        )
        async with self._database.write() as db:
            done = await db.execute(
                update(verdicts)
                .where(*_of(tenant, question_id), rank <= _RANK[source])
                .values(verdict=verdict.value, source=source.value, score=score, judged_at=at)
            )
        return bool(done.rowcount)

    async def take_back(self, tenant: str, question_id: str, source: Source) -> bool:
        """Forgets what a source said; false where it is not the one whose verdict stands."""
        async with self._database.write() as db:
            done = await db.execute(
                update(verdicts)
                .where(*_of(tenant, question_id), verdicts.c.source == source.value)
                .values(verdict=None, source=None, score=None, judged_at=None)
            )
        return bool(done.rowcount)

    async def forget(self, tenant: str, question_id: str) -> bool:
        """The question was deleted, and counts for nothing."""
        async with self._database.write() as db:
            done = await db.execute(delete(verdicts).where(*_of(tenant, question_id)))
        return bool(done.rowcount)

    async def get(self, tenant: str, question_id: str) -> JudgedAnswer | None:
        """One of a question."""
        found = await self._all(verdicts.c.question_id == question_id, tenant=tenant, limit=1)
        return found[0] if found else None

    async def of_channel(
        self,
        tenant: str,
        team: str,
        channel: str,
        *,
        since: datetime | None = None,
        mode: Mode | None = None,
        judged: bool = False,
        limit: int = 2000,
    ) -> tuple[JudgedAnswer, ...]:
        """Answers of a channel, the last asked first. judged: only those with a verdict."""
        conditions = [verdicts.c.team == team, verdicts.c.channel == channel]
        if mode is not None:
            conditions.append(verdicts.c.mode == mode.value)
        return await self._all(*conditions, tenant=tenant, since=since, judged=judged, limit=limit)

    async def of_tenant(
        self, tenant: str, *, since: datetime | None = None, judged: bool = False, limit: int = 5000
    ) -> tuple[JudgedAnswer, ...]:
        """Answers of every channel, the last asked first."""
        return await self._all(tenant=tenant, since=since, judged=judged, limit=limit)

    async def decided(self, tenant: str, *, limit: int = 500) -> tuple[Decided, ...]:
        """Answers of which a reviewer's word is known and not noted yet, the oldest first."""
        rejected = cases.c.closed == Closed.REJECTED.value
        async with self._database.read() as db:
            found = await db.execute(
                select(
                    verdicts.c.question_id,
                    verdicts.c.detail,
                    cases.c.revision,
                    cases.c.how,
                    cases.c.answer,
                    case((rejected, cases.c.closed_at), else_=cases.c.answered_at).label("at"),
                    inbox.c.trace_id,
                )
                .join(
                    cases,
                    and_(
                        cases.c.tenant == verdicts.c.tenant,
                        cases.c.question_id == verdicts.c.question_id,
                    ),
                )
                .join(inbox, inbox.c.id == verdicts.c.question_id)
                .where(
                    verdicts.c.tenant == tenant,
                    func.coalesce(verdicts.c.source, "") != Source.REVIEWER.value,
                    inbox.c.deleted_at.is_(None),
                    or_(rejected, cases.c.delivered_at.is_not(None)),
                )
                .order_by(cases.c.opened_at)
                .limit(limit)
            )
            return tuple(
                Decided(
                    question_id=row.question_id,
                    how=None if row.how is None else How(row.how),
                    answer=row.answer or "",
                    at=row.at,
                    trace_id=row.trace_id,
                )
                for row in found
                if row.at is not None and row.revision == row.detail.get(REVISION)
            )

    async def changed_since(self, tenant: str, since: datetime) -> bool:
        """Whether a verdict was given since then."""
        statement = (
            select(verdicts.c.question_id)
            .where(verdicts.c.tenant == tenant, verdicts.c.judged_at > since)
            .limit(1)
        )
        return await self._database.look_up(lambda db: db.execute(statement).first()) is not None

    async def _all(
        self,
        *conditions: ColumnElement[bool],
        tenant: str,
        since: datetime | None = None,
        judged: bool = False,
        limit: int,
    ) -> tuple[JudgedAnswer, ...]:
        where = [verdicts.c.tenant == tenant, *conditions]
        if since is not None:
            where.append(verdicts.c.asked_at >= since)
        if judged:
            where.append(verdicts.c.verdict.is_not(None))
        async with self._database.read() as db:
            found = await db.execute(
                select(verdicts)
                .join(
                    inbox,
                    and_(inbox.c.tenant == verdicts.c.tenant, inbox.c.id == verdicts.c.question_id),
                )
                .where(*where, inbox.c.deleted_at.is_(None))
                .order_by(verdicts.c.asked_at.desc(), verdicts.c.question_id)
                .limit(limit)
            )
            return tuple(_parse(row) for row in found.mappings())


def _of(tenant: str, question_id: str) -> tuple[ColumnElement[bool], ...]:
    return (verdicts.c.tenant == tenant, verdicts.c.question_id == question_id)


def _parse(row: Mapping[Any, Any]) -> JudgedAnswer:
    names = set(JudgedAnswer.__dataclass_fields__) - {REVISION}
    values: dict[str, Any] = {name: row[name] for name in names}
    detail = dict(row["detail"])
    revision = int(detail.pop(REVISION, 1))
    return JudgedAnswer(
        **values
        | {
            "mode": Mode(row["mode"]),
            "verdict": None if row["verdict"] is None else Verdict(row["verdict"]),
            "source": None if row["source"] is None else Source(row["source"]),
            "revision": revision,
            "detail": detail,
        }
    )
