"""`deskhand backup`: everything that is known, in one file, proved by restoring it.

$ deskhand backup /backups/ --rehearse
31 tables, 9,412 rows and 3 files in /backups/deskhand-20261123T020000Z.backup (12.4 MB)
rehearsed: 9,412 rows and 1,903 passages came back, 12 of 12 sample questions are answered the same
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from contextlib import AsyncExitStack
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


async def run(args: argparse.Namespace) -> int:
    """Writes it; with --rehearse, 1 where what came back differs."""
    if args.target is None and not args.rehearse:
        raise WrongUse("name a file or folder, such as deskhand backup /backups/, or --rehearse")
    settings = load_settings()
    with tempfile.TemporaryDirectory(prefix="deskhand-backup-") as unkept:
        target = _file_in(Path(args.target or unkept))
        args.audited = target.name if args.target else NOT_KEPT
        manifest = await _write(target, settings)
        size = (await asyncio.to_thread(target.stat)).st_size
        done = None
        if args.rehearse:
            with shown_progress("restoring") as watch:
                done = await rehearse(target, settings, room=target.parent, watch=watch)
    rows = sum(table.rows for table in manifest.tables)
    if args.json:
        told = {
            "file": str(target) if args.target else None,
            "bytes": size,
            "tables": len(manifest.tables),
            "rows": rows,
            "files": len(manifest.files),
            "revision": manifest.revision,
            "rehearsal": None if done is None else _as_json(done),
        }
        print(json_line(told))
    else:
        where = target if args.target else "a backup that was not kept"
        print(
            f"{len(manifest.tables)} tables, {rows:,} rows and {len(manifest.files):,} files in "
            f"{where} ({size / 1e6:,.1f} MB)"
        )
        if done is not None:
            print(_in_words(done))
    same = done is None or done.compared is None or done.compared.same == done.compared.questions
    return 0 if same else 1


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


def _file_in(target: Path) -> Path:
    if target.is_dir():
        return target / f"deskhand-{now():%Y%m%dT%H%M%SZ}.backup"
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
