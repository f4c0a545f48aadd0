"""Table `fits`: what a model was last fitted to; a fit that is due is made by one process."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, or_, select, update

from engine.storage.database import Database, upsert
from engine.storage.schema import fits


@dataclass(frozen=True, slots=True, kw_only=True)
class FitClaim:
    """The right to make one fit. failures: of those before it, in a row."""

    lease: str
    failures: int


class FitStore:
    """Fits of one database, by tenant and the model's name. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def state(self, tenant: str, name: str) -> str:
        """What the last fit was made from; empty before the first."""

        def read(db: Connection) -> str:
            found = db.execute(select(fits.c.state).where(*_of(tenant, name))).scalar()
            return str(found or "")

        return await self._database.look_up(read)

    async def fitted(self, tenant: str, name: str, state: str, *, at: datetime) -> None:
        """Remembers what a fit was made from, whoever made it; a claim stays as it is."""
        values = {"state": state, "fitted_at": at, "failures": 0}
        async with self._database.write() as db:
            await db.execute(
                upsert(db, fits)
                .values(tenant=tenant, name=name, **values)
                .on_conflict_do_update(index_elements=["tenant", "name"], set_=values)
            )

    async def claim(
        self, tenant: str, name: str, state: str, *, at: datetime, lease_s: float
    ) -> FitClaim | None:
        """The right to fit to this state, for this caller alone until it gives it back or the lease
        lapses; None where it is fitted, not due yet, or another's."""
        waits = (
            *_of(tenant, name),
            fits.c.state != state,
            or_(fits.c.due_at.is_(None), fits.c.due_at <= at),
            or_(fits.c.lease_until.is_(None), fits.c.lease_until <= at),
        )

        def change(db: Connection) -> FitClaim | None:
            db.execute(
                upsert(db, fits)
                .values(tenant=tenant, name=name, state="", failures=0)
                .on_conflict_do_nothing(index_elements=["tenant", "name"])
            )
            lease = str(uuid.uuid4())
            claimed = db.execute(
                update(fits)
                .where(*waits)
                .values(lease=lease, lease_until=at + timedelta(seconds=lease_s))
                .returning(fits.c.failures)
            ).first()
            return None if claimed is None else FitClaim(lease=lease, failures=claimed.failures)

        return await self._database.transact(change)

    async def give_back(
        self, tenant: str, name: str, claim: FitClaim, *, due_at: datetime | None, failed: bool
    ) -> bool:
        """Ends a claim; false where it was lost.

        due_at: before this nothing is claimed again; None leaves that as it is.
        """
        values: dict[str, object] = {"lease": None, "lease_until": None}
        if due_at is not None:
            values["due_at"] = due_at
        if failed:
            values["failures"] = claim.failures + 1
        async with self._database.write() as db:
            done = await db.execute(
                update(fits).where(*_of(tenant, name), fits.c.lease == claim.lease).values(**values)
            )
            return done.rowcount > 0


def _of(tenant: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (fits.c.tenant == tenant, fits.c.name == name)
