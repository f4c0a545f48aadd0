"""`make chaos`: questions under kills and faults; exits 1 where one was lost or doubled.

$ python -m bot.chaos --size 500 --kills 30 --seed 7
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.chaos.run import Plan, chaos
from evals.postgres import PostgresAbsent, postgres_cluster


@contextmanager
def _database(postgres: bool) -> Iterator[str | None]:
    """The address of an empty PostgreSQL database; None for SQLite."""
    if not postgres:
        yield None
        return
    with postgres_cluster(durable=True) as cluster:
        cluster.sql("create database chaos")
        yield cluster.address("chaos")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Runs it; the last line of standard output is the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bot.chaos", description=__doc__)
    parser.add_argument("--size", type=int, default=500, help="questions (default: 500)")
    parser.add_argument("--kills", type=int, help="kills by -9 (default: one for 17 questions)")
    parser.add_argument("--seed", type=int, default=7, help="of everything drawn by chance")
    parser.add_argument(
        "--postgres", action="store_true", help="state in a PostgreSQL of its own, not in SQLite"
    )
    given = parser.parse_args()
    size = max(1, given.size)
    started = time.monotonic()
    _tell(f"seed {given.seed}")
    try:
        with _database(given.postgres) as url:
            plan = Plan(
                questions=size,
                people=min(40, max(2, size // 5)),
                channels=min(20, max(2, size // 10)),
                kills=max(0, given.kills if given.kills is not None else round(size * 30 / 500)),
                seconds=size * 0.3,
                seed=given.seed,
                database_url=url,
            )
            found, lives = asyncio.run(chaos(plan, tell=_tell))
    except PostgresAbsent as absent:
        _tell(f"deskhand: {absent}")
        return 1
    for channel, ts in found.lost:
        _tell(f"lost: {channel} {ts}")
    figures = {
        "seed": given.seed,
        "database": "postgresql" if given.postgres else "sqlite",
        "asked": found.asked,
        "visible": found.visible,
        "lost": len(found.lost),
        "doubled": found.doubled,
        "out_of_order_threads": found.out_of_order,
        "notices": found.notices,
        "starts": lives,
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(figures), flush=True)
    return 0 if found.holds else 1


if __name__ == "__main__":
    sys.exit(main())
