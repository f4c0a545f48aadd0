"""What an entry's sources are now, and whether they are still what its owner was shown."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from engine.storage.documents import DocumentStore
from engine.storage.entry import Entry, EntrySource


async def sources_now(
    documents: DocumentStore, tenant: str, entry: Entry
) -> tuple[EntrySource, ...]:
    """An entry's sources as they are now, without those that are gone.

    Raises: StorageUnavailable.
    """
    now = await documents.at(tenant, [source.document for source in entry.sources])
    return tuple(
        replace(source, content_hash=now[source.document].content_hash)
        for source in entry.sources
        if source.document in now
    )


def stamp_of(sources: Sequence[EntrySource]) -> str:
    """Differs where one of them says something else, came, or is gone."""
    said = sorted(f"{source.document}\0{source.content_hash}" for source in sources)
    return hashlib.sha256("\n".join(said).encode(errors="replace")).hexdigest()[:16]
