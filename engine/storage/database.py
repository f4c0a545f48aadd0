"""The connection to SQLite or PostgreSQL, and what its failures mean to a person."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from engine.errors import SettingsInvalid
from engine.storage.database_faults import Explained

T = TypeVar("T")

_WAL_PAUSE_S = 0.02
_CONNECT_S = 10.0

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_OPTIONS = frozenset({"host", "port", "ssl", "timeout", "command_timeout"})
_LIBPQ_OPTIONS = {"sslmode": "ssl"}
_LIBPQ_IGNORED = frozenset({"channel_binding", "connect_timeout", "gssencmode"})
"""Options of libpq, which the hosts of PostgreSQL put into the addresses they hand out."""


DATABASE_FILE = "deskhand.db"
"""In the home, where no server is named."""


def database_url(url: str | None, home: Path) -> URL:
    """The address to connect to; None means a SQLite file in the home folder.

    Raises: SettingsInvalid for an address that is neither SQLite's nor PostgreSQL's, or that has
    an option the driver does not know; the sentence never holds the address.
    """
    if url is None:
        return URL.create(_DRIVERS["sqlite"], database=str(home / DATABASE_FILE))
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError):
        raise SettingsInvalid(
            "DATABASE_URL is not a database address; use postgresql://USER:PASSWORD@HOST/NAME"
        ) from None
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise SettingsInvalid(
            f"DATABASE_URL names {parsed.get_backend_name()}; use postgresql:// or sqlite:///"
        )
    parsed = parsed.set(drivername=driver)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise SettingsInvalid("DATABASE_URL names no file; use sqlite:///FOLDER/deskhand.db")
        return parsed
    query = {
        _LIBPQ_OPTIONS.get(name, name): value
        for name, value in parsed.query.items()
        if name not in _LIBPQ_IGNORED
    }
    unknown = next((name for name in query if name not in _OPTIONS), None)
    if unknown is not None:
        raise SettingsInvalid(f"DATABASE_URL has the option {unknown[:40]}; leave it out")
    return parsed.set(query=query)


def upsert(db: AsyncConnection | Connection, table: Table) -> Any:
    """An INSERT of the connection's dialect, for `on_conflict_do_update`."""
    return (sqlite_dialect if db.dialect.name == "sqlite" else postgresql).insert(table)


