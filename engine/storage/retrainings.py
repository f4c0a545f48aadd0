"""Table `retrainings`: every try to train a better model, whether it was promoted or not."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from engine.storage.database import Database
from engine.storage.schema import retrainings

_BODIES = 8
"""Files kept of each model's tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraining:
    """One try.

    model: name of what was trained. champion, challenger: versions. promoted: None until it is
    decided. report: figures of both, and why; JSON.
    """

    id: str
    model: str
    started_at: datetime
    finished_at: datetime | None = None
    asked_by: str | None = None
    champion: str | None = None
    challenger: str | None = None
    promoted: bool | None = None
    report: Mapping[str, Any] = field(default_factory=dict)


class RetrainingStore:
    """Tries of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self, tenant: str, model: str, *, at: datetime, asked_by: str | None = None
    ) -> str:
        """The id of a new try."""
        made = str(uuid.uuid4())
        async with self._database.write() as db:
            await db.execute(
                insert(retrainings).values(
                    id=made, tenant=tenant, model=model, started_at=at, asked_by=asked_by, report={}
                )
            )
        return made

    async def finish(
        self,
        tenant: str,
        id: str,
        *,
        at: datetime,
        champion: str,
        challenger: str | None,
        promoted: bool,
        report: Mapping[str, Any],
        body: bytes | None = None,
    ) -> None:
        """How it ended. body: the challenger's file, kept also where it was not promoted, until
        eight more were tried."""
        mine = retrainings.alias("mine")
        model = (
            select(mine.c.model).where(mine.c.tenant == tenant, mine.c.id == id).scalar_subquery()
        )
        of_model = (retrainings.c.tenant == tenant, retrainings.c.model == model)
        async with self._database.write() as db:
            await db.execute(
                update(retrainings)
                .where(retrainings.c.tenant == tenant, retrainings.c.id == id)
                .values(
                    finished_at=at,
                    champion=champion,
                    challenger=challenger,
                    promoted=promoted,
                    report=dict(report),
                    body=body,
                )
            )
            newest = (
                select(retrainings.c.id)
                .where(*of_model, retrainings.c.body.is_not(None))
                .order_by(retrainings.c.started_at.desc(), retrainings.c.id)
                .limit(_BODIES)
            )
            kept = set((await db.execute(newest)).scalars())
            await db.execute(
                update(retrainings)
                .where(*of_model, retrainings.c.body.is_not(None), retrainings.c.id.not_in(kept))
                .values(body=None)
            )

    async def last(self, tenant: str, model: str, *, limit: int = 10) -> tuple[Retraining, ...]:
        """The newest tries that ended, the newest first."""
        columns = [retrainings.c[name] for name in Retraining.__dataclass_fields__]
        async with self._database.read() as db:
            found = await db.execute(
                select(*columns)
                .where(
                    retrainings.c.tenant == tenant,
                    retrainings.c.model == model,
                    retrainings.c.finished_at.is_not(None),
                )
                .order_by(retrainings.c.finished_at.desc())
                .limit(limit)
            )
            return tuple(Retraining(**row) for row in found.mappings())
