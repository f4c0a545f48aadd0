"""The index of a database, made again from its rows, and what stands in the way of that."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.adapters.index_lock import IndexLock
from engine.compose import Engine
from engine.errors import IndexUnavailable, WrongUse
from engine.knowledge.repair import repair_index
from engine.retrieval.index import SearchIndex
from engine.settings import Settings
from engine.storage.copying.rows import tenants_of
from engine.storage.database import Database
from engine.storage.leases import LeaseStore


async def fill_index(engine: Engine, *, tenants: Sequence[str] | None = None) -> int:
    """Writes what the index lacks, without embedding; how many points it holds.

    tenants: None for all of the database. What an earlier run wrote is not written again.

    Raises: IndexMismatch when other models made the vectors; IndexUnavailable, also where the
    index then does not hold as many points as the database has passages.
    """
    await engine.index.start(engine.ingestion.index_record())
    points = 0
    for tenant in tenants if tenants is not None else await tenants_of(engine.database):
        await repair_index(
            tenant,
            embedder=engine.embedder,
            index=engine.index,
            documents=engine.documents,
            passages=engine.passages,
        )
        held = await engine.index.count(tenant)
        wanted = await engine.documents.count_passages(tenant)
        if held != wanted:
            raise IndexUnavailable(
                f"the index holds {held:,} of {wanted:,} passages; run `deskhand ingest --rebuild`"
            )
        points += held
    return points


async def refuse_filled(index: SearchIndex, tenants: Sequence[str]) -> None:
    """Raises: WrongUse where the index has points of any of these tenants."""
    if await index.record() is None:
        return
    for tenant in tenants:
        if await index.count(tenant):
            raise WrongUse(
                "the index is not empty; name an empty home or another "
                "DESKHAND_QDRANT__COLLECTION, or add --replace, which empties it"
            )


async def refuse_at_work(database: Database) -> None:
    """Raises: WrongUse where a bot does its jobs by these tables, or was killed so lately that it
    may. One that only waits for questions, and has no worker beside it, is not seen."""
    held_for_s = await LeaseStore(database).held_for_s()
    if held_for_s:
        raise WrongUse(
            "a bot works with this database; stop every bot first, webs and workers (one that was "
            f"killed counts for another {math.ceil(held_for_s)} s)"
        )


def refuse_running(settings: Settings) -> None:
    """Raises: WrongUse where another process works in this home."""
    if settings.qdrant.url:
        return
    lock = IndexLock.try_take(settings.home)
    if lock is None:
        raise WrongUse(
            f"another process works in {settings.home}; stop the bot and every other command first"
        )
    lock.release()
