from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from engine.errors import SettingsInvalid, StorageUnavailable
from engine.storage.database import Database, database_url
from engine.storage.documents import DocumentStore
from engine.storage.migrate import migrate

SECRET = "hunter2-topsecret"


async def said(url: str, home: Path, *, lock_wait_s: float = 0.05) -> StorageUnavailable:
    """What using a database that cannot be used raises."""
    database = Database(database_url(url, home), lock_wait_s=lock_wait_s)
    try:
        with pytest.raises(StorageUnavailable) as caught:
            await migrate(database)
    finally:
        await database.aclose()
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 2 MiB."""
    folder = Path("/tmp") / f"deskhand-disk-{os.getpid()}"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("a full disk needs root and mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def test_without_an_address_the_database_lies_in_the_home_folder(tmp_path: Path) -> None:
    url = database_url(None, tmp_path)
    assert (url.drivername, url.database) == ("sqlite+aiosqlite", str(tmp_path / "deskhand.db"))


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://u:p@h:5433/d", "postgresql+asyncpg://u:p@h:5433/d"),
        ("postgresql+psycopg2://h/d", "postgresql+asyncpg://h/d"),
        ("postgresql://h/d?sslmode=require", "postgresql+asyncpg://h/d?ssl=require"),
        ("postgresql://h/d?channel_binding=require&connect_timeout=5", "postgresql+asyncpg://h/d"),
        ("postgresql:///d?host=/run/pg", "postgresql+asyncpg:///d?host=%2Frun%2Fpg"),
        ("sqlite:////srv/x.db", "sqlite+aiosqlite:////srv/x.db"),
        ("sqlite+pysqlite:///x.db", "sqlite+aiosqlite:///x.db"),
    ],
)
def test_addresses_as_others_write_them_are_understood(given: str, made: str) -> None:
    url = database_url(given, Path("/home"))
    assert url.render_as_string(hide_password=False) == made


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        f"mysql://root:{SECRET}@h/d",
        f"postgresql://u:{SECRET}@h:port/d",
        f"http://u:{SECRET}@h/d",
        "sqlite://",
        "sqlite:///:memory:",
        f"postgresql://u:{SECRET}@h/d?verbose=1",
    ],
)
def test_a_wrong_address_is_one_sentence_without_its_password(given: str) -> None:
    with pytest.raises(SettingsInvalid, match="DATABASE_URL") as caught:
        database_url(given, Path("/home"))
    assert SECRET not in str(caught.value)


async def test_a_read_sees_one_state_until_it_is_left(database: Database) -> None:
    count = text("SELECT count(*) FROM knowledge")
    async with database.read() as reader:
        assert (await reader.execute(count)).scalar() == 0
        async with database.write() as writer:
            await writer.execute(text("INSERT INTO knowledge VALUES ('acme', 1)"))
        assert (await reader.execute(count)).scalar() == 0
    async with database.read() as reader:
        assert (await reader.execute(count)).scalar() == 1


async def test_a_write_that_is_left_by_an_exception_keeps_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as writer:
            await writer.execute(text("INSERT INTO knowledge VALUES ('acme', 1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.read() as reader:
        assert (await reader.execute(text("SELECT * FROM knowledge"))).all() == []


async def test_a_cancelled_write_keeps_nothing_and_lets_the_next_one_in(database: Database) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with database.write() as writer:
            await writer.execute(text("INSERT INTO knowledge VALUES ('acme', 1)"))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await DocumentStore(database).revision("acme") == 0
    await DocumentStore(database).adopt("acme", "", {})
    assert await DocumentStore(database).revision("acme") == 1


async def test_writes_at_once_wait_for_each_other(database: Database) -> None:
    store = DocumentStore(database)
    await asyncio.gather(*(store.adopt("acme", "", {}) for _ in range(20)))
    assert await store.revision("acme") == 20


async def test_a_statement_that_fails_is_one_sentence_without_its_values(
    database: Database,
) -> None:
    async def fail() -> None:
        async with database.write() as writer:
            await writer.execute(text(f"INSERT INTO knowledge VALUES (NULL, '{SECRET}')"))

    with pytest.raises(StorageUnavailable) as caught:
        await fail()
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_closing_twice_is_closing_once(database: Database) -> None:
    await database.aclose()
    await database.aclose()


async def test_a_sqlite_file_that_another_program_writes_is_busy_not_broken(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    holder = Database(database_url(url, tmp_path))
    await migrate(holder)
    other = Database(database_url(url, tmp_path), lock_wait_s=0.05)
    async with holder.write() as writer:
        await writer.execute(text("INSERT INTO knowledge VALUES ('acme', 1)"))
        with pytest.raises(StorageUnavailable, match="busy with another program") as caught:
            await DocumentStore(other).adopt("acme", "", {})
        assert caught.value.retryable
        assert await DocumentStore(other).revision("acme") == 0
    await DocumentStore(other).adopt("acme", "", {})
    assert await DocumentStore(other).revision("acme") == 2
    await holder.aclose()
    await other.aclose()


async def test_a_text_file_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_text("This is a letter, not a database.\n" * 100)
    error = await said(f"sqlite:///{path}", tmp_path)
    assert "is damaged" in str(error)
    assert str(path) in str(error)
    assert not error.retryable
    assert path.read_text().startswith("This is a letter")


async def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    error = await said(f"sqlite:///{tmp_path / 'none' / 'a.db'}", tmp_path)
    assert str(tmp_path / "none") in str(error)
    assert not error.retryable


@pytest.mark.parametrize("way", ["read", "look_up"])
async def test_a_new_file_that_another_program_is_opening_is_waited_for(
    tmp_path: Path, way: str
) -> None:
    """SQLite itself does not wait for the lock it needs to turn the write-ahead log on."""
    other = sqlite3.connect(tmp_path / "deskhand.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, lambda: other.execute("COMMIT")).start()
    database = Database(database_url(None, tmp_path))
    if way == "read":
        async with database.read() as db:
            found = (await db.execute(text("PRAGMA journal_mode"))).scalar()
    else:
        found = await database.look_up(lambda db: db.execute(text("PRAGMA journal_mode")).scalar())
    assert found == "wal"
    await database.aclose()
    other.close()


@pytest.mark.slow
def test_a_file_that_may_only_be_read_is_named(
    open_folder: Path, run_as_nobody: Callable[[str, str], str]
) -> None:
    path = open_folder / "a.db"
    asyncio.run(_made(path))
    open_folder.chmod(0o555)
    path.chmod(0o444)
    code = """
