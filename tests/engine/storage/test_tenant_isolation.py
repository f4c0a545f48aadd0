"""Two tenants with the same names, sources and contents never see or change each other's rows."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Table, select

from engine.question import Question
from engine.storage.database import Database
from engine.storage.document_rows import NewVersion
from engine.storage.documents import DocumentStore
from engine.storage.passages import PassageStore
from engine.storage.schema import metadata
from engine.storage.sources import Failure, SourceStore
from engine.storage.term_statistics import TermStatistics
from engine.storage.traces import TraceStore
from engine.storage.usage import LedgerRow, UsageStore
from engine.trace import Outcome, Trace, TriageVerdict, Usage

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TENANTS = ("acme", "globex")
Build = Callable[..., NewVersion]


async def rows_of(database: Database, tenant: str) -> dict[str, list[Any]]:
    """Every row of a tenant, by table."""

    def shown(table: Table, row: Any) -> tuple[Any, ...]:
        return tuple(str(value) for value in row)

    async with database.read() as db:
        return {
            table.name: sorted(
                shown(table, row)
                for row in await db.execute(select(table).where(table.c.tenant == tenant))
            )
            for table in metadata.sorted_tables
        }


def a_trace(tenant: str, trace_id: str) -> Trace:
    return Trace(
        trace_id=trace_id,
        tenant=tenant,
        asked_at=NOW,
        question=Question(id="1", text="q"),
        audience=("everyone",),
        outcome=Outcome.ANSWERED,
        reply="r",
        draft_reply="r",
        confidence=1.0,
        needs_human_review=False,
        reasons=(),
        citations=(),
        internal_next_steps=(),
        triage=TriageVerdict(),
        retrieved=(),
        usage=Usage(),
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_random_work_of_one_tenant_leaves_every_row_of_the_other(
    database: Database, new_version: Build, seed: int
) -> None:
    rng = random.Random(seed)
    documents, sources = DocumentStore(database), SourceStore(database)
    passages, traces = PassageStore(database), TraceStore(database)
    statistics = TermStatistics(database)
    published: dict[str, list[NewVersion]] = {tenant: [] for tenant in TENANTS}
    owners = {t: await sources.add(t, "/handbook", (), at=NOW) for t in TENANTS}
    for step in range(25):
        me, other = rng.sample(TENANTS, 2)
        before = await rows_of(database, other)
        every_id = [v.document.id for t in TENANTS for v in published[t]]
        some = rng.sample(every_id, min(len(every_id), 2))
        match rng.randrange(6):
            case 0 | 1:
                new = new_version(owners[me], f"/{rng.randrange(4)}", content=str(step))
                await documents.publish(me, [new])
                published[me].append(new)
            case 2:
                await documents.remove(me, some)
            case 3:
                await documents.adopt(me, owners[me], dict.fromkeys(some, f"name {step}"))
            case 4:
                failed = [Failure(uri=f"/{n}", name=str(n), reason="r") for n in range(3)]
                await sources.finish(me, owners[me], failed, at=NOW)
                await sources.add(me, "/handbook", ("public",), at=NOW)
            case 5:
                ledger = LedgerRow(
                    trace_id=f"{seed}-{step}",
                    at=NOW,
                    purpose="answer",
                    provider="p",
                    model="m",
                    usage=Usage(),
                    succeeded=True,
                )
                await traces.save(a_trace(me, f"{seed}-{step}"))
                await UsageStore(database).record(me, [ledger])
                assert await UsageStore(database).of_trace(other, f"{seed}-{step}") == []
                assert await traces.get(other, f"{seed}-{step}") is None
        assert await rows_of(database, other) == before
    for me, other in (TENANTS, TENANTS[::-1]):
        foreign = [row.id for v in published[other] for row in v.passages]
        assert await passages.live(me, foreign) == {}
        assert await passages.candidates(me, foreign) == {}
        wanted = [(v.document.id, n) for v in published[other] for n in range(3)]
        assert await passages.neighbours(me, wanted) == {}
        for version in published[other]:
            assert await passages.of_version(me, version.document.version) == []
        documents_of_other = [v.document.id for v in published[other]]
        assert await statistics.documents(me, documents_of_other) == {}
        live = await documents.live_sizes(me)
        assert not set(live) & {v.document.version for v in published[other]}
        assert await documents.ids_of_source(me, owners[other]) == []
        assert owners[other] not in {s.id for s in await sources.all(me)}
        assert await sources.failures(me, owners[other]) == []


async def test_naming_another_tenants_rows_changes_none_of_them(
    database: Database, new_version: Build
) -> None:
    documents, sources = DocumentStore(database), SourceStore(database)
    theirs = await sources.add("globex", "/handbook", (), at=NOW)
    mine = await sources.add("acme", "/handbook", (), at=NOW)
    leave = new_version(theirs, "/leave")
    await documents.publish("globex", [leave])
    await sources.finish("globex", theirs, [Failure(uri="/x", name="x", reason="r")], at=NOW)
    before = await rows_of(database, "globex")
    assert await documents.remove("acme", [leave.document.id]) == ()
    await documents.adopt("acme", mine, {leave.document.id: "stolen"})
    await sources.finish("acme", theirs, [], at=NOW.replace(year=2027))
    await sources.remove("acme", theirs)
    assert await rows_of(database, "globex") == before
    live = await PassageStore(database).live("globex", [row.id for row in leave.passages])
    assert len(live) == 2


async def test_the_same_version_id_in_two_tenants_is_two_versions(
    database: Database, new_version: Build
) -> None:
    documents, sources = DocumentStore(database), SourceStore(database)
    made = {}
    for tenant in TENANTS:
        source = await sources.add(tenant, "/handbook", (), at=NOW)
        new = new_version(source, "/leave", content=tenant, name=tenant)
        made[tenant] = replace(new, document=replace(new.document, version="shared"))
        await documents.publish(tenant, [made[tenant]])
    store = PassageStore(database)
    for tenant in TENANTS:
        ids = [row.id for row in made[tenant].passages]
        live = await store.live(tenant, ids)
        assert {p.document_name for p in live.values()} == {tenant}
        candidates = await store.of_version(tenant, "shared")
        assert sorted(c.id for c in candidates) == sorted(ids)


async def test_counts_and_vectors_of_one_tenant_are_not_the_others(
    database: Database, new_version: Build
) -> None:
    documents, sources = DocumentStore(database), SourceStore(database)
    source = await sources.add("globex", "/handbook", (), at=NOW)
    leave = new_version(source, "/leave")
    await documents.publish("globex", [leave])
    statistics = TermStatistics(database)
    hashes = [row.embedded_hash for row in leave.passages]
    assert await statistics.sizes("acme") == {}
    assert await statistics.counts("acme", ["everyone"], [7]) == {}
    assert await PassageStore(database).vectors_by_hash("acme", hashes) == {}
    assert (await statistics.counts("globex", ["everyone"], [7]))[7] == (2, 1)
    assert np.array_equal(
        (await PassageStore(database).vectors_by_hash("globex", hashes))[hashes[0]][0],
        leave.passages[0].vectors.dense,
    )
    empty = await documents.content_fingerprint("acme", 0)
    assert empty != await documents.content_fingerprint("globex", 1)
    assert await documents.revision("acme") == 0
