"""Tables `term_counts`, `corpus_sizes`, `document_vectors`: ranking beyond one passage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.retrieval.passage import DocumentVectors, PassageVectors
from engine.storage.database import Database
from engine.storage.schema import (
    corpus_sizes,
    document_vectors,
    documents,
    passage_vectors,
    term_counts,
)

_IN_LIMIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSize:
    """What an audience may read: live passages, documents, and terms of all documents."""

    passages: int
    documents: int
    terms: int


@dataclass(slots=True)
class CountChange:
    """By how much a transaction changes the counts of each exact audience."""

    passages: dict[str, Counter[int]] = field(default_factory=dict)
    documents: dict[str, Counter[int]] = field(default_factory=dict)
    sizes: dict[str, list[int]] = field(default_factory=dict)

    def add(self, audience: Iterable[str], rows: Sequence[PassageVectors], sign: int) -> None:
        """Counts one document's passages in (sign 1) or out (sign -1)."""
        readers = readers_of(audience)
        in_passages = self.passages.setdefault(readers, Counter())
        in_documents = self.documents.setdefault(readers, Counter())
        size = self.sizes.setdefault(readers, [0, 0, 0])
        whole: set[int] = set()
        for row in rows:
            here = np.unique(np.concatenate([row.title_terms, row.terms])).tolist()
            for term in here:
                in_passages[term] += sign
            whole.update(here)
            size[2] += sign * (len(row.terms) + len(row.title_terms))
        for term in whole:
            in_documents[term] += sign
        size[0] += sign * len(rows)
        size[1] += sign


def readers_of(audience: Iterable[str]) -> str:
    """An exact audience as one value."""
    return ",".join(sorted(audience))


def document_vectors_of(
    title_terms: NDArray[np.uint32], rows: Sequence[PassageVectors]
) -> DocumentVectors:
    """A document's vectors from its passages'."""
    mean = np.mean([row.dense.astype(np.float32) for row in rows], axis=0)
    mean = mean / max(float(np.linalg.norm(mean)), 1e-6)
    every = [part for row in rows for part in (row.title_terms, row.terms)]
    ids, counts = np.unique(np.concatenate(every), return_counts=True)
    return DocumentVectors(
        centroid=mean.astype(np.float16),
        terms=ids,
        counts=np.minimum(counts, 65_535).astype(np.uint16),
        title_terms=np.unique(title_terms),
    )


async def apply_counts(db: AsyncConnection, tenant: str, change: CountChange) -> None:
    """Applies a change within the caller's transaction, rows in one order so that two
    transactions cannot wait for each other; what then stands nowhere is deleted."""
    term_rows = [
        {
            "tenant": tenant,
            "readers": readers,
            "term": term,
            "passages": passages,
            "documents": change.documents[readers][term],
        }
        for readers in sorted(change.passages)
        for term, passages in sorted(change.passages[readers].items())
        if passages or change.documents[readers][term]
    ]
    size_rows = [
        {"tenant": tenant, "readers": r, "passages": s[0], "documents": s[1], "terms": s[2]}
        for r, s in sorted(change.sizes.items())
    ]
    await _add(db, corpus_sizes, size_rows, ("passages", "documents", "terms"))
    await _add(db, term_counts, term_rows, ("passages", "documents"))
    if any(n < 0 for counts in change.passages.values() for n in counts.values()):
        for table in (term_counts, corpus_sizes):
            await db.execute(delete(table).where(table.c.tenant == tenant, table.c.passages <= 0))


async def _add(
    db: AsyncConnection, table: Table, rows: list[dict[str, object]], columns: tuple[str, ...]
) -> None:
    if not rows:
        return
    insert = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table)
    keys = [column.name for column in table.primary_key.columns]
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: table.c[name] + statement.excluded[name] for name in columns},
        ),
        rows,
    )


