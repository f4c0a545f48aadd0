from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from engine.errors import StorageUnavailable
from engine.storage.database import Database, database_url
from engine.storage.migrate import HEAD, Migration, current_revision, migrate
from engine.storage.schema import metadata

ROOT = Path(__file__).parents[3]
MIGRATE = """
import asyncio, sys
from pathlib import Path
from engine.storage.database import Database, database_url
from engine.storage.migrate import migrate
async def main():
    database = Database(database_url(sys.argv[1], Path()))
    print("ready", flush=True)
    sys.stdin.readline()
    print((await migrate(database)).after)
    await database.aclose()
asyncio.run(main())
"""


async def test_a_fresh_database_gets_every_table(empty: Database) -> None:
    assert await current_revision(empty) is None
    done = await migrate(empty)
    assert (done.before, done.after) == (None, HEAD)
    assert await current_revision(empty) == HEAD
    async with empty.read() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_table_names())
    assert set(metadata.tables) <= set(names)


async def test_migrating_twice_changes_nothing(empty: Database) -> None:
    await migrate(empty)
    again = await migrate(empty)
    assert (again.before, again.after) == (HEAD, HEAD)


async def test_one_program_migrates_several_databases_beside_each_other(tmp_path: Path) -> None:
    addresses = [f"sqlite:///{tmp_path / str(number)}.db" for number in range(4)]
    many = [Database(database_url(address, tmp_path)) for address in addresses]
    tries = (migrate(each, only_safe=True) for each in many)
    done = await asyncio.gather(*tries, return_exceptions=True)
    for each in many:
        await each.aclose()
    assert done == [Migration(before=None, after=HEAD)] * 4


async def test_an_empty_database_counts_as_safe_on_start(empty: Database) -> None:
    assert (await migrate(empty, only_safe=True)).after == HEAD


async def test_the_newest_script_is_the_revision_the_program_expects(empty: Database) -> None:
    import engine.storage.migrate as module

    versions = Path(module.__file__).parent / "migrations" / "versions"
    assert max(path.name.split("_")[0] for path in versions.glob("[0-9]*.py")) == HEAD


