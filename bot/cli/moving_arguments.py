"""The command line of what carries state: backups, restores, moves to servers."""

from __future__ import annotations

import argparse
from collections.abc import Callable

_Command = Callable[[str, str, str], argparse.ArgumentParser]


def add_moving(command: _Command) -> None:
    """Adds `backup`, `restore` and `move`."""
    backup = command(
        "backup",
        "write everything that is known to one file, while the bot runs",
        "deskhand backup /backups/ --rehearse",
    )
    backup.add_argument(
        "target",
        nargs="?",
        metavar="FILE|FOLDER",
        help="the file to write; in a folder it is named after the moment",
    )
    backup.add_argument(
        "--rehearse",
        action="store_true",
        help="restore it to a temporary place beside it, and compare counts and answers; without "
        "a file, nothing is kept",
    )
    restore = command(
        "restore",
        "put a backup where the settings name",
        "deskhand restore /backups/deskhand-20261123T020000Z.backup --into restored/",
    )
    restore.add_argument("file", metavar="FILE", help="as `deskhand backup` wrote it")
    restore.add_argument(
        "--into", metavar="HOME", help="a folder instead, with SQLite and the embedded index"
    )
    restore.add_argument(
        "--replace", action="store_true", help="drop what is there; without, only an empty place"
    )
    move = command(
        "move",
        "carry everything from SQLite and the embedded index to servers",
        "deskhand move --to-database postgresql://deskhand@db/deskhand --to-qdrant https://q:6333",
    )
    move.add_argument(
        "--to-database",
        metavar="URL",
        help="of PostgreSQL; leave the password out and set PGPASSWORD, as others can see commands",
    )
    move.add_argument(
        "--to-qdrant",
        metavar="URL",
        help="of the Qdrant server; its key and shape are those of the DESKHAND_QDRANT__ settings",
    )
    move.add_argument(
        "--replace", action="store_true", help="drop what is there; without, only empty servers"
    )
