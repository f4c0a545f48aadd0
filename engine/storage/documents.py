"""Table `documents`: what readers may see, and the one step in which it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from engine.storage.database import Database
from engine.storage.document_notes import bump
from engine.storage.document_rows import Cited, Content, Known, NewAudience, NewVersion, Published
from engine.storage.passages import delete_passages, insert_passages, is_live
from engine.storage.schema import document_vectors, documents, knowledge, passages, sources
from engine.storage.term_statistics import CountChange, apply_counts, count_documents

_IN_LIMIT = 500
"""Values in one SQL IN list, well below SQLite's and PostgreSQL's limits on parameters."""
_REVISION = select(knowledge.c.revision).where(knowledge.c.tenant == bindparam("tenant"))


class DocumentStore:
    """Documents of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state: dict[str, tuple[int, str]] = {}

    async def known(self, tenant: str) -> dict[str, Known]:
        """Every document by uri."""
        return await self._known(tenant)

    async def known_in(self, tenant: str, source_uri: str) -> dict[str, Known]:
        """The documents of one source by uri."""
        mine = (sources.c.tenant == tenant) & (sources.c.uri == source_uri)
        return await self._known(
            tenant, documents.c.source_id.in_(select(sources.c.id).where(mine))
        )

    async def known_at(self, tenant: str, uri: str) -> Known | None:
        """One document; None where there is none."""
        return (await self._known(tenant, documents.c.uri == uri)).get(uri)

    async def _known(self, tenant: str, *conditions: ColumnElement[bool]) -> dict[str, Known]:
        statement = select(
            documents.c.uri,
            documents.c.id,
            documents.c.source_id,
            documents.c.name,
            documents.c.audience,
            documents.c.content_hash,
            documents.c.version,
        ).where(documents.c.tenant == tenant, *conditions)
        async with self._database.read() as db:
            return {
                row.uri: Known(
                    id=row.id,
                    source_id=row.source_id,
                    name=row.name,
                    audience=tuple(row.audience),
                    content_hash=row.content_hash,
                    version=row.version,
                )
                for row in await db.execute(statement)
            }

    async def publish(self, tenant: str, versions: Sequence[NewVersion]) -> Published:
        """Makes these versions the live ones, all in one transaction.

        A document whose live version already has the same content hash is left as it is: another
        ingestion was faster.
        """
        added, changed, superseded = [], [], []
        counts = CountChange()
        async with self._database.write() as db:
            await bump(db, tenant)
            for new in versions:
                doc = new.document
                live = (
                    await db.execute(
                        select(documents.c.id, documents.c.version, documents.c.content_hash)
                        .where(documents.c.tenant == tenant, documents.c.uri == doc.uri)
                        .with_for_update()
                    )
                ).first()
                values = {
                    "source_id": doc.source_id,
                    "name": doc.name,
                    "title": doc.title,
                    "byline": doc.byline,
                    "url": doc.url,
                    "category": doc.category,
                    "audience": list(doc.audience),
                    "content_hash": doc.content_hash,
                    "version": doc.version,
                    "passages": len(new.passages),
                    "modified_at": doc.modified_at,
                    "ingested_at": doc.ingested_at,
                    "trust": doc.trust.value,
                    "warnings": [dict(each) for each in doc.warnings] or None,
                }
                document_id = doc.id
                if live is None:
                    await db.execute(
                        insert(documents).values(
                            id=document_id, tenant=tenant, uri=doc.uri, **values
                        )
                    )
                    added.append(doc.name)
                elif live.content_hash == doc.content_hash:
                    superseded.append(doc.version)
                    continue
                else:
                    document_id = live.id
                    await count_documents(db, tenant, [document_id], counts, -1)
                    await db.execute(
                        update(documents).where(documents.c.id == document_id).values(**values)
                    )
                    await delete_passages(db, tenant, [document_id])
                    superseded.append(live.version)
                    changed.append(doc.name)
                await insert_passages(db, tenant, document_id, doc.version, new.passages)
                await db.execute(
                    insert(document_vectors).values(
                        document_id=document_id,
                        tenant=tenant,
                        centroid=new.vectors.centroid.tobytes(),
                        terms=new.vectors.terms.tobytes(),
                        counts=new.vectors.counts.tobytes(),
                        title_terms=new.vectors.title_terms.tobytes(),
                    )
                )
                counts.add(doc.audience, [row.vectors for row in new.passages], 1)
            await apply_counts(db, tenant, counts)
        return Published(added=tuple(added), changed=tuple(changed), superseded=tuple(superseded))

    async def adopt(self, tenant: str, source_id: str, names: dict[str, str]) -> None:
        """Unchanged documents now belong to this source, under these names (by document id)."""
        async with self._database.write() as db:
            await bump(db, tenant)
            for document_id, name in names.items():
                await db.execute(
                    update(documents)
                    .where(documents.c.tenant == tenant, documents.c.id == document_id)
                    .values(source_id=source_id, name=name)
                )

    async def set_audiences(self, tenant: str, changes: Sequence[NewAudience]) -> None:
        """Gives live versions other readers, all in one transaction with the terms' counts.

        A document of which another version is live by now is left as it is.
        """
        counts = CountChange()
        async with self._database.write() as db:
            await bump(db, tenant)
            for change in changes:
                mine = (documents.c.tenant == tenant) & (documents.c.id == change.document_id)
                live = select(documents.c.version).where(mine).with_for_update()
                if (await db.execute(live)).scalar() != change.version:
                    continue
                await count_documents(db, tenant, [change.document_id], counts, -1)
                values = {"audience": list(change.audience), "content_hash": change.content_hash}
                await db.execute(update(documents).where(mine).values(**values))
                await count_documents(db, tenant, [change.document_id], counts, 1)
            await apply_counts(db, tenant, counts)

    async def remove(self, tenant: str, document_ids: Sequence[str]) -> tuple[str, ...]:
        """Deletes documents and their passages; returns the versions whose points may go."""
        gone: list[str] = []
        counts = CountChange()
        async with self._database.write() as db:
            await bump(db, tenant)
            for chunk in _chunks(document_ids):
                mine = (documents.c.tenant == tenant) & documents.c.id.in_(chunk)
                gone += (await db.execute(select(documents.c.version).where(mine))).scalars()
                await count_documents(db, tenant, chunk, counts, -1)
                await delete_passages(db, tenant, chunk)
                await db.execute(delete(documents).where(mine))
            await apply_counts(db, tenant, counts)
        return tuple(gone)

    async def ids_of_source(self, tenant: str, source_id: str) -> list[str]:
        """Ids of a source's documents."""
        async with self._database.read() as db:
            return list(
                (
                    await db.execute(
                        select(documents.c.id).where(
                            documents.c.tenant == tenant, documents.c.source_id == source_id
                        )
                    )
                ).scalars()
            )

    async def live_sizes(self, tenant: str) -> dict[str, int]:
        """Number of passages of every live version."""
        async with self._database.read() as db:
            rows = await db.execute(
                select(documents.c.version, documents.c.passages).where(
                    documents.c.tenant == tenant
                )
            )
            return {row.version: row.passages for row in rows}

    async def contents(self, tenant: str) -> list[Content]:
        """Every live version."""
        statement = select(
            documents.c.version, documents.c.content_hash, documents.c.audience
        ).where(documents.c.tenant == tenant)

        def read(db: Connection) -> list[Content]:
            return [
                Content(
                    version=row.version,
                    content_hash=row.content_hash,
                    audience=tuple(row.audience),
                )
                for row in db.execute(statement)
            ]

        return await self._database.look_up(read)

    async def count(self, tenant: str) -> int:
        """Documents of a tenant."""
        async with self._database.read() as db:
            found = await db.execute(
                select(func.count()).select_from(documents).where(documents.c.tenant == tenant)
            )
            return int(found.scalar_one())

    async def count_passages(self, tenant: str) -> int:
        """Number of live passages."""

        def read(db: Connection) -> int:
            statement = select(func.coalesce(func.sum(documents.c.passages), 0)).where(
                documents.c.tenant == tenant
            )
            return int(db.execute(statement).scalar_one())

        return await self._database.look_up(read)

    async def audiences_of(
        self, tenant: str, passage_ids: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        """Tags of these passages' documents now; of a passage that is no longer live, none."""

        def read(db: Connection) -> dict[str, tuple[str, ...]]:
            found: dict[str, tuple[str, ...]] = {}
            for part in _chunks(list(dict.fromkeys(passage_ids))):
                mine = (passages.c.tenant == tenant) & passages.c.id.in_(part)
                rows = db.execute(
                    select(passages.c.id, documents.c.audience).where(mine, is_live(passages))
                )
                found.update({row.id: tuple(row.audience) for row in rows})
            return found

        return await self._database.look_up(read)

    async def cited(self, tenant: str, passage_ids: Sequence[str]) -> dict[str, Cited]:
        """These passages' documents; of a passage that is no longer live, none."""
        columns = (documents.c.uri, documents.c.audience, documents.c.content_hash)

        def read(db: Connection) -> dict[str, Cited]:
            found: dict[str, Cited] = {}
            for part in _chunks(list(dict.fromkeys(passage_ids))):
                mine = (passages.c.tenant == tenant) & passages.c.id.in_(part)
                for row in db.execute(
                    select(passages.c.id, *columns).where(mine, is_live(passages))
                ):
                    found[row.id] = Cited(
                        uri=row.uri, audience=tuple(row.audience), content_hash=row.content_hash
                    )
            return found

        return await self._database.look_up(read)

    async def at(self, tenant: str, uris: Sequence[str]) -> dict[str, Cited]:
        """The documents of these uris as they are now; of one that is gone, none."""
        columns = (documents.c.uri, documents.c.audience, documents.c.content_hash)

        def read(db: Connection) -> dict[str, Cited]:
            found: dict[str, Cited] = {}
            for part in _chunks(list(dict.fromkeys(uris))):
                mine = (documents.c.tenant == tenant) & documents.c.uri.in_(part)
                for row in db.execute(select(*columns).where(mine)):
                    found[row.uri] = Cited(
                        uri=row.uri, audience=tuple(row.audience), content_hash=row.content_hash
                    )
            return found

        return await self._database.look_up(read)

    async def revision(self, tenant: str) -> int:
        """A number that grows with each change of what readers may see; 0 before the first."""
        found = await self._database.look_up(
            lambda db: db.execute(_REVISION, {"tenant": tenant}).scalar()
        )
        return int(found or 0)

    async def content_fingerprint(self, tenant: str, revision: int) -> str:
        """Sha256 over every name, content, audience and trust: equal for equal knowledge."""
        cached = self._state.get(tenant)
        if cached and cached[0] == revision:
            return cached[1]
        async with self._database.read() as db:
            columns = (documents.c.name, documents.c.content_hash, documents.c.audience)
            rows = await db.execute(
                select(*columns, documents.c.trust).where(documents.c.tenant == tenant)
            )
            lines = sorted(
                f"{r.name}\t{r.content_hash}\t{','.join(r.audience)}\t{r.trust}" for r in rows
            )
        digest = hashlib.sha256("\n".join(lines).encode(errors="replace")).hexdigest()
        self._state[tenant] = (revision, digest)
        return digest


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(ids), _IN_LIMIT):
        yield ids[start : start + _IN_LIMIT]
