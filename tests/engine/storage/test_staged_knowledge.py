"""Knowledge staged out of sight, and the step in which it goes live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from engine.errors import StorageUnavailable
from engine.storage.database import Database
from engine.storage.document_rows import NewVersion
from engine.storage.documents import DocumentStore
from engine.storage.schema import corpus_sizes, metadata, term_counts
from engine.storage.sources import Failure, SourceStore
from engine.storage.staged_knowledge import StagedKnowledge, staging_tenant

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Build = Callable[..., NewVersion]


async def publish(
    database: Database, build: Build, tenant: str, source: str, uris: str, **parts: Any
) -> list[NewVersion]:
    """Documents of one letter each, under a source."""
    source_id = await SourceStore(database).add(tenant, source, (), at=NOW)
    versions = [build(source_id, f"{source}/{uri}", **parts) for uri in uris]
    await DocumentStore(database).publish(tenant, versions)
    return versions


async def contents(database: Database, tenant: str) -> dict[str, list[Any]]:
    """The tenant's rows, by table, without what every database counts for itself."""
    async with database.read() as db:
        return {
            table.name: sorted(
                str(row) for row in await db.execute(select(table).where(table.c.tenant == tenant))
            )
            for table in metadata.sorted_tables
            if table.name != "knowledge"
        }


async def counts(database: Database, tenant: str) -> list[Any]:
    async with database.read() as db:
        found: list[Any] = []
        for table in (term_counts, corpus_sizes):
            columns = [column for column in table.c if column.name != "tenant"]
            rows = await db.execute(select(*columns).where(table.c.tenant == tenant))
            found += sorted(tuple(row) for row in rows)
        return found


async def test_the_staged_sources_take_the_place_of_their_namesakes_and_no_other(
    database: Database, new_version: Build
) -> None:
    staged = staging_tenant("t")
    documents, sources = DocumentStore(database), SourceStore(database)
    await publish(database, new_version, "t", "/a", "xyz")
    kept = await publish(database, new_version, "t", "/b", "x", audience=("group:S1",))
    await publish(database, new_version, "other", "/a", "xyz")
    strangers = await contents(database, "other")
    new = await publish(database, new_version, staged, "/a", "yz", content="second", passages=3)
    (source,) = await sources.all(staged)
    await sources.finish(staged, source.id, [Failure(uri="/a/x", name="x", reason="no")], at=NOW)
    before = await documents.revision("t")
    await StagedKnowledge(database).take_over("t")
    assert await documents.revision("t") > before
    live = await documents.live_sizes("t")
    assert live == {v.document.version: 3 for v in new} | {kept[0].document.version: 2}
    assert [(s.uri, s.documents, s.failed) for s in await sources.all("t")] == [
        ("/a", 2, 1),
        ("/b", 1, 0),
    ]
    assert await contents(database, "other") == strangers
    assert not any((await contents(database, staged)).values())


async def test_the_counts_of_terms_are_those_of_a_knowledge_built_that_way_from_the_start(
    database: Database, new_version: Build
) -> None:
    await publish(database, new_version, "t", "/a", "xyz")
    await publish(database, new_version, "t", "/b", "x", audience=("group:S1",))
    await publish(
        database, new_version, staging_tenant("t"), "/a", "yz", passages=5, audience=("public",)
    )
    await StagedKnowledge(database).take_over("t")
    await publish(database, new_version, "straight", "/b", "x", audience=("group:S1",))
    await publish(database, new_version, "straight", "/a", "yz", passages=5, audience=("public",))
    assert await counts(database, "t") == await counts(database, "straight")


async def test_a_document_that_another_source_holds_goes_over_to_the_staged_one(
    database: Database, new_version: Build
) -> None:
    await publish(database, new_version, "t", "/a", "xy")
    staged = staging_tenant("t")
    source_id = await SourceStore(database).add(staged, "/a/x", (), at=NOW)
    new = new_version(source_id, "/a/x", content="second")
    await DocumentStore(database).publish(staged, [new])
    await StagedKnowledge(database).take_over("t")
    known = await DocumentStore(database).known("t")
    assert {uri: k.version for uri, k in known.items()}["/a/x"] == new.document.version
    assert set(known) == {"/a/x", "/a/y"}


async def test_nothing_changes_when_the_last_step_fails(
    database: Database, new_version: Build
) -> None:
    await publish(database, new_version, "t", "/a", "xy")
    await publish(database, new_version, staging_tenant("t"), "/a", "z")
    before = await contents(database, "t")

    async def fail() -> None:
        raise ConnectionError("the server is gone")

    with pytest.raises(Exception, match=r"gone|reached"):
        await StagedKnowledge(database).take_over("t", then=fail)
    assert await contents(database, "t") == before
    assert len(await DocumentStore(database).live_sizes(staging_tenant("t"))) == 1


async def test_what_is_discarded_leaves_nothing_and_live_knowledge_alone(
    database: Database, new_version: Build
) -> None:
    await publish(database, new_version, "t", "/a", "xy")
    before = await contents(database, "t")
    await publish(database, new_version, staging_tenant("t"), "/a", "z")
    staged = StagedKnowledge(database)
    await staged.discard("t")
    await staged.discard("t")
    assert not any((await contents(database, staging_tenant("t"))).values())
    assert await contents(database, "t") == before


def test_no_tenant_can_be_called_as_a_staging_tenant_and_any_name_fits() -> None:
    names = {staging_tenant(tenant) for tenant in ("t", "T", "t" * 64)}
    assert len(names) == 3
    assert all(name[0] == "~" and len(name) <= 64 for name in names)


@pytest.mark.parametrize("change", ["narrowed", "removed", "added", "discarded by another rebuild"])
async def test_what_changed_meanwhile_is_not_undone(
    database: Database, new_version: Build, change: str
) -> None:
    await publish(database, new_version, "t", "/a", "xy")
    staged, sources = StagedKnowledge(database), SourceStore(database)
    await staged.begin("t")
    copied = await sources.all(staging_tenant("t"))
    assert [(s.uri, s.audience) for s in copied] == [("/a", ())]
    await publish(database, new_version, staging_tenant("t"), "/a", "xy", content="second")
    if change == "narrowed":
        await sources.add("t", "/a", ("group:S1",), at=NOW)
    elif change == "added":
        await sources.add("t", "/b", (), at=NOW)
    elif change == "removed":
        (source,) = await sources.all("t")
        ids = await DocumentStore(database).ids_of_source("t", source.id)
        await DocumentStore(database).remove("t", ids)
        await sources.remove("t", source.id)
    else:
        await StagedKnowledge(database).begin("t")
    before = await contents(database, "t")
    with pytest.raises(StorageUnavailable, match="changed while they were read"):
        await staged.take_over("t")
    assert await contents(database, "t") == before
