"""What goes wrong with machines, each as somebody would do it by hand, and mended again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bot.replicas.disk import fill, make_room
from bot.replicas.fleet import Fleet, Replica
from engine.adapters.index_lock import read_holder
from engine.role import Role
from evals.postgres import PostgresCluster

_MOST_WEBS = 4
_PARTED_S = (4.0, 12.0)
_FULL_S = 4.0
_SKEWS_S = (150.0, -150.0)
_SKEWED_FOR_S = 12.0
_FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


class Kind(StrEnum):
    """The faults."""

    KILL = "kill"
    ADD = "add"
    REMOVE = "remove"
    PARTITION = "partition"
    DATABASE_RESTART = "database_restart"
    INDEX_RESTART = "index_restart"
    CLOCK_SKEW = "clock_skew"
    DISK_FULL = "disk_full"
    LEADER_DEATH = "leader_death"


@dataclass(slots=True, kw_only=True)
class Faults:
    """One run's. home: of the replicas. disk: PostgreSQL's own; None where it cannot be filled."""

    fleet: Fleet
    cluster: PostgresCluster
    home: Path
    disk: Path | None
    rng: random.Random
    done: dict[str, int] = field(default_factory=dict)
    takeovers_s: list[float] = field(default_factory=list)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def absent(self) -> dict[Kind, str]:
        """Faults that cannot be had here, and why."""
        why = {}
        if self.disk is None:
            why[Kind.DISK_FULL] = "this user may mount no disk to fill"
        if not _FAKETIME:
            why[Kind.CLOCK_SKEW] = "libfaketime is not installed (Debian: libfaketime)"
        return why

    async def befall(self, kind: Kind) -> None:
        """One fault, mended when this returns; those of processes wait for each other."""
        doing: dict[Kind, Callable[[], Awaitable[None]]] = {
            Kind.KILL: self._kill,
            Kind.ADD: self._add,
            Kind.REMOVE: self._remove,
            Kind.PARTITION: self._part,
            Kind.DATABASE_RESTART: self._restart_database,
            Kind.INDEX_RESTART: self._restart_index,
            Kind.CLOCK_SKEW: self._skew,
            Kind.DISK_FULL: self._fill_disk,
            Kind.LEADER_DEATH: self._kill_leader,
        }
        async with self._turn:
            await doing[kind]()
        self.done[kind.value] = self.done.get(kind.value, 0) + 1

    def _one(self, role: Role = Role.WEB) -> Replica:
        return self.rng.choice(self.fleet.of(role))

    async def _kill(self) -> None:
        hit = self._one()
        await hit.process.kill()
        await self.fleet.start(hit)

    async def _add(self) -> None:
        if len(self.fleet.of(Role.WEB)) >= _MOST_WEBS:
            await self._remove()
        await self.fleet.add(Role.WEB)

    async def _remove(self) -> None:
        if len(self.fleet.of(Role.WEB)) < 3:
            await self.fleet.add(Role.WEB)
        hit = self._one()
        await self.fleet.drain(hit)
        self.fleet.replicas.remove(hit)

    async def _part(self) -> None:
        hit = self.rng.choice([r for r in self.fleet.replicas if r.process.alive])
        hit.line.part()
        await asyncio.sleep(self.rng.uniform(*_PARTED_S))
        hit.line.join()

    async def _restart_database(self) -> None:
        await asyncio.to_thread(self.cluster.stop)
        await asyncio.to_thread(self.cluster.start)

    async def _restart_index(self) -> None:
        """Kills the process that serves the index to the others, which one of them then does."""
        holder = read_holder(self.home)
        if holder is None:
            return
        hit = next((r for r in self.fleet.replicas if r.process.pid == holder.pid), None)
        if hit is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(holder.pid, signal.SIGKILL)
            return
        await hit.process.kill()
        await self.fleet.start(hit)

    async def _skew(self) -> None:
        """A machine whose clock is wrong by more than a lease, for a while."""
        hit = self.rng.choice([r for r in self.fleet.replicas if r.process.alive])
        await self.fleet.drain(hit)
        hit.become(
            LD_PRELOAD=str(_FAKETIME[0]),
            FAKETIME=f"{self.rng.choice(_SKEWS_S):+.0f}s",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        )
        await self.fleet.start(hit)
        await asyncio.sleep(_SKEWED_FOR_S)
        await self.fleet.drain(hit)
        hit.become()
        await self.fleet.start(hit)

    async def _fill_disk(self) -> None:
        assert self.disk is not None
        await asyncio.to_thread(fill, self.disk)
        try:
            await asyncio.sleep(_FULL_S)
        finally:
            await asyncio.to_thread(make_room, self.disk)
        if not await asyncio.to_thread(self.cluster.is_up):  # its log of changes had no room
            await asyncio.to_thread(self.cluster.start)

    async def _kill_leader(self) -> None:
        """And looks how long it takes until another leads."""
        hit = await self.fleet.leader()
        if hit is None:
            return
        started = time.monotonic()
        await hit.process.kill()
        async with asyncio.timeout(60):
            while (await self.fleet.leader()) is None:  # noqa: ASYNC110 - in a database
                await asyncio.sleep(0.1)
        self.takeovers_s.append(time.monotonic() - started)
        await self.fleet.start(hit)
