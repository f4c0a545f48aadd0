"""What stands open in a tenant's tables, for gauges."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from engine.storage.case import WAITING, CaseState
from engine.storage.database import Database
from engine.storage.inbox_item import PENDING
from engine.storage.schema import cases, documents, inbox

OPEN, CLAIMED = CaseState.OPEN.value, CaseState.CLAIMED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """waiting: questions that want their answer. oldest_due_at: of them, since when the one that
    waits longest is due; None where none is. cases: that wait for a person, by state."""

    waiting: int
    oldest_due_at: datetime | None
    documents: int
    cases: dict[str, int] = field(default_factory=dict)


class GaugeStore:
    """Reads it. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self, tenant: str, at: datetime) -> Standing:
        """At this moment; four small queries."""

        def read(db: Connection) -> Standing:
            waiting = (inbox.c.tenant == tenant, inbox.c.state.in_(PENDING))
            count, oldest = db.execute(
                select(
                    func.count(),
                    func.min(inbox.c.due_at).filter(inbox.c.due_at <= at),
                ).where(*waiting)
            ).one()
            taken = cases.c.owner.is_not(None)
            found = db.execute(
                select(taken, func.count())
                .where(
                    cases.c.tenant == tenant,
                    cases.c.answered_at.is_(None),
                    cases.c.closed.is_(None),
                )
                .group_by(taken)
            )
            known = db.execute(
                select(func.count()).select_from(documents).where(documents.c.tenant == tenant)
            ).scalar_one()
            return Standing(
                waiting=int(count),
                oldest_due_at=oldest,
                documents=int(known),
                cases=dict.fromkeys((state.value for state in WAITING), 0)
                | {(CLAIMED if owned else OPEN): int(n) for owned, n in found},
            )

        return await self._database.look_up(read)
