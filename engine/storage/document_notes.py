"""What is noted of live documents beside their text: what of them is not said."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.storage.database import Database, upsert
from engine.storage.document_rows import WarnedDocument
from engine.storage.schema import documents, knowledge, sources


async def bump(db: AsyncConnection, tenant: str) -> None:
    """First in each transaction that changes what readers see: holding this row, a tenant's
    changes go one by one."""
    await db.execute(
        upsert(db, knowledge)
        .values(tenant=tenant, revision=1)
        .on_conflict_do_update(
            index_elements=["tenant"], set_={"revision": knowledge.c.revision + 1}
        )
    )


class DocumentNotes:
    """Notes of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def warned(self, tenant: str) -> list[WarnedDocument]:
        """The live documents of which something is not said, by source and name."""
        statement = (
            select(
                documents.c.uri,
                documents.c.name,
                documents.c.warnings,
                sources.c.id.label("source_id"),
                sources.c.uri.label("source_uri"),
            )
            .join(sources, sources.c.id == documents.c.source_id)
            .where(documents.c.tenant == tenant, documents.c.warnings.is_not(None))
            .order_by(sources.c.uri, documents.c.name)
        )
        async with self._database.read() as db:
            return [
                WarnedDocument(
                    uri=row.uri,
                    name=row.name,
                    source_id=row.source_id,
                    source_uri=row.source_uri,
                    warnings=tuple(row.warnings or ()),
                )
                for row in await db.execute(statement)
            ]
