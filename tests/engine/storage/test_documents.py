from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from engine.errors import StorageUnavailable
from engine.storage.database import Database
from engine.storage.document_rows import NewAudience, NewVersion
from engine.storage.documents import DocumentStore
from engine.storage.passages import PassageStore
from engine.storage.schema import document_vectors, documents, passage_vectors, passages
from engine.storage.sources import SourceStore
from engine.storage.term_statistics import TermStatistics

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Build = Callable[..., NewVersion]


@pytest.fixture
def store(database: Database) -> DocumentStore:
    return DocumentStore(database)


@pytest.fixture
def stored(database: Database) -> PassageStore:
    return PassageStore(database)


@pytest.fixture
async def source(database: Database) -> str:
    return await SourceStore(database).add("acme", "/handbook", (), at=NOW)


def ids(version: NewVersion) -> list[str]:
    return [row.id for row in version.passages]


async def test_a_new_document_is_live_with_all_its_passages(
    store: DocumentStore, stored: PassageStore, source: str, new_version: Build
) -> None:
    leave = new_version(source, "/handbook/leave.md", passages=3)
    done = await store.publish("acme", [leave])
    assert (done.added, done.changed, done.superseded) == (("leave.md",), (), ())
    live = await stored.live("acme", ids(leave))
    assert sorted(p.passage.ordinal for p in live.values()) == [0, 1, 2]
    assert await store.live_sizes("acme") == {leave.document.version: 3}
    known = (await store.known("acme"))["/handbook/leave.md"]
    assert (known.id, known.version) == (leave.document.id, leave.document.version)
    assert (known.source_id, known.content_hash) == (source, "hash of first")


async def test_a_changed_document_keeps_its_id_and_gives_up_its_old_version(
    store: DocumentStore, stored: PassageStore, source: str, new_version: Build
) -> None:
    old = new_version(source, "/handbook/leave.md", passages=3)
    new = new_version(source, "/handbook/leave.md", content="second", passages=1)
    await store.publish("acme", [old])
    done = await store.publish("acme", [new])
    assert (done.added, done.changed) == ((), ("leave.md",))
    assert done.superseded == (old.document.version,)
    known = (await store.known("acme"))["/handbook/leave.md"]
    assert (known.id, known.version) == (old.document.id, new.document.version)
    assert await stored.live("acme", ids(old)) == {}
    assert [p.document_id for p in (await stored.live("acme", ids(new))).values()] == [known.id]


