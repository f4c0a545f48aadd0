"""A restore that nobody needs yet, into a place that is gone afterwards."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine.backup.reading import read_archive
from engine.backup.restoring import Restored, restore, settings_into
from engine.backup.samples import Compared, ask_all, compare, questions_of, repeatable
from engine.compose import open_engine
from engine.settings import Settings
from engine.storage.copying.copy import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What the restore put there, and how the sample questions were answered from it.

    compared: None where knowledge changed while it ran, so that answers may rightly differ.
    """

    restored: Restored
    compared: Compared | None


async def rehearse(path: Path, settings: Settings, *, room: Path, watch: Watch) -> Rehearsal:
    """Restores an archive below `room`, asks there and here, and removes what was restored.

    settings: of what runs now, with which the answers are compared.

    Raises: what `restore` raises.
    """
    archive = await read_archive(path)
    with tempfile.TemporaryDirectory(prefix="deskhand-rehearsal-", dir=room) as folder:
        elsewhere = settings_into(settings, Path(folder))
        restored = await restore(archive, elsewhere, replace=False, watch=watch)
        async with open_engine(repeatable(elsewhere)) as engine:
            await engine.make_ready()
            questions = await questions_of(engine)
            there = await ask_all(engine, questions)
            known = await engine.documents.revision(settings.tenant)
    async with open_engine(repeatable(settings)) as engine:
        await engine.make_ready()
        here = await ask_all(engine, questions)
        changed = await engine.documents.revision(settings.tenant) != known
    return Rehearsal(restored=restored, compared=None if changed else compare(here, there))
