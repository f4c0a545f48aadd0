"""A source forgotten: its documents go, but for those that another source holds as well."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.clock import Clock
from engine.knowledge.names import printable
from engine.knowledge.rights import narrow, remaining_readers
from engine.knowledge.source import SKIPPED_FOLDERS
from engine.knowledge.source_tags import SourceTags
from engine.knowledge.source_uri import lies_in, local_path, narrowness
from engine.retrieval.index import SearchIndex
from engine.storage.document_rows import Known
from engine.storage.documents import DocumentStore
from engine.storage.sources import Source, SourceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Documents that went, and documents that another source keeps."""

    removed: int
    kept: int


async def forget_source(
    tenant: str,
    source_id: str,
    *,
    index: SearchIndex,
    documents: DocumentStore,
    sources: SourceStore,
    clock: Clock,
) -> Forgotten:
    """Removes a source and what it alone holds; may be interrupted and run again.

    Nothing opens by it: sources without tags of their own that lie in this one keep its tags, and
    a document handed to a source for fewer readers is theirs alone.

    Raises: IndexUnavailable, StorageUnavailable.
    """
    every = await sources.all(tenant)
    known = await documents.known(tenant)
    left = []
    for source in (s for s in every if s.id != source_id):
        owner = known[source.uri].source_id if source.uri in known else None
        given = SourceTags(every).of(source.uri, {owner})
        if given.source_id == source_id:
            await sources.add(tenant, source.uri, given.tags, at=clock())
            source = replace(source, audience=given.tags)
        left.append(source)
    tags = SourceTags(left)
    gone: list[str] = []
    handed: dict[str, dict[str, str]] = {}
    narrowed: list[tuple[Known, tuple[str, ...]]] = []
    for uri, document in known.items():
        if document.source_id != source_id:
            continue
        heir = _heir(uri, left)
        readers = remaining_readers(document, tags.of(uri).tags) if heir else ()
        if heir is None or readers == ():
            gone.append(document.id)
            continue
        if readers:
            narrowed.append((document, readers))
        handed.setdefault(heir.id, {})[document.id] = document.name
    await narrow(tenant, narrowed, index=index, documents=documents)
    for heir_id, names in handed.items():
        await documents.adopt(tenant, heir_id, names)
    if gone:
        versions = await documents.remove(tenant, gone)
        await index.delete_versions(tenant, versions)
        await index.flush()
    await sources.remove(tenant, source_id)
    return Forgotten(removed=len(gone), kept=sum(map(len, handed.values())))


def exists(uri: str) -> bool:
    """True while the local file is there, or the corpus whose row it is, or nobody can say."""
    return (
        not uri.startswith("/")  # an address, of which only a listing of its own source can say
        or "\\x" in uri  # bytes that are no text, as they are shown
        or os.path.lexists(uri)
        or os.path.lexists(uri.rpartition("#")[0])
    )


def _heir(uri: str, sources: Sequence[Source]) -> Source | None:
    """The narrowest source that would list this document as well."""
    if uri.startswith("/") and not exists(uri):
        return None
    holding = [s for s in sources if lies_in(uri, s.uri) and not _is_left_out(uri, s.uri)]
    return max(holding, key=lambda s: (narrowness(s.uri, uri=uri), s.uri), default=None)


def _is_left_out(uri: str, source: str) -> bool:
    """True for what lies in a folder's hidden parts, which it does not list."""
    folder = f"{printable(local_path(source)).rstrip('/')}/"
    if not uri.startswith(folder):
        return False
    below = uri.removeprefix(folder).partition("#")[0].split("/")
    return any(part.startswith((".", "~$")) or part in SKIPPED_FOLDERS for part in below)
