"""Table `models`: what was fitted to a tenant's own examples and knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from engine.storage.database import Database, upsert
from engine.storage.schema import models


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A model's file and its card. name: what it is for, such as `triage`."""

    name: str
    version: str
    made_at: datetime
    card: dict[str, Any]
    body: bytes


class ModelStore:
    """Models of one database; the newest of a name is the one in use. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, tenant: str, model: StoredModel) -> None:
        """Stores a model; one of the same name and version is replaced."""
        values = {
            "made_at": model.made_at,
            "card": model.card,
            "body": model.body,
        }
        async with self._database.write() as db:
            await db.execute(
                upsert(db, models)
                .values(tenant=tenant, name=model.name, version=model.version, **values)
                .on_conflict_do_update(index_elements=["tenant", "name", "version"], set_=values)
            )

    async def newest_version(self, tenant: str, name: str) -> str | None:
        """The version in use, quickly; None where there is none."""
        statement = (
            select(models.c.version)
            .where(models.c.tenant == tenant, models.c.name == name)
            .order_by(models.c.made_at.desc(), models.c.version)
            .limit(1)
        )

        def read(db: Connection) -> str | None:
            found = db.execute(statement).scalar()
            return None if found is None else str(found)

        return await self._database.look_up(read)

    async def get(self, tenant: str, name: str, version: str) -> StoredModel | None:
        """A model with its file; None where there is none."""
        async with self._database.read() as db:
            found = await db.execute(
                select(models.c.made_at, models.c.card, models.c.body).where(
                    models.c.tenant == tenant,
                    models.c.name == name,
                    models.c.version == version,
                )
            )
            row = found.one_or_none()
        if row is None:
            return None
        return StoredModel(
            name=name,
            version=version,
            made_at=row.made_at,
            card=dict(row.card),
            body=bytes(row.body),
        )

    async def versions(self, tenant: str, name: str, *, limit: int = 20) -> tuple[str, ...]:
        """Those of a name, the one in use first."""
        async with self._database.read() as db:
            found = await db.execute(
                select(models.c.version)
                .where(models.c.tenant == tenant, models.c.name == name)
                .order_by(models.c.made_at.desc(), models.c.version)
                .limit(limit)
            )
            return tuple(found.scalars())
