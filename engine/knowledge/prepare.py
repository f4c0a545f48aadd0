"""Parsed documents -> passages with their vectors, ready to be published."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from engine.audience import EVERYONE
from engine.containment import citable_url, contained_label
from engine.errors import DocumentEmpty
from engine.knowledge.chunk import chunk_document
from engine.knowledge.document import ParsedDocument, Passage, RawDocument
from engine.knowledge.embedded_text import (
    embedded_hash,
    heading_text,
    passage_text,
    sentence_text,
)
from engine.knowledge.names import spoken_name
from engine.knowledge.own_audience import own_audience
from engine.knowledge.quarantine import (
    Warned,
    render_warning,
    warnings_of,
    without_planted,
)
from engine.retrieval.embedder import Embedder
from engine.retrieval.index import IndexPoint
from engine.retrieval.lexical import document_vector, terms
from engine.retrieval.passage import PassageVectors
from engine.storage.document_rows import DocumentRow, NewVersion
from engine.storage.passages import PassageRow, PassageStore
from engine.storage.term_statistics import document_vectors_of
from engine.trust import Trust

_EMBED_SLICE = 4096
"""Texts handed to the embedder at once: enough to sort by length, little enough to progress."""

_LONGEST_TITLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunked:
    """A document cut into passages, not yet embedded.

    texts: for each passage what is embedded: the passage's text first, then its sentences'.
    source_id: the source it stays with; None means the one that is being read.
    byline: of a person's answer; None elsewhere.
    warnings: what of it is not said.
    """

    uri: str
    raw: RawDocument
    title: str
    url: str | None
    category: str | None
    audience: tuple[str, ...]
    passages: tuple[Passage, ...]
    texts: tuple[tuple[str, ...], ...]
    source_id: str | None = None
    byline: str | None = None
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A group of documents with its vectors.

    hashes: of each passage's embedded texts, by document. vectors: by that hash, the passage's
    and its sentences'. tokens: word pieces embedded for it.
    """

    group: tuple[Chunked, ...]
    hashes: Sequence[Sequence[str]]
    vectors: Mapping[str, tuple[NDArray[np.float16], NDArray[np.int8]]]
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Versions to publish and the points that go with them; tokens: word pieces embedded."""

    versions: tuple[NewVersion, ...]
    points: tuple[IndexPoint, ...]
    tokens: int


def chunk(uri: str, raw: RawDocument, parsed: ParsedDocument, embedder: Embedder) -> Chunked:
    """Cuts a document and settles what it says about itself; blocking, so call it in a thread.

    The document's own front matter goes before what the source says of it. Where anybody may
    write, passages with planted orders are left out whole, and no address is taken from the text.

    Raises: DocumentUnreadable when it holds no text or names an audience that is none.
    """
    whole = chunk_document(parsed, count_tokens=embedder.count_tokens)
    if not whole:
        raise DocumentEmpty(
            f"{spoken_name(raw.name)} holds no text; there is nothing to answer from"
        )
    warnings = tuple(warnings_of(uri, raw.name, whole, parsed.hidden))
    passages = tuple(whole if raw.trust is not Trust.OPEN else without_planted(whole))
    if not passages:
        raise DocumentEmpty(warnings[0].reason)
    title = (raw.title or parsed.title or raw.name)[:_LONGEST_TITLE]
    return Chunked(
        uri=uri,
        raw=raw,
        title=title,
        url=_own_url(raw, parsed),
        category=contained_label(raw.category or _string(parsed.front_matter.get("category"))),
        audience=own_audience(raw, parsed) or raw.audience or (EVERYONE,),
        passages=passages,
        texts=tuple(embedded_texts(title, passage) for passage in passages),
        warnings=warnings,
    )


def embedded_texts(title: str, passage: Passage) -> tuple[str, ...]:
    """What is embedded of a passage: its own text first, then its sentences'."""
    sentences = (sentence_text(passage, sentence) for sentence in passage.sentences)
    return (passage_text(title, passage), *sentences)


def model_name(embedder: Embedder) -> str:
    """The embedder as the hashes of embedded texts name it."""
    return f"{embedder.name}:{embedder.version}"


def _string(value: object) -> str | None:
    """Without NUL, which PostgreSQL keeps nowhere."""
    return value.replace("\0", "").strip()[:100] or None if isinstance(value, str) else None


def _own_url(raw: RawDocument, parsed: ParsedDocument) -> str | None:
    if raw.trust is Trust.OPEN:
        return raw.url if raw.text is None else None  # a row's own words, not its source's
    return raw.url or _link(parsed.front_matter.get("url"))


