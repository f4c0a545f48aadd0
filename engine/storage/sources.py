"""Table `sources`: what was ingested, and the failures of the last run."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from engine.storage.database import Database, upsert
from engine.storage.schema import documents, failures, sources
from engine.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source as stored.

    audience: default tags of its documents; empty means those of the source around it, or else
        `everyone`.
    trust: its tier; None means that of the source around it, or else `team`.
    ingested_at: end of the last complete run; None until there was one.
    documents, passages, failed: counts of now.
    """

    id: str
    uri: str
    audience: tuple[str, ...]
    trust: Trust | None
    added_at: datetime
    ingested_at: datetime | None
    documents: int
    passages: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A document that could not be read, and why, in one sentence.

    retryable: the same document may be readable later; not stored.
    """

    uri: str
    name: str
    reason: str
    retryable: bool = False


class SourceStore:
    """Sources of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        tenant: str,
        uri: str,
        audience: Sequence[str],
        *,
        at: datetime,
        trust: Trust | None = None,
    ) -> str:
        """Id of the source with this uri, made if it is new.

        audience, trust: replace those it has; empty and None leave these as they are.
        """
        change: dict[str, object] = {"uri": uri}
        change |= {"audience": list(audience)} if audience else {}
        change |= {"trust": trust.value} if trust else {}
        async with self._database.write() as db:
            added = await db.execute(
                upsert(db, sources)
                .values(
                    id=str(uuid.uuid4()),
                    tenant=tenant,
                    uri=uri,
                    audience=list(audience),
                    trust=trust.value if trust else None,
                    added_at=at,
                )
                .on_conflict_do_update(index_elements=["tenant", "uri"], set_=change)
                .returning(sources.c.id)
            )
            return str(added.scalar_one())

    async def finish(
        self, tenant: str, source_id: str, failed: Sequence[Failure], *, at: datetime
    ) -> None:
        """Records a complete run and replaces the source's failures."""
        async with self._database.write() as db:
            await db.execute(
                update(sources)
                .where(sources.c.tenant == tenant, sources.c.id == source_id)
                .values(ingested_at=at)
            )
            await db.execute(
                delete(failures).where(
                    failures.c.tenant == tenant, failures.c.source_id == source_id
                )
            )
            uris = [f.uri for f in failed]
            for start in range(0, len(uris), 500):
                await db.execute(
                    delete(failures).where(
                        failures.c.tenant == tenant, failures.c.uri.in_(uris[start : start + 500])
                    )
                )
            if failed:
                await db.execute(
                    insert(failures),
                    [
                        {
                            "tenant": tenant,
                            "source_id": source_id,
                            "uri": f.uri,
                            "name": f.name,
                            "reason": f.reason,
                            "failed_at": at,
                        }
                        for f in failed
                    ],
                )

    async def all(self, tenant: str) -> list[Source]:
        """Every source, oldest first."""
        counts = (
            select(
                documents.c.source_id,
                func.count().label("documents"),
                func.sum(documents.c.passages).label("passages"),
            )
            .where(documents.c.tenant == tenant)
            .group_by(documents.c.source_id)
            .subquery()
        )
        bad = (
            select(failures.c.source_id, func.count().label("failed"))
            .where(failures.c.tenant == tenant)
            .group_by(failures.c.source_id)
            .subquery()
        )
        statement = (
            select(sources, counts.c.documents, counts.c.passages, bad.c.failed)
            .outerjoin(counts, counts.c.source_id == sources.c.id)
            .outerjoin(bad, bad.c.source_id == sources.c.id)
            .where(sources.c.tenant == tenant)
            .order_by(sources.c.added_at, sources.c.uri)
        )
        async with self._database.read() as db:
            rows = (await db.execute(statement)).all()
        return [
            Source(
                id=row.id,
                uri=row.uri,
                audience=tuple(row.audience),
                trust=Trust(row.trust) if row.trust else None,
                added_at=row.added_at,
                ingested_at=row.ingested_at,
                documents=row.documents or 0,
                passages=row.passages or 0,
                failed=row.failed or 0,
            )
            for row in rows
        ]

    async def failures(self, tenant: str, source_id: str) -> list[Failure]:
        """What the last run could not read, by name."""
        async with self._database.read() as db:
            rows = await db.execute(
                select(failures.c.uri, failures.c.name, failures.c.reason)
                .where(failures.c.tenant == tenant, failures.c.source_id == source_id)
                .order_by(failures.c.name)
            )
            return [Failure(uri=row.uri, name=row.name, reason=row.reason) for row in rows]

    async def remove(self, tenant: str, source_id: str) -> None:
        """Forgets a source; its documents must have been removed before."""
        async with self._database.write() as db:
            await db.execute(
                delete(failures).where(
                    failures.c.tenant == tenant, failures.c.source_id == source_id
                )
            )
            await db.execute(
                delete(sources).where(sources.c.tenant == tenant, sources.c.id == source_id)
            )
