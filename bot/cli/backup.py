"""`deskhand backup`: everything that is known, in one file, proved by restoring it.

$ deskhand backup /backups/ --rehearse
31 tables, 9,412 rows and 3 files in /backups/deskhand-20261123T020000Z.backup (12.4 MB)
rehearsed: 9,412 rows and 1,903 passages came back, 12 of 12 sample questions are answered the same

Workspaces that keep a database of their own become a file each, beside it; `deskhand --workspace
T0123ABC restore FILE` puts one back.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.cli.auditing import NOT_KEPT
from bot.cli.json_lines import json_line
from bot.cli.moving_progress import shown_progress
from engine.backup.manifest import Manifest
from engine.backup.rehearsing import Rehearsal, rehearse
from engine.backup.writing import write_archive
from engine.clock import now
from engine.compose import connect_database
from engine.errors import StorageUnavailable, WrongUse
from engine.settings import Settings, load_settings
from engine.workspace_homes import workspace_homes
from evals.reports.wording import counted


async def run(args: argparse.Namespace) -> int:
    """Writes it; with --rehearse, 1 where what came back differs."""
    if args.target is None and not args.rehearse:
        raise WrongUse("name a file or folder, such as deskhand backup /backups/, or --rehearse")
    settings = load_settings()
    apart = await asyncio.to_thread(workspace_homes, settings)
    if apart and args.target is not None and not await asyncio.to_thread(Path(args.target).is_dir):
        raise WrongUse(
            f"{counted(len(apart), 'workspace')} in this home with databases of their own, each of "
            "which becomes a file; name a folder"
        )
    own = await _back_up(settings, args)
    others = [await _back_up(one, args, of=one.tenant) for one in apart]
    if args.json:
        print(json_line(own.told | ({"workspaces": [o.told for o in others]} if apart else {})))
    return 0 if all(one.same for one in (own, *others)) else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """told: as JSON. same: what came back answers as before."""

    told: dict[str, object]
    same: bool


async def _back_up(settings: Settings, args: argparse.Namespace, *, of: str = "") -> _Done:
    """One database and its home. of: the workspace whose they are; empty for that of the settings,
    by whose file the audit log names it."""
    with tempfile.TemporaryDirectory(prefix="deskhand-backup-") as unkept:
        target = _file_in(Path(args.target or unkept), of)
        if not of:
            args.audited = target.name if args.target else NOT_KEPT
        manifest = await _write(target, settings)
        size = (await asyncio.to_thread(target.stat)).st_size
        done = None
        if args.rehearse:
            with shown_progress("restoring") as watch:
                done = await rehearse(target, settings, room=target.parent, watch=watch)
    rows = sum(table.rows for table in manifest.tables)
    told: dict[str, object] = {
        **({"workspace": of} if of else {}),
        "file": str(target) if args.target else None,
        "bytes": size,
        "tables": len(manifest.tables),
        "rows": rows,
        "files": len(manifest.files),
        "revision": manifest.revision,
        "rehearsal": None if done is None else _as_json(done),
    }
    if not args.json:
        where = target if args.target else "a backup that was not kept"
        print(
            f"{of + ': ' if of else ''}{len(manifest.tables)} tables, {rows:,} rows and "
            f"{len(manifest.files):,} files in {where} ({size / 1e6:,.1f} MB)"
        )
        if done is not None:
            print(_in_words(done))
    same = done is None or done.compared is None or done.compared.same == done.compared.questions
    return _Done(told=told, same=same)


async def _write(target: Path, settings: Settings) -> Manifest:
    async with AsyncExitStack() as stack:
        database = connect_database(settings, stack)
        try:
            with shown_progress("reading") as watch:
                return await write_archive(
                    target,
                    database,
                    home=settings.home,
                    embedder=settings.embedder,
                    at=now(),
                    watch=watch,
                )
        except OSError as error:
            raise StorageUnavailable(
                f"{target} cannot be written: {error.strerror}; name another place",
                retryable=False,
            ) from None


def _file_in(target: Path, of: str) -> Path:
    if target.is_dir():
        return target / f"deskhand-{now():%Y%m%dT%H%M%SZ}{'-' + of if of else ''}.backup"
    if not target.parent.is_dir():
        raise WrongUse(f"there is no folder {target.parent}")
    return target


def _as_json(done: Rehearsal) -> dict[str, object]:
    compared = done.compared
    return {
        "rows": sum(done.restored.rows.values()),
        "points": done.restored.points,
        "files": done.restored.files,
        "questions": None if compared is None else compared.questions,
        "same": None if compared is None else compared.same,
    }


def _in_words(done: Rehearsal) -> str:
    rows, points = sum(done.restored.rows.values()), done.restored.points
    said = f"rehearsed: {rows:,} rows and {points:,} passages came back, "
    if done.compared is None:
        return said + "and documents changed meanwhile, so that answers were not compared"
    of = done.compared
    return said + f"{of.same} of {of.questions} sample questions are answered the same"
