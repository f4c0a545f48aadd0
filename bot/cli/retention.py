"""`deskhand retention`: removes what is older than the settings let it be, as each night does.

$ deskhand retention --dry-run
traces    180 days  1,204 rows before 2026-05-26 would go
"""

from __future__ import annotations

import argparse

from bot.cli.json_lines import json_line
from engine.compose import open_engine
from engine.retention import Old
from engine.settings import load_settings


async def run(args: argparse.Namespace) -> int:
    """Applies every policy, or says what that would remove."""
    found: list[Old] = []
    async with open_engine(load_settings()) as engine:
        async for old in engine.retention.apply(dry_run=args.dry_run):
            found.append(old)
            if not args.json:
                print(_line(old, dry_run=args.dry_run), flush=True)
    if args.json:
        rows = [
            {
                "kept": old.name,
                "days": old.days,
                "before": old.before.isoformat() if old.before else None,
                "rows": old.rows,
            }
            for old in found
        ]
        print(json_line({"dry_run": args.dry_run, "policies": rows}))
    return 0


def _line(old: Old, *, dry_run: bool) -> str:
    if old.before is None:
        return f"{old.name:<9} kept for ever"
    what = "would go" if dry_run else "are gone"
    return (
        f"{old.name:<9} {old.days:>4} days  {old.rows:,} rows before {old.before:%Y-%m-%d} {what}"
    )
