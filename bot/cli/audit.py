"""`deskhand audit`: what admins and reviewers did, and whether the log is as it was written.

$ deskhand audit --since 2026-11-01
2026-11-22 09:14 UTC  U0RITA  accepted  button case:claim  0190f3c2-...
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.cli.json_lines import json_line
from engine.clock import now
from engine.compose import open_engine
from engine.containment import one_line
from engine.errors import WrongUse
from engine.settings import load_settings
from engine.storage.audit import AuditRow, AuditStore
from evals.reports.wording import counted

_DAYS = "d"


async def run(args: argparse.Namespace) -> int:
    """Shows it, or looks through the chain; 1 where a row is broken."""
    if args.most < 1:
        raise WrongUse("--most must be at least 1")
    async with open_engine(load_settings()) as engine:
        tenant = engine.settings.tenant
        if args.action == "verify":
            return await _verify(engine.audit, tenant, args)
        rows = await engine.audit.rows(
            tenant, since=parse_since(args.since), who=args.who, most=args.most
        )
    if args.json:
        print(json_line({"rows": [render_row(row) for row in rows]}))
        return 0
    if not rows:
        print("nothing is written down yet of what admins and reviewers did")
    for row in rows:
        print(
            f"{row.sequence:>6}  {row.at:%Y-%m-%d %H:%M} UTC  {one_line(row.who):<14}  "
            f"{one_line(str(row.outcome)):<8}  {one_line(row.action)}  {one_line(row.object)}"
        )
    return 0


async def _verify(store: AuditStore, tenant: str, args: argparse.Namespace) -> int:
    found = await store.verify(tenant, expected=args.expect)
    if args.json:
        print(
            json_line(
                {
                    "rows": found.rows,
                    "first": found.first,
                    "last": found.last,
                    "head": found.head,
                    "broken": found.broken,
                    "why": found.why,
                }
            )
        )
    elif found.broken is not None:
        print(f"broken at row {found.broken}: {found.why}; {found.rows:,} rows before it are whole")
    else:
        whole = counted(found.rows, "row")
        print(f"{whole}, each as it was written; the newest is {found.head}")
    return 0 if found.broken is None else 1


def parse_since(given: str | None) -> datetime | None:
    """A day (2026-11-22), a moment (2026-11-22T09:00+01:00), or days back (7d).

    Raises: WrongUse.
    """
    if given is None:
        return None
    number = given.removesuffix(_DAYS)
    if number != given and number.isascii() and number.isdigit() and len(number) < 6:
        return now() - timedelta(days=int(number))
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise WrongUse("--since wants a day such as 2026-11-22, or days back such as 7d") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def render_row(row: AuditRow) -> dict[str, Any]:
    """A row as JSON."""
    return {
        "sequence": row.sequence,
        "at": row.at.isoformat(),
        "who": row.who,
        "action": row.action,
        "object": row.object,
        "outcome": str(row.outcome),
        "through": row.through,
        "hash": row.hash,
    }
