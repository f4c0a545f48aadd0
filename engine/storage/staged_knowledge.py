"""Knowledge built out of readers' sight, and the transaction in which it replaces the live one."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.errors import StorageUnavailable
from engine.storage.database import Database, upsert
from engine.storage.passages import delete_passages
from engine.storage.schema import (
    corpus_sizes,
    document_vectors,
    documents,
    failures,
    knowledge,
    passage_vectors,
    passages,
    sources,
    term_counts,
)
from engine.storage.term_statistics import CountChange, apply_counts, count_documents

_IN_LIMIT = 500
_MOVED = (sources, documents, failures, passages, passage_vectors, document_vectors)
_COUNTED = (term_counts, corpus_sizes, knowledge)


def staging_tenant(tenant: str) -> str:
    """The name under which a tenant's knowledge is staged; no tenant can be called so."""
    return "~" + hashlib.sha256(tenant.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """live: the tenant's sources, tags and tiers as they were; staged: ids of their copies."""

    live: frozenset[tuple[str, tuple[str, ...]]]
    staged: frozenset[str]


class StagedKnowledge:
    """Rows written under `staging_tenant`. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun: dict[str, _Begun] = {}

    async def discard(self, tenant: str) -> None:
        """Deletes what is staged for a tenant; nothing staged is no error."""
        staged = staging_tenant(tenant)
        async with self._database.write() as db:
            for table in (*_COUNTED, *reversed(_MOVED)):
                await db.execute(delete(table).where(table.c.tenant == staged))

    async def begin(self, tenant: str) -> None:
        """Discards what is staged and names the tenant's sources there, with their tags: whose a
        document is, and who may read it, is decided by all of them."""
        staged = staging_tenant(tenant)
        await self.discard(tenant)
        async with self._database.write() as db:
            known = await db.execute(
                select(
                    sources.c.uri, sources.c.audience, sources.c.trust, sources.c.added_at
                ).where(sources.c.tenant == tenant)
            )
            rows = [
                {"id": str(uuid.uuid4()), "tenant": staged, **dict(row._mapping)} for row in known
            ]
            if rows:
                await db.execute(insert(sources), rows)
        self._begun[tenant] = _Begun(
            live=_said(rows), staged=frozenset(str(row["id"]) for row in rows)
        )

    async def take_over(
        self, tenant: str, *, then: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Puts the staged sources in the place of the tenant's sources of the same addresses.

        All in one transaction: readers see the old documents before it and the new ones after.
        The tenant's other sources, which were not read again, stay as they are.

        then: the last step before the commit; when it raises, nothing has changed.

        Raises: StorageUnavailable when the tenant's sources, or what is staged, are no longer as
        they were at `begin`: rights that changed meanwhile must not be undone.
        """
        staged = staging_tenant(tenant)
        async with self._database.write() as db:
            await self._require_unchanged(db, tenant, staged)
            await db.execute(
                upsert(db, knowledge)
                .values(tenant=tenant, revision=1)
                .on_conflict_do_update(
                    index_elements=["tenant"], set_={"revision": knowledge.c.revision + 1}
                )
            )
            await db.execute(
                delete(sources).where(
                    sources.c.tenant == staged,
                    sources.c.ingested_at.is_(None),
                    sources.c.id.not_in(
                        select(documents.c.source_id).where(documents.c.tenant == staged)
                    ),
                )
            )
            counts = CountChange()
            new = await _ids(db, select(documents.c.id).where(documents.c.tenant == staged))
            for part in _parts(new):
                await count_documents(db, staged, part, counts, 1)
            await self._remove_replaced(db, tenant, staged, counts)
            for table in _MOVED:
                await db.execute(
                    update(table).where(table.c.tenant == staged).values(tenant=tenant)
                )
            for table in _COUNTED:
                await db.execute(delete(table).where(table.c.tenant == staged))
            await apply_counts(db, tenant, counts)
            if then is not None:
                await then()

    async def _require_unchanged(self, db: AsyncConnection, tenant: str, staged: str) -> None:
        begun = self._begun.get(tenant)
        if begun is None:
            return
        columns = (sources.c.uri, sources.c.audience, sources.c.trust)
        live = await db.execute(select(*columns).where(sources.c.tenant == tenant))
        here = await _ids(db, select(sources.c.id).where(sources.c.tenant == staged))
        if _said([dict(row._mapping) for row in live]) != begun.live or begun.staged - set(here):
            raise StorageUnavailable(
                "the sources were changed while they were read again; nothing was replaced, so run "
                "the same command again"
            )

    async def _remove_replaced(
        self, db: AsyncConnection, tenant: str, staged: str, counts: CountChange
    ) -> None:
        uris = select(sources.c.uri).where(sources.c.tenant == staged)
        replaced = select(sources.c.id).where(sources.c.tenant == tenant, sources.c.uri.in_(uris))
        twins = select(documents.c.uri).where(documents.c.tenant == staged)
        old = select(documents.c.id).where(
            documents.c.tenant == tenant,
            documents.c.source_id.in_(replaced) | documents.c.uri.in_(twins),
        )
        for part in _parts(await _ids(db, old)):
            await count_documents(db, tenant, part, counts, -1)
            await delete_passages(db, tenant, part)
            await db.execute(delete(documents).where(documents.c.id.in_(part)))
        failed = select(failures.c.uri).where(failures.c.tenant == staged)
        await db.execute(
            delete(failures).where(
                failures.c.tenant == tenant,
                failures.c.source_id.in_(replaced) | failures.c.uri.in_(failed),
            )
        )
        await db.execute(delete(sources).where(sources.c.tenant == tenant, sources.c.uri.in_(uris)))


def _said(rows: Sequence[Mapping[str, Any]]) -> frozenset[tuple[str, tuple[str, ...]]]:
    return frozenset((str(row["uri"]), (*row["audience"], row["trust"] or "")) for row in rows)


async def _ids(db: AsyncConnection, statement: object) -> list[str]:
    return list((await db.execute(statement)).scalars())  # type: ignore[call-overload]


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(ids), _IN_LIMIT):
        yield ids[start : start + _IN_LIMIT]
