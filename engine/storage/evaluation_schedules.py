"""Table `eval_schedules`: a due run is started by one process, whichever comes first."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from engine.storage.database import Database, upsert
from engine.storage.evaluation_run import Schedule
from engine.storage.evaluation_schema import eval_schedules


class EvaluationSchedules:
    """Schedules of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, tenant: str, schedule: Schedule) -> None:
        """Stores a schedule; one of the same name is replaced, and a claim on it ends."""
        values = {
            "target": schedule.target,
            "options": dict(schedule.options),
            "cron": schedule.cron,
            "timezone": schedule.timezone,
            "channel": schedule.channel,
            "owner": schedule.owner,
            "next_due_at": schedule.next_due_at,
            "lease": None,
            "lease_until": None,
        }
        async with self._database.write() as db:
            await db.execute(
                upsert(db, eval_schedules)
                .values(
                    tenant=tenant, name=schedule.name, last_run_id=schedule.last_run_id, **values
                )
                .on_conflict_do_update(index_elements=["tenant", "name"], set_=values)
            )

    async def all(self, tenant: str) -> tuple[Schedule, ...]:
        """Every schedule, by name."""
        async with self._database.read() as db:
            found = await db.execute(
                select(eval_schedules)
                .where(eval_schedules.c.tenant == tenant)
                .order_by(eval_schedules.c.name)
            )
            return tuple(_schedule(row) for row in found)

    async def remove(self, tenant: str, name: str) -> bool:
        """Forgets a schedule; false where there is none of this name."""
        async with self._database.write() as db:
            gone = await db.execute(
                delete(eval_schedules).where(
                    eval_schedules.c.tenant == tenant, eval_schedules.c.name == name
                )
            )
            return gone.rowcount > 0

    async def claim_due(
        self, tenant: str, *, at: datetime, lease_s: float = 60.0
    ) -> Schedule | None:
        """The schedule that has been due longest, for this caller alone; None where none is.

        The caller starts its run and calls `moved`; if it does not, another may claim it when the
        lease has lapsed.
        """
        row = eval_schedules.alias("due")
        candidate = (
            select(row.c.name)
            .where(
                row.c.tenant == tenant,
                row.c.next_due_at <= at,
                or_(row.c.lease_until.is_(None), row.c.lease_until <= at),
            )
            .order_by(row.c.next_due_at, row.c.name)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )

        def change(db: Connection) -> Schedule | None:
            claimed = db.execute(
                update(eval_schedules)
                .where(eval_schedules.c.tenant == tenant, eval_schedules.c.name == candidate)
                .values(lease=str(uuid.uuid4()), lease_until=at + timedelta(seconds=lease_s))
                .returning(eval_schedules)
            ).first()
            return None if claimed is None else _schedule(claimed)

        return await self._database.transact(change)

    async def moved(
        self, tenant: str, name: str, lease: str, *, next_due_at: datetime, run_id: str | None
    ) -> bool:
        """Ends a claim: due again then; false where the claim was lost.

        run_id: the run it started; None where it started none, which leaves the last one.
        """
        values: dict[str, Any] = {"next_due_at": next_due_at, "lease": None, "lease_until": None}
        if run_id is not None:
            values["last_run_id"] = run_id
        async with self._database.write() as db:
            done = await db.execute(
                update(eval_schedules)
                .where(
                    eval_schedules.c.tenant == tenant,
                    eval_schedules.c.name == name,
                    eval_schedules.c.lease == lease,
                )
                .values(**values)
            )
            return done.rowcount > 0


def _schedule(row: Any) -> Schedule:
    return Schedule(
        name=row.name,
        target=row.target,
        options=row.options,
        cron=row.cron,
        timezone=row.timezone,
        channel=row.channel,
        owner=row.owner,
        next_due_at=row.next_due_at,
        lease=row.lease,
        last_run_id=row.last_run_id,
    )
