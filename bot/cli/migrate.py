"""`deskhand migrate`: brings the tables to the version this program needs.

$ deskhand migrate
the database is up to date (0001)
"""

from __future__ import annotations

import argparse
import json
from contextlib import AsyncExitStack

from engine.compose import connect_database
from engine.settings import load_settings
from engine.storage.migrate import migrate


async def run(args: argparse.Namespace) -> int:
    """Applies every pending revision, those that may take long too."""
    async with AsyncExitStack() as stack:
        done = await migrate(connect_database(load_settings(), stack))
    if args.json:
        print(json.dumps({"before": done.before, "after": done.after}))
    elif done.before == done.after:
        print(f"the database is up to date ({done.after})")
    else:
        print(f"migrated from {done.before or 'an empty database'} to {done.after}")
    return 0
