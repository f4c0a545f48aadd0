"""Table `leases`: what one process at a time does, by the database's clock."""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    delete,
    func,
    inspect,
    literal,
    literal_column,
    select,
)

from engine.storage.database import Database, upsert
from engine.storage.lease_schema import leases

_NOW = {
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)",
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
}
"""Seconds since 1970. SQLite has no server: its clock is that of the machine, which all share."""


class LeaseStore:
    """Leases of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, tenant: str, name: str, holder: str, *, lease_s: float) -> bool:
        """Takes a lease that is free or has lapsed, or renews it; whether it is this holder's for
        so long from now on."""
        if await self._database.look_up(lambda db: _is_others(db, tenant, name, holder)):
            return False  # most looks of those who wait find this, and write nothing

        def change(db: Connection) -> bool:
            until = _now(db) + literal(lease_s, Double)
            statement = upsert(db, leases).values(
                tenant=tenant, name=name, holder=holder, until=until
            )
            done = db.execute(
                statement.on_conflict_do_update(
                    index_elements=["tenant", "name"],
                    set_={"holder": holder, "until": until},
                    where=(leases.c.holder == holder) | (leases.c.until <= _now(db)),
                )
            )
            return bool(done.rowcount)

        return await self._database.transact(change)

    async def give_back(self, tenant: str, name: str, holder: str) -> bool:
        """Ends a lease, so that the next may take it at once; false where it was lost."""

        def change(db: Connection) -> bool:
            mine = (*_of(tenant, name), leases.c.holder == holder)
            return bool(db.execute(delete(leases).where(*mine)).rowcount)

        return await self._database.transact(change)

    async def holder(self, tenant: str, name: str) -> str | None:
        """Whose it is now; None where it is nobody's."""

        def read(db: Connection) -> str | None:
            held = (*_of(tenant, name), leases.c.until > _now(db))
            return db.execute(select(leases.c.holder).where(*held)).scalar()

        return await self._database.look_up(read)

    async def held_for_s(self) -> float:
        """Until the last lease of anybody lapses; 0 where none is held, or there is no table."""

        def read(db: Connection) -> float:
            if not inspect(db).has_table(leases.name):
                return 0.0
            left = db.execute(select(func.max(leases.c.until) - _now(db))).scalar()
            return max(0.0, float(left or 0.0))

        return await self._database.look_up(read)


def _is_others(db: Connection, tenant: str, name: str, holder: str) -> bool:
    held = (*_of(tenant, name), leases.c.until > _now(db), leases.c.holder != holder)
    return db.execute(select(leases.c.holder).where(*held)).first() is not None


def _of(tenant: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (leases.c.tenant == tenant, leases.c.name == name)


def _now(db: Connection) -> ColumnElement[float]:
    return literal_column(_NOW[db.dialect.name], Double)
