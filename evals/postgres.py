"""A PostgreSQL server of its own, from Debian's package, for measurements and tests."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_INSTALLED = Path("/usr/lib/postgresql")
_NOBODY = 65534
_RECKLESS = " -c fsync=off -c full_page_writes=off"


class PostgresAbsent(Exception):
    """No server can be started here; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresCluster:
    """A server on a Unix socket in `sockets`, with the user deskhand.

    durable: whether a commit waits for the disk, as it does in production.
    """

    sockets: Path
    binaries: Path
    durable: bool
    control: Callable[..., None]
    """`pg_ctl` with these further arguments, as the server's own user."""

    def stop(self) -> None:
        """Cuts every connection at once, as a crash does."""
        self.control("-m", "immediate", "stop")

    def start(self) -> None:
        """Starts it, on the data that it had."""
        options = f"-k {self.sockets} -c listen_addresses=" + ("" if self.durable else _RECKLESS)
        self.control("-l", self.sockets / "log", "-o", options, "start")

    def is_up(self) -> bool:
        """Whether it runs."""
        try:
            self.control("status")
        except RuntimeError:
            return False
        return True

    def sql(self, statement: str) -> None:
        """Carries out one statement.

        Raises: subprocess.CalledProcessError.
        """
        psql, where = self.binaries / "psql", str(self.sockets)
        command = [str(psql), "-h", where, "-U", "deskhand", "-d", "postgres", "-qXc", statement]
        subprocess.run(command, check=True, capture_output=True, timeout=60, cwd="/")

    def address(self, database: str) -> str:
        """The address of a database of this server."""
        return f"postgresql://deskhand@/{database}?host={self.sockets}"


@contextmanager
def postgres_cluster(*, durable: bool, within: Path | None = None) -> Iterator[PostgresCluster]:
    """A running server, gone with its data when left. within: the folder of its data; None: where
    temporary files are.

    Raises: PostgresAbsent; RuntimeError with what the server said where it does not start.
    """
    versions = sorted(_INSTALLED.glob("*/bin/initdb"))
    if not versions:
        raise PostgresAbsent("PostgreSQL is not installed (Debian: postgresql)")
    prefix: list[str] = []
    if os.geteuid() == 0:  # initdb refuses root
        if shutil.which("setpriv") is None:
            raise PostgresAbsent(
                "PostgreSQL refuses root, and there is no setpriv to give up its rights"
            )
        prefix = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    binaries = versions[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="deskhand-pg-", dir=within))
    if prefix:
        os.chown(folder, _NOBODY, _NOBODY)

    def call(*command: str | Path) -> None:
        with (folder / "out").open("a+") as out:
            done = subprocess.run([*prefix, *command], cwd="/", stdout=out, stderr=out, timeout=120)
            if done.returncode:
                out.seek(0)
                raise RuntimeError(out.read())

    try:
        data = folder / "data"
        call(binaries / "initdb", "-D", data, "-U", "deskhand", "-A", "trust", "-E", "UTF8", "-N")
        cluster = PostgresCluster(
            sockets=folder,
            binaries=binaries,
            durable=durable,
            control=functools.partial(call, binaries / "pg_ctl", "-D", data, "-w"),
        )
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)
