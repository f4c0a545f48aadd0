"""What the index holds, brought back to what the database says is live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.errors import IndexMismatch
from engine.knowledge.embedded_text import embedded_hash
from engine.knowledge.prepare import embedded_texts, index_point, model_name, version_age_s
from engine.retrieval.embedder import Embedder
from engine.retrieval.index import IndexPoint, SearchIndex
from engine.retrieval.passage import Candidate
from engine.storage.documents import DocumentStore
from engine.storage.passages import PassageStore

_BATCH = 256
"""Points written at once."""

_LEFTOVER_AGE_S = 24 * 3600.0
"""Points of versions that never went live are deleted when older, so that a slower ingestion
running beside this one keeps its own."""


async def repair_index(
    tenant: str,
    *,
    embedder: Embedder,
    index: SearchIndex,
    documents: DocumentStore,
    passages: PassageStore,
) -> None:
    """Makes the index hold the live versions, whole, and no leftovers of a day ago; idempotent.

    What is missing is written again from the database, without embedding.

    Raises: IndexMismatch when the database's vectors are another embedder's, which an index
    that was lost cannot tell; IndexUnavailable, StorageUnavailable.
    """
    held = await index.versions(tenant)
    live = await documents.live_sizes(tenant)
    missing = [v for v, size in live.items() if held.get(v, 0) != size]
    for version in missing:
        rows = await passages.of_version(tenant, version)
        if rows and not await _embedded_alike(tenant, rows[0].id, embedder, passages):
            raise IndexMismatch(
                "the stored passages were embedded by another model or program version; run "
                "`deskhand ingest --rebuild`"
            )
        for points in stored_points(version, rows):
            await index.upsert(tenant, points)
    leftovers = [v for v in held if v not in live and version_age_s(v) > _LEFTOVER_AGE_S]
    if leftovers:
        await index.delete_versions(tenant, leftovers)
    if missing or leftovers:
        await index.flush()


def stored_points(version: str, rows: Sequence[Candidate]) -> Iterator[list[IndexPoint]]:
    """The points of a stored version, a batch at a time, as an ingestion would write them."""
    for start in range(0, len(rows), _BATCH):
        yield [
            index_point(row.id, version, row.audience, row.vectors)
            for row in rows[start : start + _BATCH]
        ]


async def _embedded_alike(
    tenant: str, passage_id: str, embedder: Embedder, passages: PassageStore
) -> bool:
    """True when this embedder would read the very texts the stored vectors were made of."""
    live = (await passages.live(tenant, [passage_id])).get(passage_id)
    if live is None:  # replaced meanwhile
        return True
    hashed = embedded_hash(model_name(embedder), embedded_texts(live.title, live.passage))
    return bool(await passages.vectors_by_hash(tenant, [hashed]))
