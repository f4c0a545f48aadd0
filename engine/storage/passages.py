"""Tables `passages` and `passage_vectors`: what answers quote and what ranking reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.knowledge.document import Passage, Sentence, SentenceKind
from engine.retrieval.passage import Candidate, LivePassage, PassageVectors
from engine.storage.database import Database
from engine.storage.schema import document_vectors, documents, passage_vectors, passages
from engine.trust import Trust

_IN_LIMIT = 500


def is_live(table: Table) -> ColumnElement[bool]:
    """The join of passages with the document whose live version they are, by its key."""
    return (documents.c.id == table.c.document_id) & (documents.c.version == table.c.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRow:
    """A passage to be stored. embedded_hash: sha256 of the embedder and the texts it read."""

    id: str
    passage: Passage
    vectors: PassageVectors
    embedded_hash: str


async def insert_passages(
    db: AsyncConnection, tenant: str, document_id: str, version: str, rows: Sequence[PassageRow]
) -> None:
    """Adds a version's passages within the caller's transaction."""
    if not rows:
        return
    common = {"tenant": tenant, "document_id": document_id, "version": version}
    await db.execute(
        insert(passages),
        [
            {
                **common,
                "id": row.id,
                "ordinal": row.passage.ordinal,
                "text": row.passage.text,
                "heading_path": list(row.passage.heading_path),
                "page": row.passage.page,
                "sentences": _pack_sentences(row.passage.sentences),
            }
            for row in rows
        ],
    )
    await db.execute(
        insert(passage_vectors),
        [
            {
                **common,
                "id": row.id,
                "ordinal": row.passage.ordinal,
                "embedded_hash": row.embedded_hash,
                "dense": row.vectors.dense.tobytes(),
                "sentence_vectors": row.vectors.sentences.tobytes(),
                "terms": row.vectors.terms.tobytes(),
                "title_terms": row.vectors.title_terms.tobytes(),
            }
            for row in rows
        ],
    )


async def delete_passages(db: AsyncConnection, tenant: str, document_ids: Sequence[str]) -> None:
    """Deletes every passage of the tenant's documents within the caller's transaction."""
    for table in (passages, passage_vectors, document_vectors):
        await db.execute(
            delete(table).where(table.c.tenant == tenant, table.c.document_id.in_(document_ids))
        )


class PassageStore:
    """Passages of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def candidates(self, tenant: str, ids: Sequence[str]) -> dict[str, Candidate]:
        """The live ones of these passages, by id, with what ranking reads."""

        def read(db: Connection) -> dict[str, Candidate]:
            found: dict[str, Candidate] = {}
            for part in _parts(ids):
                rows = db.execute(_RANKED_BY_ID, {"tenant": tenant, "ids": part})
                found.update({row[0]: _candidate(row) for row in rows})
            return found

        return await self._database.look_up(read)

    async def live(self, tenant: str, ids: Sequence[str]) -> dict[str, LivePassage]:
        """The live ones of these passages, by id, with what an answer quotes."""

        def read(db: Connection) -> dict[str, LivePassage]:
            found: dict[str, LivePassage] = {}
            for part in _parts(ids):
                rows = db.execute(_LIVE_BY_ID, {"tenant": tenant, "ids": part})
                found.update({row.id: _live_passage(row) for row in rows})
            return found

        return await self._database.look_up(read)

    async def neighbours(
        self, tenant: str, wanted: Iterable[tuple[str, int]]
    ) -> dict[tuple[str, int], LivePassage]:
        """Live passages by (document id, ordinal); absent ones are left out."""
        keys = set(wanted)
        if not keys:
            return {}

        def read(db: Connection) -> dict[tuple[str, int], LivePassage]:
            rows = db.execute(
                _LIVE_BY_PLACE,
                {
                    "tenant": tenant,
                    "documents": list({d for d, _ in keys}),
                    "ordinals": list({o for _, o in keys}),
                },
            )
            return {
                key: _live_passage(row)
                for row in rows
                if (key := (row.document_id, row.ordinal)) in keys
            }

        return await self._database.look_up(read)

    async def ids_of_version(self, tenant: str, version: str) -> list[tuple[str, str, list[str]]]:
        """Id, document id and readers of every passage of a live version, in order."""
        statement = (
            select(passages.c.id, passages.c.document_id, documents.c.audience)
            .join(documents, is_live(passages))
            .where(passages.c.tenant == tenant, passages.c.version == version)
            .order_by(passages.c.ordinal)
        )

        def read(db: Connection) -> list[tuple[str, str, list[str]]]:
            return [(row[0], row[1], list(row[2])) for row in db.execute(statement)]

        return await self._database.look_up(read)

    async def of_version(self, tenant: str, version: str) -> list[Candidate]:
        """Every passage of a live version, in order; empty when it is live no more."""
        async with self._database.read() as db:
            rows = await db.execute(
                _RANKED.where(
                    passage_vectors.c.tenant == tenant, passage_vectors.c.version == version
                ).order_by(passage_vectors.c.ordinal)
            )
            return [_candidate(row) for row in rows]

    async def vectors_by_hash(
        self, tenant: str, hashes: Sequence[str]
    ) -> dict[str, tuple[NDArray[np.float16], NDArray[np.int8]]]:
        """Dense and sentence vectors of passages embedded before from the very same texts."""
        found: dict[str, tuple[NDArray[np.float16], NDArray[np.int8]]] = {}
        async with self._database.read() as db:
            for part in _parts(hashes):
                rows = await db.execute(
                    select(
                        passage_vectors.c.embedded_hash,
                        passage_vectors.c.dense,
                        passage_vectors.c.sentence_vectors,
                    ).where(
                        passage_vectors.c.tenant == tenant,
                        passage_vectors.c.embedded_hash.in_(part),
                    )
                )
                for hashed, dense, sentence_vectors in rows:
                    unpacked = _unpack_vectors(dense, sentence_vectors, b"", b"")
                    found[hashed] = (unpacked.dense, unpacked.sentences)
        return found


