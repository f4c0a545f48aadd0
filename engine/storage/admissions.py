"""Table `admissions`: questions counted against limits, together for all replicas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, text

from engine.budget_settings import LimitSettings
from engine.storage.database import Database
from engine.storage.schema import admissions

_KEPT_WINDOWS = 2


class Scope(StrEnum):
    """Whose questions a limit counts."""

    PERSON = "person"
    CHANNEL = "channel"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a question is let in.

    refused_by: None: it is. free_at: when it would be. told: whether its asker is to be told, who
    is told once until then.
    """

    refused_by: Scope | None = None
    free_at: datetime | None = None
    told: bool = False


class AdmissionStore:
    """Admissions of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database, limits: LimitSettings) -> None:
        self._database = database
        self._window = timedelta(seconds=limits.window_s)
        self._most = {
            Scope.PERSON: limits.person,
            Scope.CHANNEL: limits.channel,
            Scope.WORKSPACE: limits.workspace,
        }

    async def admit(
        self,
        tenant: str,
        question_id: str,
        revision: int,
        *,
        person: str,
        channel: str,
        at: datetime,
    ) -> Admission:
        """Lets a question in where no limit is reached in the window that ends now; asked again for
        the same one, as after a crash, it says the same. An edited question is another.

        channel: empty where it was asked in none.
        """

        def change(db: Connection) -> Admission:
            _take_turn(db, tenant)
            known = _known(db, tenant, question_id, revision)
            if known is not None:
                return known
            db.execute(
                delete(admissions).where(
                    admissions.c.tenant == tenant,
                    admissions.c.at < at - _KEPT_WINDOWS * self._window,
                )
            )
            admission = self._judged(db, tenant, person, channel, at)
            db.execute(
                insert(admissions).values(
                    tenant=tenant,
                    question_id=question_id,
                    revision=revision,
                    person=person,
                    channel=channel,
                    at=at,
                    refused_by=admission.refused_by,
                    free_at=admission.free_at,
                    told=admission.told,
                )
            )
            return admission

        return await self._database.transact(change)

    def _judged(
        self, db: Connection, tenant: str, person: str, channel: str, at: datetime
    ) -> Admission:
        counted: dict[Scope, tuple[ColumnElement[bool], ...]] = {
            Scope.PERSON: (admissions.c.person == person,),
            Scope.WORKSPACE: (),
        }
        if channel:
            counted[Scope.CHANNEL] = (admissions.c.channel == channel,)
        full: dict[Scope, datetime] = {}
        for scope, whose in counted.items():
            oldest = db.execute(
                select(admissions.c.at)
                .where(
                    admissions.c.tenant == tenant,
                    *whose,
                    admissions.c.refused_by.is_(None),
                    admissions.c.at > at - self._window,
                )
                .order_by(admissions.c.at.desc())
                .offset(self._most[scope] - 1)
                .limit(1)
            ).scalar_one_or_none()
            if oldest is not None:
                full[scope] = oldest + self._window
        if not full:
            return Admission()
        scope = max(full, key=full.__getitem__)
        told_before = db.execute(
            select(func.count()).where(
                admissions.c.tenant == tenant,
                admissions.c.person == person,
                admissions.c.told,
                admissions.c.free_at > at,
            )
        ).scalar()
        return Admission(refused_by=scope, free_at=full[scope], told=not told_before)


def _take_turn(db: Connection, tenant: str) -> None:
    """Replicas count one after the other; on SQLite they do so anyway."""
    if db.dialect.name == "postgresql":
        db.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"admit:{tenant}"}
        )


def _known(db: Connection, tenant: str, question_id: str, revision: int) -> Admission | None:
    row: Mapping[Any, Any] | None = (
        db.execute(
            select(admissions).where(
                admissions.c.tenant == tenant,
                admissions.c.question_id == question_id,
                admissions.c.revision == revision,
            )
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    refused_by = row["refused_by"]
    return Admission(
        refused_by=Scope(refused_by) if refused_by else None,
        free_at=row["free_at"],
        told=row["told"],
    )
