"""The processes of one bot: started, added, drained, killed."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.chaos.bot_process import RUN, BotProcess
from bot.leading import JOBS
from bot.replicas.balancer import Balancer
from bot.replicas.line import Line
from engine.role import Role
from engine.storage.leases import LeaseStore

_READY_WITHIN_S = 90.0
_DATABASE = "replicas"


@dataclass(slots=True, kw_only=True, eq=False)
class Replica:
    """One process, over all its lives.  line: between it and the database."""

    name: str
    role: Role
    port: int
    line: Line
    environment: Mapping[str, str]
    log: Path
    code: Path | None
    process: BotProcess

    def become(self, *, code: Path | None = None, **more: str) -> None:
        """What its next life runs, and in which surroundings."""
        self.code = code
        self.process = process_of({**self.environment, **more}, self.role, self.log, code)


def process_of(
    environment: Mapping[str, str], role: Role, log: Path, code: Path | None
) -> BotProcess:
    """`deskhand run`. code: a checkout from before there were roles, where it is not this one."""
    roles = code is None or (code / "engine" / "role.py").exists()
    given = ("--role", role.value) if roles else ()
    return BotProcess(environment, log=log, module=(*RUN, "--json", *given), code=code)


class Fleet:
    """All of them.  sockets: folder of PostgreSQL's socket."""

    def __init__(
        self, home: Path, environment: Mapping[str, str], sockets: Path, leases: LeaseStore
    ) -> None:
        self._home = home
        self._environment = environment
        self._target = sockets / ".s.PGSQL.5432"
        self._leases = leases
        self._stack = AsyncExitStack()
        self._numbers = itertools.count(1)
        self.balancer = Balancer()
        self.replicas: list[Replica] = []
        self.starts = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serves the balancer while inside; every process has ended behind it."""
        async with self._stack:
            await self._stack.enter_async_context(self.balancer.serving())
            try:
                yield
            finally:
                for replica in self.replicas:
                    replica.line.join()
                    await replica.process.kill()

    def of(self, role: Role) -> list[Replica]:
        """The live ones of a role."""
        return [r for r in self.replicas if r.role is role and r.process.alive]

    async def add(self, role: Role, *, code: Path | None = None) -> Replica:
        """One more, ready when this returns."""
        line = Line(self._target)
        await self._stack.enter_async_context(line.serving())
        number = next(self._numbers)
        environment = {
            **self._environment,
            "DATABASE_URL": f"postgresql://deskhand@127.0.0.1:{line.port}/{_DATABASE}?ssl=disable",
            "DESKHAND_SLACK__PORT": str(port := _free_port()),
        }
        name = f"{role.value}{number}"
        log = self._home / f"{name}.log"
        replica = Replica(
            name=name,
            role=role,
            port=port,
            line=line,
            environment=environment,
            log=log,
            code=code,
            process=process_of(environment, role, log, code),
        )
        self.replicas.append(replica)
        await self.start(replica)
        return replica

    async def start(self, replica: Replica) -> None:
        """Starts it; ready when this returns.

        Raises: RuntimeError where it ends or is not ready in time.
        """
        await replica.process.start()
        self.starts += 1
        if replica.role.answers:
            self.balancer.ports[replica.name] = replica.port
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                while not await _is_ready(replica.port):
                    if not replica.process.alive:
                        told = replica.log.read_text("utf-8", errors="replace")[-300:]
                        raise RuntimeError(f"{replica.name} ended before it was ready: {told}")
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise RuntimeError(f"{replica.name} is not ready") from None
        if replica.role.answers:
            self.balancer.ready.add(replica.name)

    async def drain(self, replica: Replica) -> None:
        """Ends it as a platform does: SIGTERM, and time to finish."""
        await replica.process.stop()
        self.balancer.ports.pop(replica.name, None)

    async def leader(self) -> Replica | None:
        """Whose process holds the lease of the jobs."""
        holder = await self._leases.holder("default", JOBS)
        if holder is None:
            return None
        pid = int(holder.split(":")[1])
        return next((r for r in self.replicas if r.process.alive and r.process.pid == pid), None)


async def _is_ready(port: int) -> bool:
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
            async with asyncio.timeout(2):
                return b" 200 " in await reader.readline()
        except TimeoutError:
            return False
        finally:
            writer.close()
    return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
