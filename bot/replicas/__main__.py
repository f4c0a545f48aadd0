"""`make replicas`: questions to several processes while machines fail; exits 1 where one was lost
or doubled.

$ python -m bot.replicas --size 1000 --seed 7
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time

from bot.replicas.faults import Kind
from bot.replicas.run import Found, Plan, replicas
from evals.postgres import PostgresAbsent


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def figures_of(found: Found) -> dict[str, object]:
    """What a run found, as JSON."""
    verdict = found.verdict
    return {
        "asked": verdict.asked,
        "visible": verdict.visible,
        "lost": len(verdict.lost),
        "doubled": verdict.doubled,
        "out_of_order_threads": verdict.out_of_order,
        "faults": found.faults,
        "starts": found.starts,
        "takeover_s": None if found.takeover_s is None else round(found.takeover_s, 1),
    }


def main() -> int:
    """Runs it; the last line of standard output is the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bot.replicas", description=__doc__)
    parser.add_argument("--size", type=int, default=1000, help="questions (default: 1000)")
    parser.add_argument("--faults", type=int, help="faults (default: one for 28 questions)")
    parser.add_argument(
        "--only", choices=[kind.value for kind in Kind], action="append", help="a fault; repeatable"
    )
    parser.add_argument("--seed", type=int, default=7, help="of everything drawn by chance")
    parser.add_argument("--json", action="store_true", help="no lines of how far it is")
    given = parser.parse_args()
    size = max(1, given.size)
    tell = (lambda _: None) if given.json else _tell
    started = time.monotonic()
    plan = Plan(
        questions=size,
        people=min(40, max(2, size // 5)),
        channels=min(20, max(2, size // 10)),
        faults=given.faults if given.faults is not None else max(1, round(size / 28)),
        kinds=tuple(Kind(kind) for kind in given.only) if given.only else tuple(Kind),
        seconds=size * 0.4,
        seed=given.seed,
    )
    try:
        found = asyncio.run(replicas(plan, tell=tell))
    except PostgresAbsent as absent:
        print(f"deskhand: {absent}", file=sys.stderr)
        return 1
    for channel, ts in found.verdict.lost:
        tell(f"lost: {channel} {ts}")
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({"seed": given.seed, **figures_of(found), "seconds": seconds}), flush=True)
    return 0 if found.verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
