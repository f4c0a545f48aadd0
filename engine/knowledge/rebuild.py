"""Every source read again from nothing, beside the knowledge that serves meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields

from engine.errors import DeskhandError, DocumentUnreadable, ParserUnavailable
from engine.knowledge.document import ParsedDocument, RawDocument
from engine.knowledge.ingest import Ingestion
from engine.knowledge.parser import Parser
from engine.knowledge.repair import stored_points
from engine.retrieval.index import (
    IndexAnswer,
    IndexPoint,
    IndexQuery,
    IndexRebuild,
    IndexRecord,
    RebuildsAside,
)
from engine.storage.staged_knowledge import StagedKnowledge, staging_tenant


@asynccontextmanager
async def rebuilding(ingestion: Ingestion, staged: StagedKnowledge) -> AsyncIterator[Ingestion]:
    """An ingestion whose documents replace the live ones when the block ends without a fault.

    Until then readers see the old knowledge whole. A block that raises, or a process that is
    killed, changes nothing; what it has left behind is removed by the next rebuild. Sources that
    are not ingested in the block stay as they are.

    With an index that can be built aside, readers go over in one step. The embedded index is
    filled again after the documents went live, which takes seconds in which little is found.

    Raises: IndexUnavailable, StorageUnavailable; ParserUnavailable when a document cannot be read
    for now, such as while a hosted parser is down.
    """
    tenant = ingestion.tenant
    await staged.begin(tenant)
    try:
        yield _Staging(
            **{field.name: getattr(ingestion, field.name) for field in fields(Ingestion)}
            | {
                "tenant": staging_tenant(tenant),
                "index": _NoIndex(),
                "parser": _Insisting(ingestion.parser),
            }
        )
        record = ingestion.index_record()
        if isinstance(ingestion.index, RebuildsAside):
            async with ingestion.index.rebuilding(record) as fresh:
                await _fill(ingestion, fresh)
                await fresh.keep_others(tenant)
                await staged.take_over(tenant, then=fresh.serve)
        else:
            await staged.take_over(tenant)
            await ingestion.index.clear()
            await ingestion.index.start(record)
            await ingestion.repair()
    except BaseException:
        with contextlib.suppress(DeskhandError):
            await staged.discard(tenant)
        raise
    if isinstance(ingestion.index, RebuildsAside):
        await ingestion.repair()  # sources that were not rebuilt, and what changed meanwhile


async def _fill(ingestion: Ingestion, fresh: IndexRebuild) -> None:
    staged = staging_tenant(ingestion.tenant)
    for version in await ingestion.documents.live_sizes(staged):
        rows = await ingestion.passages.of_version(staged, version)
        for points in stored_points(version, rows):
            await fresh.upsert(ingestion.tenant, points)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Staging(Ingestion):
    """Publishes to the database alone."""

    async def repair(self) -> None:
        """There is no index yet."""


class _Insisting:
    """Ends the rebuild when a document cannot be read for now: it would be lost."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.version = parser.version

    async def parse(self, document: RawDocument) -> ParsedDocument:
        try:
            return await self._parser.parse(document)
        except DocumentUnreadable as error:
            if error.retryable:
                raise ParserUnavailable(str(error), retryable=True) from None
            raise

    async def aclose(self) -> None:
        """Stays open: it is the ingestion's."""


class _NoIndex:
    """Takes points and drops them: the index is filled from the database in one go."""

    async def record(self) -> IndexRecord | None:
        return None

    async def start(self, record: IndexRecord) -> None:
        pass

    async def upsert(self, tenant: str, points: Sequence[IndexPoint]) -> None:
        pass

    async def set_audience(
        self, tenant: str, document_version: str, audience: tuple[str, ...]
    ) -> None:
        pass

    async def delete_versions(self, tenant: str, document_versions: Sequence[str]) -> None:
        pass

    async def flush(self) -> None:
        pass

    async def search(self, query: IndexQuery) -> IndexAnswer:
        return IndexAnswer(dense=(), sparse=())

    async def versions(self, tenant: str) -> dict[str, int]:
        return {}

    async def count(self, tenant: str) -> int:
        return 0

    async def clear(self) -> None:
        pass

    async def aclose(self) -> None:
        pass
