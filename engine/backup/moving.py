"""From the embedded stores to servers: rows copied and held against each other, the index made
again from them, and the same questions asked on both sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from engine import chosen
from engine.backup.filling import fill_index, refuse_filled, refuse_running
from engine.backup.samples import Compared, ask_all, compare, questions_of, repeatable
from engine.compose import connect_database, open_engine
from engine.errors import StorageUnavailable, WrongUse
from engine.settings import Settings
from engine.storage.copying.copy import Copied, Watch, copy_rows
from engine.storage.copying.landing import open_landing, resumes
from engine.storage.copying.rows import database_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What is on the servers. rows: by table, empty where the database stayed."""

    rows: Mapping[str, int]
    resumed: int
    points: int
    compared: Compared


async def move(settings: Settings, target: Settings, *, replace: bool, watch: Watch) -> Moved:
    """Moves what the settings name to where `target` names; the source stays as it is.

    Cut off, the same call goes on. replace: what is at the target goes.

    Raises: WrongUse where the source works, or the target holds something else;
    StorageUnavailable, also where a sample question is answered otherwise; IndexUnavailable.
    """
    refuse_running(settings)
    async with open_engine(repeatable(settings)) as engine:
        await engine.make_ready()
        questions = await questions_of(engine)
        before = await ask_all(engine, questions)
    copied = await _move_rows(settings, target, replace=replace, watch=watch)
    async with open_engine(repeatable(target)) as engine:
        points = await fill_index(engine)
        compared = compare(before, await ask_all(engine, questions))
    if compared.same != compared.questions:
        raise StorageUnavailable(
            f"only {compared.same:,} of {compared.questions:,} sample questions are answered as "
            "before; keep using the source, and run this again with --replace",
            retryable=False,
        )
    return Moved(rows=copied.rows, resumed=copied.resumed, points=points, compared=compared)


async def _move_rows(
    settings: Settings, target: Settings, *, replace: bool, watch: Watch
) -> Copied:
    async with AsyncExitStack() as stack:
        source = connect_database(settings, stack)
        if not source.is_sqlite and target.database != settings.database:
            raise WrongUse(
                "the database is a server already; go from server to server by "
                "`deskhand backup` and `deskhand restore`"
            )
        if target.database == settings.database:
            if target.qdrant.url and replace:
                await chosen.index(target, stack).clear()
            return Copied(rows={}, resumed=0)
        where = str(source.engine.url.database)
        identity = hashlib.sha256(f"{where}\n{settings.tenant}".encode()).hexdigest()
        async with database_rows(source, identity=identity, alone=True) as rows:
            database = connect_database(target, stack)
            if target.qdrant.url and not await resumes(database, rows):
                index = chosen.index(target, stack)
                await (index.clear() if replace else refuse_filled(index, [settings.tenant]))
            landing = await open_landing(database, rows, replace=replace)
            copied = await copy_rows(landing, watch)
        await landing.close()
        return copied
