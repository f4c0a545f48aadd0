"""From the embedded stores to servers: rows copied and held against each other, the index made
again from them, and the same questions asked on both sides.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from engine import chosen
from engine.backup.filling import fill_index, refuse_at_work, refuse_filled, refuse_running
from engine.backup.samples import Compared, Sampled, ask_all, compare, questions_of, repeatable
from engine.compose import connect_database, open_engine
from engine.errors import StorageUnavailable, WrongUse
from engine.settings import Settings
from engine.storage.copying.copy import Copied, Watch, copy_rows
from engine.storage.copying.landing import open_landing, resumes
from engine.storage.copying.rows import database_rows, tenants_of
from engine.storage.copying.united import UnitedRows
from engine.workspace_homes import workspace_homes


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What is on the servers. rows: by table, empty where the database stayed."""

    rows: Mapping[str, int]
    resumed: int
    points: int
    compared: Compared


async def move(settings: Settings, target: Settings, *, replace: bool, watch: Watch) -> Moved:
    """Moves what the settings name, and every workspace that has a database of its own in this
    home, to where `target` names; the sources stay as they are.

    Cut off, the same call goes on. replace: what is at the target goes.

    Raises: WrongUse where the source works, or the target holds something else;
    StorageUnavailable, also where a sample question is answered otherwise; IndexUnavailable.
    """
    homes = (settings, *await asyncio.to_thread(workspace_homes, settings))
    for one in homes:
        refuse_running(one)
    asked = [await _asked(one) for one in homes]
    copied = await _move_rows(homes, target, replace=replace, watch=watch)
    points, compared = 0, Compared(questions=0, same=0)
    workspaces = [one.tenant for one in homes[1:]]
    for one, (questions, before) in zip(homes, asked, strict=True):
        there = one.model_copy(update={"database": target.database, "qdrant": target.qdrant})
        async with open_engine(repeatable(there)) as engine:
            tenants = [one.tenant]
            if one is settings:
                found_there = await tenants_of(engine.database)
                tenants = [tenant for tenant in found_there if tenant not in workspaces]
            points += await fill_index(engine, tenants=tenants)
            found = compare(before, await ask_all(engine, questions))
        compared = Compared(
            questions=compared.questions + found.questions, same=compared.same + found.same
        )
    if compared.same != compared.questions:
        raise StorageUnavailable(
            f"only {compared.same:,} of {compared.questions:,} sample questions are answered as "
            "before; keep using the source, and run this again with --replace",
            retryable=False,
        )
    return Moved(rows=copied.rows, resumed=copied.resumed, points=points, compared=compared)


async def _asked(settings: Settings) -> tuple[tuple[str, ...], list[Sampled]]:
    async with open_engine(repeatable(settings)) as engine:
        await engine.make_ready()
        questions = await questions_of(engine)
        return questions, await ask_all(engine, questions)


async def _move_rows(
    homes: Sequence[Settings], target: Settings, *, replace: bool, watch: Watch
) -> Copied:
    settings, tenants = homes[0], [one.tenant for one in homes]
    async with AsyncExitStack() as stack:
        sources = [connect_database(one, stack) for one in homes]
        if not sources[0].is_sqlite and target.database != settings.database:
            raise WrongUse(
                "the database is a server already; go from server to server by "
                "`deskhand backup` and `deskhand restore`"
            )
        if target.database == settings.database:
            if target.qdrant.url and replace:
                await chosen.index(target, stack).clear()
            return Copied(rows={}, resumed=0)
        parts = []
        for source, tenant in zip(sources, tenants, strict=True):
            where = str(source.engine.url.database)
            identity = hashlib.sha256(f"{where}\n{tenant}".encode()).hexdigest()
            parts.append(
                await stack.enter_async_context(
                    database_rows(source, identity=identity, alone=True)
                )
            )
        rows = UnitedRows(parts)
        database = connect_database(target, stack)
        if not await resumes(database, rows):
            await refuse_at_work(database)
            if target.qdrant.url:
                index = chosen.index(target, stack)
                await (index.clear() if replace else refuse_filled(index, tenants))
        landing = await open_landing(database, rows, replace=replace)
        copied = await copy_rows(landing, watch)
        await landing.close()
        return copied
