"""Who may go on reading a live version when the tags of its source change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from engine.audience import EVERYONE, narrowed
from engine.retrieval.index import SearchIndex
from engine.storage.document_rows import Known, NewAudience
from engine.storage.documents import DocumentStore

_CONTENT, _MARK = 36, 12
"""Characters of a stamp: so much of the content's hash, of its tags' hash, and the reader's version
in what is left of 64."""

_BATCH = 256
"""Documents narrowed in one transaction."""


def stamp(content_hash: str, tags: Iterable[str], reader_version: str) -> str:
    """What a stored version was made of: content, the tags its source gave it, what read it."""
    return f"{content_hash[:_CONTENT]:0<{_CONTENT}}-{_mark(tags)}-{reader_version[:14]}"


def remaining_readers(known: Known, tags: Sequence[str]) -> tuple[str, ...] | None:
    """The tags left to a live version that cannot be read anew, now that its source gives `tags`.

    None: nothing changes, since the source gave the same before or the document itself says who
    may read it. Empty: nobody is meant by the tags of before and of now.
    """
    given = known.content_hash[_CONTENT + 1 : _CONTENT + 1 + _MARK]
    is_stamp = known.content_hash[_CONTENT : _CONTENT + 1] == "-"
    if is_stamp and (given == _mark(tags) or given != _mark(known.audience)):
        return None
    left = narrowed(known.audience, tags or (EVERYONE,))
    return None if left == tuple(sorted(known.audience)) else left


async def narrow(
    tenant: str,
    changes: Sequence[tuple[Known, tuple[str, ...]]],
    *,
    index: SearchIndex,
    documents: DocumentStore,
) -> None:
    """Leaves live versions to these readers alone; idempotent.

    The index goes first: interrupted in between, a document is found by nobody who may not read
    it, and the next run does it again.

    Raises: IndexUnavailable, StorageUnavailable.
    """
    for start in range(0, len(changes), _BATCH):
        part = changes[start : start + _BATCH]
        for known, tags in part:
            await index.set_audience(tenant, known.version, tags)
        await index.flush()
        await documents.set_audiences(
            tenant,
            [
                NewAudience(
                    document_id=known.id,
                    version=known.version,
                    audience=tags,
                    content_hash=stamp("", tags, ""),  # no content's, so that it is read again
                )
                for known, tags in part
            ],
        )


def _mark(tags: Iterable[str]) -> str:
    said = ",".join(sorted(tags)) or EVERYONE
    return hashlib.sha256(said.encode()).hexdigest()[:_MARK]