_LIVE = select(
    passages.c.id,
    passages.c.document_id,
    passages.c.ordinal,
    passages.c.text,
    passages.c.heading_path,
    passages.c.page,
    passages.c.sentences,
    documents.c.name,
    documents.c.title,
    documents.c.byline,
    documents.c.url,
    documents.c.category,
    documents.c.audience,
    documents.c.trust,
).join(documents, is_live(passages))


_RANKED = select(
    passage_vectors.c.id,
    passage_vectors.c.document_id,
    passage_vectors.c.ordinal,
    passage_vectors.c.dense,
    passage_vectors.c.sentence_vectors,
    passage_vectors.c.terms,
    passage_vectors.c.title_terms,
    documents.c.audience,
    documents.c.category,
    documents.c.byline,
    documents.c.trust,
).join(documents, is_live(passage_vectors))

# Built once: building a statement costs more than these queries themselves.
_LIVE_BY_ID = _LIVE.where(
    passages.c.tenant == bindparam("tenant"), passages.c.id.in_(bindparam("ids", expanding=True))
)
_LIVE_BY_PLACE = _LIVE.where(
    passages.c.tenant == bindparam("tenant"),
    passages.c.document_id.in_(bindparam("documents", expanding=True)),
    passages.c.ordinal.in_(bindparam("ordinals", expanding=True)),
)
_RANKED_BY_ID = _RANKED.where(
    passage_vectors.c.tenant == bindparam("tenant"),
    passage_vectors.c.id.in_(bindparam("ids", expanding=True)),
)


def _candidate(row: Any) -> Candidate:
    return Candidate(
        id=row[0],
        document_id=row[1],
        ordinal=row[2],
        audience=tuple(row[7]),
        category=row[8],
        opens_with_question=row[9] is not None,
        trust=Trust(row[10]),
        vectors=_unpack_vectors(row[3], row[4], row[5], row[6]),
    )


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(ids), _IN_LIMIT):
        yield ids[start : start + _IN_LIMIT]


def _live_passage(row: Any) -> LivePassage:
    return LivePassage(
        id=row.id,
        document_id=row.document_id,
        document_name=row.name,
        title=row.title,
        byline=row.byline,
        url=row.url,
        category=row.category,
        audience=tuple(row.audience),
        trust=Trust(row.trust),
        passage=Passage(
            ordinal=row.ordinal,
            text=row.text,
            heading_path=tuple(row.heading_path),
            sentences=unpack_sentences(row.sentences),
            tokens=0,
            page=row.page,
        ),
    )


def _unpack_vectors(
    dense: bytes, sentence_vectors: bytes, terms: bytes, title_terms: bytes
) -> PassageVectors:
    vector = np.frombuffer(dense, dtype=np.float16)
    return PassageVectors(
        dense=vector,
        sentences=np.frombuffer(sentence_vectors, dtype=np.int8).reshape(-1, len(vector)),
        terms=np.frombuffer(terms, dtype=np.uint32),
        title_terms=np.frombuffer(title_terms, dtype=np.uint32),
    )


def _pack_sentences(sentences: Sequence[Sentence]) -> bytes:
    return msgspec.msgpack.encode(
        [(s.start, s.end, s.kind.value, s.group, s.page, s.header) for s in sentences]
    )


_SENTENCES = msgspec.msgpack.Decoder(list[tuple[int, int, str, int, int | None, str]])


def unpack_sentences(packed: bytes) -> tuple[Sentence, ...]:
    """The spans of a passage as column `sentences` holds them."""
    return tuple(
        Sentence(start=start, end=end, kind=SentenceKind(kind), group=group, page=page, header=head)
        for start, end, kind, group, page, head in _SENTENCES.decode(packed)
    )