async def test_passages_of_an_old_version_leave_every_table(
    database: Database, store: DocumentStore, source: str, new_version: Build
) -> None:
    await store.publish("acme", [new_version(source, "/a", passages=5)])
    await store.publish("acme", [new_version(source, "/a", content="second", passages=2)])
    async with database.read() as db:
        counts = [
            (await db.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (documents, passages, passage_vectors, document_vectors)
        ]
    assert counts == [1, 2, 2, 1]


async def test_the_same_content_is_left_and_the_slower_run_learns_its_points_may_go(
    store: DocumentStore, stored: PassageStore, source: str, new_version: Build
) -> None:
    first, slower = new_version(source, "/a"), new_version(source, "/a")
    await store.publish("acme", [first])
    done = await store.publish("acme", [slower])
    assert (done.added, done.changed) == ((), ())
    assert done.superseded == (slower.document.version,)
    assert set(await stored.live("acme", ids(first))) == set(ids(first))
    assert await stored.live("acme", ids(slower)) == {}


async def test_a_reader_in_the_middle_sees_the_old_or_the_new_document_never_a_mix(
    database: Database, store: DocumentStore, source: str, new_version: Build
) -> None:
    old = [new_version(source, f"/{n}", content="old", passages=3) for n in range(4)]
    new = [new_version(source, f"/{n}", content="new", passages=2) for n in range(4)]
    await store.publish("acme", old)
    texts = select(passages.c.text)
    names = select(documents.c.content_hash)
    async with database.read() as reader:
        before = set((await reader.execute(names)).scalars())
        await store.publish("acme", new)
        after = (await reader.execute(texts)).scalars().all()
    assert before == {"hash of old"}
    assert len(after) == 12
    assert all(" old " in text for text in after)
    async with database.read() as reader:
        assert set((await reader.execute(names)).scalars()) == {"hash of new"}
        assert len((await reader.execute(texts)).scalars().all()) == 8


@pytest.mark.slow
async def test_readers_beside_a_writer_always_see_whole_documents(
    database: Database, store: DocumentStore, stored: PassageStore, source: str, new_version: Build
) -> None:
    rounds = 12
    versions = [
        [new_version(source, f"/{n}", content=str(r), passages=2 + r % 3) for n in range(3)]
        for r in range(rounds)
    ]
    await store.publish("acme", versions[0])
    every = [i for group in versions for version in group for i in ids(version)]
    finished = asyncio.Event()
    seen: list[set[str]] = []

    async def read() -> None:
        while not finished.is_set():
            live = await stored.live("acme", every)
            contents = {p.passage.text.split()[1] for p in live.values()}
            assert len(contents) == 1
            assert len(live) == 3 * (2 + int(contents.copy().pop()) % 3)
            seen.append(contents)

    async def write() -> None:
        for group in versions[1:]:
            await store.publish("acme", group)
        finished.set()

    await asyncio.gather(read(), read(), write())
    assert seen


async def test_a_publication_that_fails_keeps_nothing_of_itself(
    store: DocumentStore, source: str, new_version: Build
) -> None:
    good = new_version(source, "/good")
    bad = new_version(source, "/bad")
    bad = replace(bad, passages=(bad.passages[0], replace(bad.passages[1], id=bad.passages[0].id)))
    revision = await store.revision("acme")
    with pytest.raises(StorageUnavailable):
        await store.publish("acme", [good, bad])
    assert await store.known("acme") == {}
    assert await store.revision("acme") == revision


@pytest.mark.slow
async def test_publications_at_once_of_a_tenants_first_documents_all_succeed(
    store: DocumentStore, source: str, new_version: Build
) -> None:
    groups = [[new_version(source, f"/{n}")] for n in range(6)]
    done = await asyncio.gather(*(store.publish("acme", group) for group in groups))
    assert sorted(name for d in done for name in d.added) == [str(n) for n in range(6)]
    assert await store.count("acme") == 6
    assert await store.revision("acme") == 6


async def test_the_same_new_document_published_at_once_goes_live_once(
    store: DocumentStore, source: str, new_version: Build
) -> None:
    rivals = [new_version(source, "/a") for _ in range(4)]
    done = await asyncio.gather(*(store.publish("acme", [rival]) for rival in rivals))
    assert sum(len(d.added) for d in done) == 1
    live = set(await store.live_sizes("acme"))
    assert len(live) == 1
    assert {v for d in done for v in d.superseded} == {r.document.version for r in rivals} - live


@pytest.mark.slow
async def test_publishing_and_removing_at_once_never_wait_for_each_other(
    store: DocumentStore, source: str, new_version: Build
) -> None:
    first = [new_version(source, f"/{n}") for n in range(8)]
    await store.publish("acme", first)
    work = []
    for n in range(8):
        work.append(store.publish("acme", [new_version(source, f"/{n}", content="second")]))
        work.append(store.remove("acme", [first[(n + 3) % 8].document.id]))
        work.append(store.adopt("acme", source, {first[(n + 5) % 8].document.id: "adopted"}))
    async with asyncio.timeout(60):
        await asyncio.gather(*work)
    sizes = await store.live_sizes("acme")
    assert len(sizes) == await store.count("acme")


async def test_a_document_twice_in_one_publication_ends_as_the_last(
    store: DocumentStore, source: str, new_version: Build
) -> None:
    one, two = new_version(source, "/a"), new_version(source, "/a", content="second")
    done = await store.publish("acme", [one, two])
    assert (done.added, done.changed) == (("a",), ("a",))
    assert done.superseded == (one.document.version,)
    assert set(await store.live_sizes("acme")) == {two.document.version}


async def test_removing_returns_the_versions_and_forgets_the_passages(
    database: Database,
    store: DocumentStore,
    source: str,
    new_version: Build,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.storage.documents._IN_LIMIT", 4)
    many = [new_version(source, f"/{n}", passages=1) for n in range(20)]
    await store.publish("acme", many)
    gone = await store.remove("acme", [v.document.id for v in many[:10]])
    assert set(gone) == {v.document.version for v in many[:10]}
    assert await store.count("acme") == 10
    async with database.read() as db:
        for table in (passages, passage_vectors, document_vectors):
            left = (await db.execute(select(func.count()).select_from(table))).scalar_one()
            assert left == 10


async def test_the_revision_grows_with_each_change_and_is_0_before_the_first(
    store: DocumentStore, source: str, new_version: Build
) -> None:
    seen = [await store.revision("acme")]
    leave = new_version(source, "/a")
    await store.publish("acme", [leave])
    seen.append(await store.revision("acme"))
    await store.adopt("acme", source, {leave.document.id: "b"})
    seen.append(await store.revision("acme"))
    await store.remove("acme", [leave.document.id])
    seen.append(await store.revision("acme"))
    assert seen == [0, 1, 2, 3]


async def test_adopted_documents_belong_to_their_new_source_under_their_new_name(
    database: Database, store: DocumentStore, source: str, new_version: Build
) -> None:
    other = await SourceStore(database).add("acme", "/wiki", (), at=NOW)
    leave = new_version(source, "/a")
    await store.publish("acme", [leave])
    await store.adopt("acme", other, {leave.document.id: "sub/a"})
    known = (await store.known("acme"))["/a"]
    assert (known.source_id, known.name) == (other, "sub/a")
    assert await store.ids_of_source("acme", source) == []
    assert await store.ids_of_source("acme", other) == [leave.document.id]


async def test_equal_knowledge_has_an_equal_fingerprint_whatever_the_order(
    database: Database, source: str, new_version: Build
) -> None:
    versions = [new_version(source, f"/{n}", audience=("public", "user:U1")) for n in range(5)]
    prints = []
    for seed in range(3):
        store = DocumentStore(database)
        for version in random.Random(seed).sample(versions, 5):
            await store.publish("acme", [version])
        prints.append(await store.content_fingerprint("acme", await store.revision("acme")))
        await store.remove("acme", [k.id for k in (await store.known("acme")).values()])
    assert len(set(prints)) == 1


@pytest.mark.parametrize(
    "change",
    [{"content": "second"}, {"name": "renamed"}, {"audience": ("public",)}, {"uri": "/b"}],
    ids=lambda c: next(iter(c)),
)
async def test_other_knowledge_has_another_fingerprint(
    store: DocumentStore, source: str, new_version: Build, change: dict[str, object]
) -> None:
    args = {"uri": "/a"} | change
    await store.publish("acme", [new_version(source, "/a")])
    before = await store.content_fingerprint("acme", await store.revision("acme"))
    await store.remove("acme", [k.id for k in (await store.known("acme")).values()])
    await store.publish("acme", [new_version(source, **args)])
    assert await store.content_fingerprint("acme", await store.revision("acme")) != before


async def test_the_fingerprint_is_read_again_only_at_another_revision(
    store: DocumentStore, source: str, new_version: Build
) -> None:
    empty = await store.content_fingerprint("acme", 0)
    await store.publish("acme", [new_version(source, "/a")])
    assert await store.content_fingerprint("acme", 0) == empty
    assert await store.content_fingerprint("acme", 1) != empty


async def test_a_live_version_changes_its_readers_together_with_its_counts(
    database: Database, source: str, store: DocumentStore, new_version: Build
) -> None:
    await store.publish("acme", [new_version(source, "/a"), new_version(source, "/b")])
    known, revision = await store.known("acme"), await store.revision("acme")
    leads = ("group:S1",)
    change = NewAudience(
        document_id=known["/a"].id,
        version=known["/a"].version,
        audience=leads,
        content_hash="other",
    )
    late = replace(change, document_id=known["/b"].id, version=str(uuid.uuid4()))
    await store.set_audiences("acme", [change, late])
    after = await store.known("acme")
    assert (after["/a"].audience, after["/a"].content_hash) == (leads, "other")
    assert after["/b"] == known["/b"]  # another version is live by now
    assert await store.revision("acme") > revision
    sizes = await TermStatistics(database).sizes("acme")
    assert {readers: size.documents for readers, size in sizes.items()} == {
        "everyone": 1,
        "group:S1": 1,
    }


async def test_who_may_read_a_passage_is_told_for_live_ones_of_the_tenant_alone(
    store: DocumentStore, source: str, new_version: Build
) -> None:
    leave = new_version(source, "/handbook/leave.md", passages=600, audience=("group:S1", "public"))
    bonus = new_version(source, "/handbook/bonus.md", audience=("user:U1",))
    await store.publish("acme", [leave, bonus])
    found = await store.audiences_of("acme", [*ids(leave), *ids(bonus), "none", ids(leave)[0]])
    assert found == dict.fromkeys(ids(leave), ("group:S1", "public")) | dict.fromkeys(
        ids(bonus), ("user:U1",)
    )
    assert await store.audiences_of("globex", ids(leave)) == {}
    await store.publish("acme", [new_version(source, "/handbook/bonus.md", content="second")])
    assert await store.audiences_of("acme", ids(bonus)) == {}
    assert await store.audiences_of("acme", []) == {}
