"""What admins and reviewers did stays as it was written, or tells that it was changed."""

from __future__ import annotations

import ast
import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.storage.audit import BEGINNING, PRUNED, AuditStore, Deed, Outcome
from engine.storage.database import Database

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)
DEED = Deed(at=NOW, who="U0RITA", action="button case:claim", object="c1", outcome=Outcome.ACCEPTED)


async def written(store: AuditStore, count: int, *, tenant: str = "acme") -> None:
    for number in range(count):
        deed = replace(DEED, at=NOW + timedelta(days=number), object=f"c{number}")
        await store.append(tenant, deed)


async def unguarded(database: Database, statement: str) -> None:
    """Changes rows as somebody does who may take the triggers away."""
    async with database.write() as db:
        if database.is_sqlite:
            for name in ("keeps_rows", "loses_no_row", "replaces_no_row"):
                await db.execute(text(f"DROP TRIGGER IF EXISTS audit_{name}"))
        else:
            await db.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        await db.execute(text(statement))


async def test_deeds_are_shown_as_they_were_written_and_only_to_their_tenant(
    database: Database,
) -> None:
    store = AuditStore(database)
    await written(store, 3)
    await store.append("globex", replace(DEED, who="U0EVE"))
    rows = await store.rows("acme", most=10)
    assert [(r.sequence, r.object, r.outcome) for r in rows] == [
        (1, "c0", Outcome.ACCEPTED),
        (2, "c1", Outcome.ACCEPTED),
        (3, "c2", Outcome.ACCEPTED),
    ]
    assert rows[0].at == NOW
    assert [r.before_hash for r in rows] == [BEGINNING, rows[0].hash, rows[1].hash]
    assert [r.sequence for r in await store.rows("acme", most=2)] == [2, 3]
    since = NOW + timedelta(days=2)
    assert [r.sequence for r in await store.rows("acme", since=since, most=9)] == [3]
    assert await store.rows("acme", who="U0EVE", most=9) == ()
    assert [r.sequence for r in await store.rows("globex", most=9)] == [1]
    found = await store.verify("acme")
    assert (found.rows, found.first, found.last, found.broken) == (3, 1, 3, None)
    assert found.head == rows[-1].hash


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET who = 'U0EVE' WHERE sequence = 2", 2),
        ("UPDATE audit SET outcome = 'fine' WHERE sequence = 4", 4),
        ("UPDATE audit SET at = '2020-01-01 00:00:00+00' WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 1", 1),
        ("DELETE FROM audit WHERE sequence = 3", 3),
    ],
)
async def test_the_first_row_that_was_changed_is_named(
    database: Database, statement: str, broken: int
) -> None:
    store = AuditStore(database)
    await written(store, 4)
    await unguarded(database, statement)
    if database.is_sqlite and "at =" in statement:  # as SQLite keeps moments
        await unguarded(database, statement.replace("+00'", ".000000'"))
    found = await store.verify("acme")
    assert (found.broken, found.rows) == (broken, broken - 1)
    assert found.why
    assert (await store.verify("globex")).broken is None


async def test_rows_missing_at_the_end_are_seen_by_whoever_kept_the_newest_hash(
    database: Database,
) -> None:
    store = AuditStore(database)
    await written(store, 3)
    head = (await store.verify("acme")).head
    await written(store, 1)
    assert (await store.verify("acme", expected=head)).broken is None
    await unguarded(database, "DELETE FROM audit WHERE sequence >= 3")
    assert (await store.verify("acme")).broken is None
    assert (await store.verify("acme", expected=head)).broken == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'U0EVE'",
        "DELETE FROM audit WHERE sequence = 2",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT tenant, sequence, at, 'U0EVE', action, object, "
        "outcome, through, before_hash, hash FROM audit WHERE sequence = 2",
        "TRUNCATE audit",
    ],
)
async def test_the_database_itself_refuses_to_change_or_remove_a_row(
    database: Database, statement: str
) -> None:
    store = AuditStore(database)
    await written(store, 2)
    before = await store.rows("acme", most=9)
    with pytest.raises(DBAPIError, match=r"audit|syntax"):
        async with database.engine.begin() as db:
            await db.execute(text(statement))
    assert await store.rows("acme", most=9) == before


async def test_writers_of_several_connections_make_one_chain(
    database: Database, tmp_path: Path
) -> None:
    others = [Database(database.engine.url, lock_wait_s=30.0) for _ in range(3)]
    try:
        stores = [AuditStore(one) for one in (database, *others)]
        await asyncio.gather(
            *(
                store.append("acme", replace(DEED, who=f"U{n}"))
                for n in range(10)
                for store in stores
            )
        )
        found = await stores[0].verify("acme")
    finally:
        for one in others:
            await one.aclose()
    assert (found.rows, found.last, found.broken) == (40, 40, None)


async def test_retention_leaves_an_anchor_and_a_whole_chain_again_and_again(
    database: Database,
) -> None:
    store = AuditStore(database)
    await written(store, 6)
    before = NOW + timedelta(days=3)
    assert await store.prunable("acme", before) == 3
    assert await store.prune("acme", before=before, at=NOW + timedelta(days=9)) == 3
    rows = await store.rows("acme", most=9)
    assert [(r.sequence, r.action == PRUNED, r.through) for r in rows] == [
        (4, False, None),
        (5, False, None),
        (6, False, None),
        (7, True, 3),
    ]
    assert (await store.verify("acme")).broken is None
    assert await store.prune("acme", before=before, at=NOW + timedelta(days=9)) == 0
    late = NOW + timedelta(days=30)
    assert await store.prune("acme", before=late, at=late) == 4
    assert [r.sequence for r in await store.rows("acme", most=9)] == [8]
    found = await store.verify("acme")
    assert (found.rows, found.broken) == (1, None)
    await unguarded(database, "UPDATE audit SET through = 6 WHERE sequence = 8")
    assert (await store.verify("acme")).broken is not None


def test_no_code_changes_or_removes_a_row_but_retention() -> None:
    """Looks at every statement of the program that names the table."""
    found = []
    for path in sorted([*ROOT.glob("engine/**/*.py"), *ROOT.glob("bot/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if isinstance(node.func, ast.Attribute):
                name = node.func.attr
                named = [node.func.value]
            else:
                named = list(node.args[:2])
            ours = any(isinstance(n, ast.Name) and n.id == "audit" for n in named)
            if ours and name in ("update", "delete", "upsert", "insert"):
                found.append((path.relative_to(ROOT).as_posix(), name))
    assert found == [
        ("engine/storage/audit.py", "insert"),
        ("engine/storage/audit.py", "delete"),
    ]