async def count_documents(
    db: AsyncConnection,
    tenant: str,
    document_ids: Sequence[str],
    change: CountChange,
    sign: int,
) -> None:
    """Notes that these live documents are about to go (sign -1) or have come (1), reading their
    passages' terms."""
    rows = await db.execute(
        select(
            documents.c.id,
            documents.c.audience,
            passage_vectors.c.terms,
            passage_vectors.c.title_terms,
        )
        .join(
            documents,
            (documents.c.id == passage_vectors.c.document_id)
            & (documents.c.version == passage_vectors.c.version),
        )
        .where(documents.c.tenant == tenant, documents.c.id.in_(document_ids))
    )
    by_document: dict[str, tuple[list[str], list[PassageVectors]]] = {}
    nothing = np.empty(0, np.float16)
    for document_id, audience, terms, title_terms in rows:
        by_document.setdefault(document_id, (audience, []))[1].append(
            PassageVectors(
                dense=nothing,
                sentences=nothing.astype(np.int8),
                terms=np.frombuffer(terms, np.uint32),
                title_terms=np.frombuffer(title_terms, np.uint32),
            )
        )
    for audience, vectors in by_document.values():
        change.add(audience, vectors, sign)


class TermStatistics:
    """Counts over what an audience may read. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sizes(self, tenant: str) -> dict[str, CorpusSize]:
        """Size of each exact audience that holds something."""
        statement = select(corpus_sizes).where(
            corpus_sizes.c.tenant == tenant, corpus_sizes.c.passages > 0
        )

        def read(db: Connection) -> dict[str, CorpusSize]:
            return {
                row.readers: CorpusSize(
                    passages=row.passages, documents=row.documents, terms=row.terms
                )
                for row in db.execute(statement)
            }

        return await self._database.look_up(read)

    async def counts(
        self, tenant: str, readers: Sequence[str], terms: Sequence[int]
    ) -> Mapping[int, tuple[int, int]]:
        """Passages and documents of these exact audiences in which each term stands."""

        def read(db: Connection) -> dict[int, tuple[int, int]]:
            found: dict[int, tuple[int, int]] = {}
            for start in range(0, len(terms), _IN_LIMIT):
                part = terms[start : start + _IN_LIMIT]
                rows = db.execute(_COUNTS, {"tenant": tenant, "readers": readers, "terms": part})
                found.update({int(t): (int(p), int(d)) for t, p, d in rows})
            return found

        return await self._database.look_up(read)

    async def documents(
        self, tenant: str, document_ids: Sequence[str]
    ) -> dict[str, DocumentVectors]:
        """What ranking reads of these documents, by id."""

        def read(db: Connection) -> dict[str, DocumentVectors]:
            found: dict[str, DocumentVectors] = {}
            for start in range(0, len(document_ids), _IN_LIMIT):
                part = document_ids[start : start + _IN_LIMIT]
                rows = db.execute(_DOCUMENTS, {"tenant": tenant, "ids": part})
                for row in rows:
                    found[row.document_id] = DocumentVectors(
                        centroid=np.frombuffer(row.centroid, np.float16),
                        terms=np.frombuffer(row.terms, np.uint32),
                        counts=np.frombuffer(row.counts, np.uint16),
                        title_terms=np.frombuffer(row.title_terms, np.uint32),
                    )
            return found

        return await self._database.look_up(read)


# Built once: building a statement costs more than these queries themselves.
_COUNTS = (
    select(term_counts.c.term, func.sum(term_counts.c.passages), func.sum(term_counts.c.documents))
    .where(
        term_counts.c.tenant == bindparam("tenant"),
        term_counts.c.readers.in_(bindparam("readers", expanding=True)),
        term_counts.c.term.in_(bindparam("terms", expanding=True)),
    )
    .group_by(term_counts.c.term)
)
_DOCUMENTS = select(document_vectors).where(
    document_vectors.c.tenant == bindparam("tenant"),
    document_vectors.c.document_id.in_(bindparam("ids", expanding=True)),
)
