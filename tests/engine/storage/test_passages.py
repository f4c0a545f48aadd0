from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from engine.knowledge.document import Sentence, SentenceKind
from engine.storage.database import Database
from engine.storage.document_rows import NewVersion
from engine.storage.documents import DocumentStore
from engine.storage.passages import PassageStore
from engine.storage.sources import SourceStore

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Build = Callable[..., NewVersion]


@pytest.fixture
async def leave(database: Database, new_version: Build) -> NewVersion:
    source = await SourceStore(database).add("acme", "/handbook", (), at=NOW)
    built = new_version(
        source, "/handbook/leave.md", category="hr", audience=("group:S1", "public")
    )
    first = built.passages[0]
    odd = replace(
        first.passage,
        text="a\r\nÄ \U0001f3d6 ends",
        sentences=(
            *(
                Sentence(start=n, end=n + 1, kind=kind, group=n, page=None, header="A \\| B | C")
                for n, kind in enumerate(SentenceKind)
            ),
        ),
    )
    bare = replace(
        built.passages[1],
        passage=replace(built.passages[1].passage, sentences=(), heading_path=(), page=None),
        vectors=replace(
            built.passages[1].vectors,
            sentences=np.empty((0, 8), dtype=np.int8),
            terms=np.empty(0, dtype=np.uint32),
        ),
    )
    built = replace(built, passages=(replace(first, passage=odd), bare))
    await DocumentStore(database).publish("acme", [built])
    return built


async def test_texts_and_spans_come_back_as_they_were(
    database: Database, leave: NewVersion
) -> None:
    live = await PassageStore(database).live("acme", [row.id for row in leave.passages])
    for row in leave.passages:
        found = live[row.id]
        assert replace(found.passage, tokens=row.passage.tokens) == row.passage
        assert (found.document_name, found.title) == ("leave.md", leave.document.title)
        assert (found.url, found.category) == (leave.document.url, "hr")
        assert found.audience == ("group:S1", "public")


async def test_vectors_and_terms_come_back_as_they_were(
    database: Database, leave: NewVersion
) -> None:
    found = await PassageStore(database).candidates("acme", [row.id for row in leave.passages])
    for row in leave.passages:
        vectors = found[row.id].vectors
        for name in ("dense", "sentences", "terms", "title_terms"):
            stored, given = getattr(vectors, name), getattr(row.vectors, name)
            assert stored.dtype == given.dtype
            assert np.array_equal(stored, given)
            assert stored.shape == given.shape
        assert (found[row.id].category, found[row.id].audience) == ("hr", ("group:S1", "public"))


async def test_unknown_ids_are_left_out_and_no_ids_find_nothing(
    database: Database, leave: NewVersion
) -> None:
    store = PassageStore(database)
    assert set(await store.live("acme", ["nothing", leave.passages[0].id])) == {
        leave.passages[0].id
    }
    assert await store.live("acme", []) == {}
    assert await store.candidates("acme", []) == {}


async def test_more_ids_than_one_statement_takes_are_all_found(
    database: Database, new_version: Build
) -> None:
    source = await SourceStore(database).add("acme", "/handbook", (), at=NOW)
    big = new_version(source, "/big", passages=1100)
    await DocumentStore(database).publish("acme", [big])
    wanted = [row.id for row in big.passages]
    store = PassageStore(database)
    assert set(await store.live("acme", wanted)) == set(wanted)
    assert set(await store.candidates("acme", wanted)) == set(wanted)
    ordinals = [c.ordinal for c in await store.of_version("acme", big.document.version)]
    assert ordinals == list(range(1100))


async def test_neighbours_are_the_passages_asked_for_and_no_others(
    database: Database, new_version: Build
) -> None:
    source = await SourceStore(database).add("acme", "/handbook", (), at=NOW)
    one, two = new_version(source, "/1", passages=4), new_version(source, "/2", passages=4)
    await DocumentStore(database).publish("acme", [one, two])
    wanted = [(one.document.id, 0), (two.document.id, 3), (two.document.id, 4), ("absent", 0)]
    found = await PassageStore(database).neighbours("acme", wanted)
    assert set(found) == {(one.document.id, 0), (two.document.id, 3)}
    assert found[two.document.id, 3].passage.text == "/2 first 3"
    assert await PassageStore(database).neighbours("acme", []) == {}


async def test_vectors_are_found_again_by_the_hash_of_what_was_embedded(
    database: Database, leave: NewVersion
) -> None:
    row = leave.passages[0]
    found = await PassageStore(database).vectors_by_hash("acme", [row.embedded_hash, "other"])
    assert set(found) == {row.embedded_hash}
    dense, sentences = found[row.embedded_hash]
    assert np.array_equal(dense, row.vectors.dense)
    assert np.array_equal(sentences, row.vectors.sentences)


async def test_a_version_that_is_live_no_more_has_no_passages(
    database: Database, leave: NewVersion
) -> None:
    await DocumentStore(database).remove("acme", [leave.document.id])
    assert await PassageStore(database).of_version("acme", leave.document.version) == []