async def test_the_tables_after_migrating_are_the_schemas(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        known = {"compare_type": True, "include_name": lambda name, *_: name != "schema_floor"}
        context = MigrationContext.configure(connection, opts=known)
        return list(compare_metadata(context, metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_every_table_carries_its_tenant() -> None:
    assert [t.name for t in metadata.tables.values() if "tenant" not in t.columns] == []


async def test_a_database_of_a_newer_program_is_refused(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.execute(text("UPDATE schema_floor SET revision = '9998'"))
    with pytest.raises(StorageUnavailable, match=r"newer Deskhand.*9999.*upgrade") as caught:
        await migrate(database)
    assert not caught.value.retryable
    assert await current_revision(database) == "9999"
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE schema_floor"))
    with pytest.raises(StorageUnavailable, match="newer Deskhand"):
        await migrate(database)


async def test_a_database_of_a_newer_program_that_only_added_is_worked_with(
    database: Database,
) -> None:
    async with database.write() as connection:
        floor = (await connection.execute(text("SELECT revision FROM schema_floor"))).scalar()
        assert floor is not None
        assert floor < HEAD
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.execute(text(f"UPDATE schema_floor SET revision = '{HEAD}'"))
    done = await migrate(database, only_safe=True)
    assert (done.before, done.after) == ("9999", "9999")


async def test_a_revision_that_is_not_safe_on_start_asks_for_the_command(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic.script import ScriptDirectory

    class Slow:
        revision = "0001"
        module = object()

    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    monkeypatch.setattr(ScriptDirectory, "iterate_revisions", lambda *_: iter([Slow()]))
    older = type("Older", (), {"revision": "0000"})()
    monkeypatch.setattr(ScriptDirectory, "walk_revisions", lambda *_: iter([Slow(), older]))
    with pytest.raises(StorageUnavailable, match="deskhand migrate"):
        await migrate(database, only_safe=True)


@pytest.mark.slow
def test_two_programs_migrating_at_once_both_succeed(address: str) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, address],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out) == (0, f"{HEAD}\n"), err


async def test_a_migration_that_fails_leaves_nothing_behind(empty: Database) -> None:
    async with empty.write() as connection:
        await connection.execute(text("CREATE TABLE traces (note TEXT)"))
    with pytest.raises(StorageUnavailable):
        await migrate(empty)
    async with empty.read() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_table_names())
    assert names == ["traces"]


async def test_migrating_does_not_block_the_readers_of_another_connection(
    database: Database,
) -> None:
    async with database.read() as connection:
        await connection.execute(text("SELECT count(*) FROM documents"))
        async with asyncio.timeout(30):
            assert (await migrate(database)).after == HEAD


@pytest.mark.parametrize(
    ("before", "revision", "tables"),
    [
        (
            "0002",
            "0003",
            {"inbox", "replies", "conversations", "channel_marks", "cases", "feedback"},
        ),
        (
            "0003",
            "0004",
            {"eval_runs", "eval_answers", "eval_baselines", "eval_schedules", "eval_points"},
        ),
        ("0004", "0005", {"eval_announcements"}),
        ("0005", "0006", {"fits"}),
        (
            "0006",
            "0007",
            {"channel_modes", "channel_mode_changes", "verdicts", "entries", "labels"}
            | {"retrainings", "gaps", "timers", "webhook_calls", "case_events"},
        ),
        ("0009", "0010", {"spend", "admissions"}),
        ("0010", "0011", {"audit"}),
    ],
)
async def test_the_tables_of_a_revision_come_and_go(
    empty: Database, before: str, revision: str, tables: set[str]
) -> None:
    def run(connection: Connection, revision: str) -> list[str]:
        import engine.storage.migrate as module

        config = Config()
        config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        move = command.upgrade if revision >= current[0] else command.downgrade
        move(config, revision)
        current[0] = revision
        return inspect(connection).get_table_names()

    current = ["0000"]
    seen = []
    for wanted in (before, revision, before, revision):
        async with empty.write() as connection:
            seen.append(set(await connection.run_sync(run, wanted)))
        assert await current_revision(empty) == wanted
    assert seen[1] == seen[3] == seen[0] | tables
    assert seen[0] == seen[2]
    assert not seen[0] & tables


async def test_the_tables_of_delivery_are_added_when_a_program_starts(database: Database) -> None:
    names = (
        *(
            "schema_floor",
            "leases",
            "install_states",
            "installations",
            "audit",
            "spend",
            "admissions",
        ),
        *("gaps", "retrainings", "labels", "entries", "verdicts", "channel_mode_changes"),
        *("channel_modes", "webhook_calls", "timers", "case_events"),
        *("fits", "eval_announcements"),
        *("eval_points", "eval_schedules", "eval_baselines", "eval_answers", "eval_runs"),
        *("feedback", "cases", "channel_marks", "conversations", "replies", "inbox"),
    )
    async with database.write() as connection:
        for name in names:
            await connection.execute(text(f"DROP TABLE {name}"))
        for column in ("byline", "trust", "warnings"):
            await connection.execute(text(f"ALTER TABLE documents DROP COLUMN {column}"))
        await connection.execute(text("ALTER TABLE sources DROP COLUMN trust"))
        await connection.execute(text("DROP INDEX ix_traces_tenant_repeatable_as"))
        for column in ("mode", "repeatable_as", "repeats"):
            await connection.execute(text(f"ALTER TABLE traces DROP COLUMN {column}"))
        await connection.execute(text("ALTER TABLE usage DROP COLUMN state"))
        await connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    done = await migrate(database, only_safe=True)
    assert (done.before, done.after) == ("0002", HEAD)
