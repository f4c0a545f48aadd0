"""SQLite chooses an index by guesswork where there are no statistics; one wrong guess here once
read every passage of a tenant for each question."""

import pytest
from sqlalchemy import Select, create_engine, select, text
from sqlalchemy.dialects import sqlite

from engine.storage import passages as stored
from engine.storage.schema import document_vectors, documents, metadata, passage_vectors, passages

_IDS = [f"id-{n}" for n in range(100)]


@pytest.mark.parametrize(
    "statement",
    [
        stored._RANKED.where(passage_vectors.c.tenant == "t", passage_vectors.c.id.in_(_IDS)),
        stored._LIVE.where(passages.c.tenant == "t", passages.c.id.in_(_IDS)),
        select(passages.c.id, documents.c.audience).where(
            passages.c.tenant == "t", passages.c.id.in_(_IDS), stored.is_live(passages)
        ),
        select(passages.c.id).where(
            passages.c.tenant == "t", passages.c.document_id.in_(_IDS), passages.c.ordinal == 1
        ),
        select(passage_vectors.c.id).where(
            passage_vectors.c.tenant == "t", passage_vectors.c.embedded_hash.in_(_IDS)
        ),
        select(document_vectors.c.terms).where(
            document_vectors.c.tenant == "t", document_vectors.c.document_id.in_(_IDS)
        ),
    ],
)
def test_a_look_up_reads_only_the_rows_it_names(statement: Select[tuple[object, ...]]) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
    engine.dispose()
    assert plan
    for step in plan:
        assert step.startswith("SEARCH"), plan
        assert step.count("=?") >= 2 or "documents" in step, plan