def _link(value: object) -> str | None:
    return citable_url(value) if isinstance(value, str) else None


async def embed_group(
    tenant: str, group: Sequence[Chunked], *, embedder: Embedder, store: PassageStore
) -> Embedded:
    """Embeds a group of documents; passages embedded before from the same texts are not again.

    Raises: ModelUnavailable, StorageUnavailable.
    """
    model = model_name(embedder)
    hashes = [[embedded_hash(model, texts) for texts in document.texts] for document in group]
    known = await store.vectors_by_hash(tenant, list({h for row in hashes for h in row}))
    wanted: dict[str, tuple[str, ...]] = {}
    for document, row in zip(group, hashes, strict=True):
        for hashed, texts in zip(row, document.texts, strict=True):
            if hashed not in known:
                wanted[hashed] = texts
    flat = [text for texts in wanted.values() for text in texts]
    vectors = await _embed(embedder, flat)
    start = 0
    for hashed, texts in wanted.items():
        rows = vectors[start : start + len(texts)]
        known[hashed] = (rows[0].astype(np.float16), quantise(rows[1:]))
        start += len(texts)
    tokens = sum(
        passage.tokens
        for document, row in zip(group, hashes, strict=True)
        for passage, hashed in zip(document.passages, row, strict=True)
        if hashed in wanted
    )
    return Embedded(group=tuple(group), hashes=hashes, vectors=known, tokens=tokens)


async def _embed(embedder: Embedder, texts: Sequence[str]) -> NDArray[np.float32]:
    parts = [
        await embedder.embed_many(texts[start : start + _EMBED_SLICE])
        for start in range(0, len(texts), _EMBED_SLICE)
    ]
    return np.concatenate(parts) if parts else np.empty((0, embedder.dimension), np.float32)


def quantise(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Unit vectors as int8, value x 127; a cosine is then a dot product / 127."""
    rounded: NDArray[np.int8] = np.clip(np.rint(vectors * 127.0), -127, 127).astype(np.int8)
    return rounded


def assemble(embedded: Embedded, *, source_id: str, ingested_at: datetime) -> Prepared:
    """New versions of a group's documents; computes their terms, so call it in a thread."""
    versions, points = [], []
    for document, hashes in zip(embedded.group, embedded.hashes, strict=True):
        version = new_version()
        rows = []
        for passage, hashed in zip(document.passages, hashes, strict=True):
            dense, sentences = embedded.vectors[hashed]
            title_terms = terms(heading_text(document.title, passage.heading_path))
            row = PassageRow(
                id=str(uuid.uuid4()),
                passage=passage,
                embedded_hash=hashed,
                vectors=PassageVectors(
                    dense=dense,
                    sentences=sentences,
                    terms=terms(passage.text),
                    title_terms=title_terms,
                ),
            )
            rows.append(row)
            points.append(index_point(row.id, version, document.audience, row.vectors))
        versions.append(
            NewVersion(
                document=DocumentRow(
                    id=str(uuid.uuid4()),
                    source_id=document.source_id or source_id,
                    uri=document.uri,
                    name=document.raw.name,
                    title=document.title,
                    byline=document.byline,
                    url=document.url,
                    category=document.category,
                    audience=document.audience,
                    content_hash=document.raw.content_hash,
                    version=version,
                    modified_at=document.raw.modified_at,
                    ingested_at=ingested_at,
                    trust=document.raw.trust,
                    warnings=tuple(map(render_warning, document.warnings)),
                ),
                passages=tuple(rows),
                vectors=document_vectors_of(terms(document.title), [r.vectors for r in rows]),
            )
        )
    return Prepared(versions=tuple(versions), points=tuple(points), tokens=embedded.tokens)


def index_point(
    passage_id: str, version: str, audience: tuple[str, ...], vectors: PassageVectors
) -> IndexPoint:
    """The point that stands for a stored passage in the index."""
    dense = vectors.dense.astype(np.float32)
    return IndexPoint(
        id=passage_id,
        document_version=version,
        audience=audience,
        dense=dense / max(float(np.linalg.norm(dense)), 1e-6),
        sparse=document_vector(np.concatenate([vectors.title_terms, vectors.terms])),
    )


def new_version() -> str:
    """A UUID version 7: 48 bits of Unix milliseconds, then random bits (RFC 9562, 5.7)."""
    value = (int(time.time() * 1000) & (2**48 - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def version_age_s(version: str) -> float:
    """Seconds since `new_version` made it; 0 for a UUID of another kind."""
    parsed = uuid.UUID(version)
    if parsed.version != 7:
        return 0.0
    return max(0.0, time.time() - (parsed.int >> 80) / 1000)
