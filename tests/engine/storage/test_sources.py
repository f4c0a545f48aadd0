from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.errors import StorageUnavailable
from engine.storage.database import Database
from engine.storage.document_rows import NewVersion
from engine.storage.documents import DocumentStore
from engine.storage.sources import Failure, SourceStore

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
Build = Callable[..., NewVersion]


@pytest.fixture
def store(database: Database) -> SourceStore:
    return SourceStore(database)


def failure(uri: str, reason: str = "is damaged") -> Failure:
    return Failure(uri=uri, name=uri.rpartition("/")[2], reason=reason)


async def test_a_source_keeps_its_id_and_takes_the_newer_audience(store: SourceStore) -> None:
    first = await store.add("acme", "/handbook", ("public",), at=NOW)
    assert await store.add("acme", "/handbook", ("everyone", "user:U1"), at=LATER) == first
    (found,) = await store.all("acme")
    assert (found.id, found.uri, found.audience) == (first, "/handbook", ("everyone", "user:U1"))
    assert (found.added_at, found.ingested_at) == (NOW, None)


async def test_a_source_added_at_once_by_several_has_one_id(store: SourceStore) -> None:
    ids = await asyncio.gather(*(store.add("acme", "/handbook", (), at=NOW) for _ in range(5)))
    assert len(set(ids)) == 1


async def test_counts_are_those_of_now(
    database: Database, store: SourceStore, new_version: Build
) -> None:
    one = await store.add("acme", "/one", (), at=LATER)
    two = await store.add("acme", "/two", (), at=NOW)
    await DocumentStore(database).publish(
        "acme", [new_version(one, f"/one/{n}", passages=n + 1) for n in range(3)]
    )
    await store.finish("acme", one, [failure("/one/bad"), failure("/one/worse")], at=LATER)
    found = await store.all("acme")
    assert [(s.id, s.documents, s.passages, s.failed) for s in found] == [
        (two, 0, 0, 0),
        (one, 3, 6, 2),
    ]
    assert found[1].ingested_at == LATER


async def test_moments_come_back_aware_and_mean_the_same_instant(store: SourceStore) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    source = await store.add("acme", "/handbook", (), at=elsewhere)
    await store.finish("acme", source, [], at=elsewhere)
    (found,) = await store.all("acme")
    assert found.added_at == NOW
    assert found.ingested_at == NOW
    assert found.added_at.utcoffset() == timedelta(0)


async def test_a_moment_without_offset_is_refused(store: SourceStore) -> None:
    with pytest.raises(StorageUnavailable):
        await store.add("acme", "/handbook", (), at=NOW.replace(tzinfo=None))


async def test_each_run_replaces_the_failures_of_the_one_before(store: SourceStore) -> None:
    source = await store.add("acme", "/handbook", (), at=NOW)
    await store.finish("acme", source, [failure("/b"), failure("/a")], at=NOW)
    assert [f.name for f in await store.failures("acme", source)] == ["a", "b"]
    await store.finish("acme", source, [failure("/b", "is empty")], at=NOW)
    assert await store.failures("acme", source) == [failure("/b", "is empty")]
    await store.finish("acme", source, [], at=NOW)
    assert await store.failures("acme", source) == []


async def test_a_document_that_fails_in_two_sources_counts_for_the_last(store: SourceStore) -> None:
    one = await store.add("acme", "/docs", (), at=NOW)
    two = await store.add("acme", "/docs/inner", (), at=NOW)
    await store.finish("acme", one, [failure("/docs/inner/x")], at=NOW)
    await store.finish("acme", two, [failure("/docs/inner/x")], at=NOW)
    assert await store.failures("acme", one) == []
    assert await store.failures("acme", two) == [failure("/docs/inner/x")]


async def test_more_failures_than_one_statement_takes_are_all_kept(store: SourceStore) -> None:
    source = await store.add("acme", "/handbook", (), at=NOW)
    many = [failure(f"/handbook/{n:04}") for n in range(1200)]
    await store.finish("acme", source, many, at=NOW)
    await store.finish("acme", source, many, at=NOW)
    assert await store.failures("acme", source) == many


async def test_a_removed_source_is_forgotten_with_its_failures(store: SourceStore) -> None:
    source = await store.add("acme", "/handbook", (), at=NOW)
    await store.finish("acme", source, [failure("/a")], at=NOW)
    await store.remove("acme", source)
    assert await store.all("acme") == []
    assert await store.failures("acme", source) == []


async def test_a_source_with_documents_cannot_be_forgotten(
    database: Database, store: SourceStore, new_version: Build
) -> None:
    source = await store.add("acme", "/handbook", (), at=NOW)
    await DocumentStore(database).publish("acme", [new_version(source, "/handbook/a")])
    with pytest.raises(StorageUnavailable):
        await store.remove("acme", source)
    assert len(await store.all("acme")) == 1