class Database:
    """Connections to one database; opens none until it is used.

    On SQLite one write transaction runs at a time in this process and others wait for it;
    other processes wait on SQLite's own lock for up to `lock_wait_s`. On PostgreSQL each answer is
    waited for at most `timeout_s`: a network that drops packets ends no connection by itself.
    """

    def __init__(
        self, url: URL, *, pool_size: int = 5, lock_wait_s: float = 30.0, timeout_s: float = 30.0
    ) -> None:
        self._url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._where = url.database if self.is_sqlite else f"{url.host or 'localhost'}"
        options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 2}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": lock_wait_s}
        else:
            limits = {"timeout": min(timeout_s, _CONNECT_S), "command_timeout": timeout_s}
            given = {name: limit for name, limit in limits.items() if name not in url.query}
            options |= {"pool_pre_ping": True, "pool_recycle": 1800, "connect_args": given}
        self.engine: AsyncEngine = create_async_engine(url, **options)
        # Without a transaction around it a look-up is one way to the server and not three.
        self._for_look_ups = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._write_turn = asyncio.Lock()
        self._plain: Engine | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._writer: ThreadPoolExecutor | None = None
        if self.is_sqlite:
            self._plain = create_engine(
                url.set(drivername="sqlite"),
                connect_args=options["connect_args"],
                isolation_level="AUTOCOMMIT",
            )
            prepare = partial(_prepare_sqlite, lock_wait_s=lock_wait_s)
            event.listen(self._plain, "connect", prepare)
            self._threads = ThreadPoolExecutor(2, thread_name_prefix="deskhand-read")
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="deskhand-write")
            event.listen(self.engine.sync_engine, "connect", prepare)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; sees one consistent state until it is left.

        Raises: StorageUnavailable.
        """
        with self._explained():
            async with self.engine.connect() as connection:
                if not self.is_sqlite:
                    await connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                yield connection

    async def look_up(self, read: Callable[[Connection], T]) -> T:
        """What `read` finds; for the few look-ups of every question, which must be quick.

        Each statement sees the state of its own moment. On SQLite `read` runs whole in a thread,
        one hop where `read()` makes a dozen; elsewhere on an asynchronous connection.

        Raises: StorageUnavailable.
        """
        with self._explained():
            if self._plain is None or self._threads is None:
                async with self._for_look_ups.connect() as connection:
                    return await connection.run_sync(read)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._look_up, self._plain, read)

    @staticmethod
    def _look_up(engine: Engine, read: Callable[[Connection], T]) -> T:
        with engine.connect() as connection:
            return read(connection)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed when left and rolled back when left by an exception.

        Raises: StorageUnavailable; nothing of the transaction is kept then.
        """
        if not self.is_sqlite:
            with self._explained():
                async with self.engine.begin() as connection:
                    yield connection
            return
        async with self._write_turn:
            with self._explained():
                async with self.engine.connect() as plain:
                    connection = await plain.execution_options(deskhand_write=True)
                    async with connection.begin():
                        yield connection

    @asynccontextmanager
    async def write_at_length(self) -> AsyncIterator[AsyncConnection]:
        """As `write`, for what takes as long as it takes: migrations.

        Raises: StorageUnavailable; nothing of the transaction is kept then.
        """
        if self.is_sqlite:
            async with self.write() as connection:
                yield connection
            return
        with self._explained():
            async with self._patient() as engine, engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def _patient(self) -> AsyncIterator[AsyncEngine]:
        engine = create_async_engine(self._url, poolclass=NullPool)
        try:
            yield engine
        finally:
            await engine.dispose()

    async def transact(self, change: Callable[[Connection], T]) -> T:
        """What `change` gives, committed; nothing of it is kept when it raises.

        On SQLite it runs whole in a thread, one hop where `write()` makes one for each statement.
        A caller that is cancelled leaves only when the transaction has ended, whichever way.

        Raises: StorageUnavailable.
        """
        if self._plain is None or self._writer is None:
            async with self.write() as connection:
                return await connection.run_sync(change)
        loop = asyncio.get_running_loop()
        async with self._write_turn:
            with self._explained():
                done = loop.run_in_executor(self._writer, self._transact, self._plain, change)
                try:
                    return await asyncio.shield(done)
                except asyncio.CancelledError:
                    await asyncio.wait([done])
                    raise

    @staticmethod
    def _transact(engine: Engine, change: Callable[[Connection], T]) -> T:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                result = change(connection)
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                connection.connection.rollback()
                raise
            return result

    async def compact(self) -> None:
        """Overwrites what was removed, so that it is not in the files either; takes a while.

        On SQLite other writers wait. PostgreSQL reuses the space; its write-ahead log and backups
        are its operator's.

        Raises: StorageUnavailable.
        """
        with self._explained():
            if self._plain is None or self._writer is None:
                async with self._patient() as engine, engine.connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await connection.exec_driver_sql("VACUUM")
                return
            async with self._write_turn:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._writer, self._vacuum, self._plain)

    @staticmethod
    def _vacuum(engine: Engine) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()

    async def aclose(self) -> None:
        """Closes every connection; idempotent."""
        await self.engine.dispose()
        for threads in (self._threads, self._writer):
            if threads is not None:
                await asyncio.to_thread(threads.shutdown)
        if self._plain is not None:
            self._plain.dispose()

    def _explained(self) -> Explained:
        return Explained(str(self._where))


def _prepare_sqlite(connection: Any, _: object, *, lock_wait_s: float) -> None:
    connection.isolation_level = None
    _write_ahead(connection, lock_wait_s)
    cursor = connection.cursor()
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "mmap_size=268435456",
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(connection: Any, lock_wait_s: float) -> None:
    """Turns the write-ahead log on, waiting while another program is turning it on too.

    SQLite does not wait here by itself: two that each hold a read lock would wait for ever.
    """
    give_up = time.monotonic() + lock_wait_s
    cursor = connection.cursor()
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
        if hasattr(connection, "run_async"):
            connection.run_async(lambda _: asyncio.sleep(_WAL_PAUSE_S))
        else:
            time.sleep(_WAL_PAUSE_S)
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    write = connection.get_execution_options().get("deskhand_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
