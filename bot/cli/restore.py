"""`deskhand restore`: a backup put back, checked before, and held against itself after.

$ deskhand restore /backups/deskhand-20261123T020000Z.backup --into restored/
9,412 rows of 31 tables, 3 files and 1,903 passages are in restored
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.auditing import write_deed
from bot.cli.json_lines import json_line
from bot.cli.moving_progress import shown_progress
from engine.backup.reading import read_archive
from engine.backup.restoring import restore, settings_into
from engine.settings import load_settings
from engine.storage.audit import Outcome


async def run(args: argparse.Namespace) -> int:
    """Restores; a run that was cut off is gone on with."""
    settings = load_settings()
    if args.into is not None:
        settings = settings_into(settings, Path(args.into))
    archive = await read_archive(Path(args.file))
    with shown_progress("restoring") as watch:
        done = await restore(archive, settings, replace=args.replace, watch=watch)
    await write_deed("deskhand restore", Path(args.file).name, settings, Outcome.ACCEPTED)
    rows = sum(done.rows.values())
    if args.json:
        told = {"rows": rows, "tables": len(done.rows), "files": done.files}
        print(json_line(told | {"points": done.points, "resumed": done.resumed}))
        return 0
    where = "the database server" if settings.database.url else settings.home
    went_on = f" ({done.resumed:,} were in already)" if done.resumed else ""
    print(
        f"{rows:,} rows of {len(done.rows)} tables{went_on}, {done.files:,} files and "
        f"{done.points:,} passages are in {where}"
    )
    return 0
