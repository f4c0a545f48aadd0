"""An archive put back: database, files and index, each held against what the archive says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from engine import chosen
from engine.backup.filling import fill_index, refuse_at_work, refuse_filled, refuse_running
from engine.backup.reading import Archive
from engine.compose import connect_database, open_engine
from engine.errors import WrongUse
from engine.settings import DatabaseSettings, QdrantSettings, Settings
from engine.storage.copying.copy import Watch, copy_rows
from engine.storage.copying.landing import open_landing, resumes


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What is there now. rows: by table. resumed: rows that an earlier run had put in."""

    rows: Mapping[str, int]
    files: int
    points: int
    resumed: int


def settings_into(settings: Settings, home: Path) -> Settings:
    """The same models in this folder, with SQLite and the embedded index."""
    there = {"home": home, "database": DatabaseSettings(), "qdrant": QdrantSettings()}
    return settings.model_copy(update=there)


async def restore(archive: Archive, settings: Settings, *, replace: bool, watch: Watch) -> Restored:
    """Puts an archive where the settings name; cut off, the same call goes on.

    replace: what is there goes.

    Raises: WrongUse where something else is there or works there; IndexMismatch, IndexUnavailable,
    StorageUnavailable, OSError.
    """
    if archive.manifest.embedder != settings.embedder:
        raise WrongUse(
            f"the backup's vectors were made by DESKHAND_EMBEDDER={archive.manifest.embedder}, and "
            f"{settings.embedder} is set; set the same one"
        )
    refuse_running(settings)
    async with AsyncExitStack() as stack:
        database = connect_database(settings, stack)
        if not await resumes(database, archive):
            await refuse_at_work(database)
            await _make_room(archive, settings, replace=replace)
        landing = await open_landing(database, archive, replace=replace)
        copied = await copy_rows(landing, watch)
        files = await asyncio.to_thread(archive.write_files, settings.home)
        async with open_engine(settings) as engine:
            points = await fill_index(engine)
        await landing.close()
    return Restored(rows=copied.rows, files=files, points=points, resumed=copied.resumed)


async def _make_room(archive: Archive, settings: Settings, *, replace: bool) -> None:
    there = [file.path for file in archive.manifest.files if (settings.home / file.path).exists()]
    if there and not replace:
        raise WrongUse(
            f"{settings.home / there[0]} is there already; name another home, or add --replace"
        )
    async with AsyncExitStack() as stack:
        index = chosen.index(settings, stack)
        if replace:
            await index.clear()
        else:
            await refuse_filled(index, [settings.tenant])
