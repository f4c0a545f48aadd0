"""Documents on their way into the table `documents` and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.retrieval.passage import DocumentVectors
from engine.storage.passages import PassageRow
from engine.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document as stored. version: UUID whose passages are live. byline, trust, warnings: see the
    table."""

    id: str
    source_id: str
    uri: str
    name: str
    title: str
    url: str | None
    category: str | None
    audience: tuple[str, ...]
    content_hash: str
    version: str
    modified_at: datetime | None
    ingested_at: datetime
    byline: str | None = None
    trust: Trust = Trust.TEAM
    warnings: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A document about to be published with all its passages."""

    document: DocumentRow
    passages: tuple[PassageRow, ...]
    vectors: DocumentVectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a transaction did.

    added, changed: names. superseded: versions whose points may now be deleted, those of
    documents that another ingestion had published first included.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    superseded: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an ingestion needs to know of a document it met before."""

    id: str
    source_id: str
    name: str
    audience: tuple[str, ...]
    content_hash: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnedDocument:
    """A live document of which something is not said. warnings: see the table."""

    uri: str
    name: str
    source_id: str
    source_uri: str
    warnings: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a live version holds, as a hash, and who may read it."""

    version: str
    content_hash: str
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """The document of a cited passage, as it is now."""

    uri: str
    audience: tuple[str, ...]
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAudience:
    """Other readers for a live version; content_hash: says from whom it has its tags, too."""

    document_id: str
    version: str
    audience: tuple[str, ...]
    content_hash: str