import asyncio, sys
from pathlib import Path
from engine.errors import StorageUnavailable
from engine.storage.database import Database, database_url
from engine.storage.documents import DocumentStore
async def main():
    database = Database(database_url(f"sqlite:///{sys.argv[1]}", Path()))
    try:
        await DocumentStore(database).adopt("acme", "", {})
    except StorageUnavailable as error:
        print(error.retryable, error)
    await database.aclose()
asyncio.run(main())
"""
    said = run_as_nobody(code, str(path))
    open_folder.chmod(0o755)
    assert said.startswith("False ")
    assert str(path) in said
    assert "right to write" in said


async def _made(path: Path) -> None:
    database = Database(database_url(f"sqlite:///{path}", path.parent))
    await migrate(database)
    await database.aclose()


async def test_a_full_disk_is_said_and_the_file_opens_again(small_disk: Path) -> None:
    url = database_url(f"sqlite:///{small_disk / 'a.db'}", small_disk)
    database = Database(url)
    await migrate(database)
    await DocumentStore(database).adopt("acme", "", {})
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(b"x" * (free - 8192))

    async def fill() -> None:
        async with database.write() as writer:
            for n in range(64):
                await writer.execute(
                    text("INSERT INTO models VALUES ('acme', 'm', :v, '2026-01-01', '{}', :b)"),
                    {"v": str(n), "b": b"y" * 65536},
                )

    with pytest.raises(StorageUnavailable, match=r"disk that holds .*a\.db is full.*free some"):
        await fill()
    assert await DocumentStore(database).revision("acme") == 1
    await database.aclose()
    (small_disk / "filler").unlink()
    again = Database(url)
    await DocumentStore(again).adopt("acme", "", {})
    assert await DocumentStore(again).revision("acme") == 2
    async with again.read() as reader:
        assert (await reader.execute(text("PRAGMA integrity_check"))).scalar() == "ok"
        assert (await reader.execute(text("SELECT count(*) FROM models"))).scalar() == 0
    await again.aclose()


async def test_a_server_that_does_not_run_cannot_be_reached(tmp_path: Path) -> None:
    error = await said(f"postgresql://u:{SECRET}@127.0.0.1:1/d", tmp_path)
    assert "127.0.0.1 cannot be reached" in str(error)
    assert error.retryable
    gone = await said(f"postgresql://u:{SECRET}@/d?host={tmp_path}", tmp_path)
    assert "cannot be reached" in str(gone)


async def test_a_server_without_that_database_or_user_says_so(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    sockets = request.getfixturevalue("postgres").sockets
    absent = await said(f"postgresql://deskhand@/absent?host={sockets}", tmp_path)
    assert "no database of that name" in str(absent)
    stranger = await said(f"postgresql://stranger:{SECRET}@/postgres?host={sockets}", tmp_path)
    assert "refuses the user or password" in str(stranger)
    assert not absent.retryable
    assert not stranger.retryable


async def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    def insert(connection: Connection) -> int:
        done = connection.execute(text("INSERT INTO knowledge VALUES ('acme', 1)"))
        return done.rowcount

    def fail(connection: Connection) -> None:
        insert(connection)
        raise ValueError("no")

    def count(connection: Connection) -> int:
        return int(connection.execute(text("SELECT count(*) FROM knowledge")).scalar_one())

    with pytest.raises(ValueError, match="no"):
        await database.transact(fail)
    assert await database.look_up(count) == 0
    assert await database.transact(insert) == 1
    with pytest.raises(StorageUnavailable):
        await database.transact(insert)
    assert await database.look_up(count) == 1


async def test_who_is_cancelled_in_a_transaction_leaves_when_it_has_ended(
    database: Database,
) -> None:
    """Else a program that stops could give back its questions before it has them."""
    if not database.is_sqlite:
        pytest.skip("on PostgreSQL a transaction that is left is rolled back")
    begun, hold = threading.Event(), threading.Event()

    def insert(connection: Connection) -> None:
        begun.set()
        hold.wait(30)
        connection.execute(text("INSERT INTO knowledge VALUES ('acme', 1)"))

    task = asyncio.create_task(database.transact(insert))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    hold.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.read() as connection:
        assert len((await connection.execute(text("SELECT * FROM knowledge"))).all()) == 1
