"""`make replicas`: questions to several processes while machines fail; exits 1 where one was lost
or doubled.

$ python -m bot.replicas --size 1000 --seed 7
$ python -m bot.replicas --deploy v1.2.0      # replaces that version's processes by this checkout's
$ python -m bot.replicas --scaling            # 1, 2 and 4 webs
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence

from bot.chaos.verdict import Verdict
from bot.replicas.deploying import checkout, deploy
from bot.replicas.faults import Kind
from bot.replicas.run import Plan, replicas
from bot.replicas.scaling import WEBS, Measured, measure_scaling
from bot.replicas.stage import Scenery, Tell
from engine.errors import WrongUse
from evals.postgres import PostgresAbsent

Figures = dict[str, object]


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _counted(verdict: Verdict) -> Figures:
    return {
        "asked": verdict.asked,
        "visible": verdict.visible,
        "lost": len(verdict.lost),
        "doubled": verdict.doubled,
        "out_of_order_threads": verdict.out_of_order,
    }


async def _under_faults(given: argparse.Namespace, tell: Tell) -> tuple[Figures, bool]:
    size = given.size
    plan = Plan(
        scenery=_scenery(given),
        questions=size,
        faults=given.faults if given.faults is not None else max(1, round(size / 28)),
        kinds=tuple(Kind(kind) for kind in given.only) if given.only else tuple(Kind),
        seconds=size * 0.4,
    )
    found = await replicas(plan, tell=tell)
    takeover_s = None if found.takeover_s is None else round(found.takeover_s, 1)
    more = {"faults": found.faults, "starts": found.starts, "takeover_s": takeover_s}
    for channel, ts in found.verdict.lost:
        tell(f"lost: {channel} {ts}")
    for stray in found.verdict.strays:
        tell(f"doubled: {stray}")
    return {**_counted(found.verdict), **more}, found.verdict.holds


async def _deploying(given: argparse.Namespace, tell: Tell) -> tuple[Figures, bool]:
    with checkout(given.deploy) as old:
        done = await deploy(
            old,
            _scenery(given),
            questions=given.size,
            seconds=max(20.0, given.size * 0.4),
            webs=3,
            tell=tell,
        )
    more: Figures = {
        "before": done.before,
        "after": done.after,
        "replaced": done.replaced,
        "old_code_restarted": done.restarted,
    }
    return {**_counted(done.verdict), **more}, done.verdict.holds


async def _scaling(given: argparse.Namespace, tell: Tell) -> tuple[Figures, bool]:
    found = await measure_scaling(_scenery(given), questions=given.size, tell=tell)
    holds = all(m.asked == m.answered for by in found.values() for m in by.values())
    return {name: _ratios(by) for name, by in found.items()}, holds


def _ratios(by: dict[int, Measured]) -> Figures:
    first = by[WEBS[0]]
    return {
        f"webs_{webs}": {
            "asked": found.asked,
            "answered": found.answered,
            "per_s": round(found.per_s, 2),
            "throughput_over_one": round(found.per_s / first.per_s, 2),
            "others_wait_over_heavy": round(found.others_wait, 2),
        }
        for webs, found in by.items()
    }


def _scenery(given: argparse.Namespace) -> Scenery:
    return Scenery(
        people=min(40, max(2, given.size // 5)),
        channels=min(20, max(2, given.size // 10)),
        seed=given.seed,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it; the last line of standard output is the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bot.replicas", description=__doc__)
    parser.add_argument("--size", type=int, default=1000, help="questions (default: 1000)")
    parser.add_argument("--faults", type=int, help="faults (default: one for 28 questions)")
    parser.add_argument(
        "--only", choices=[kind.value for kind in Kind], action="append", help="a fault; repeatable"
    )
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--deploy", metavar="OLD", help="commit to deploy from, instead of faults")
    other.add_argument("--scaling", action="store_true", help="1, 2 and 4 webs instead of faults")
    parser.add_argument("--seed", type=int, default=7, help="of everything drawn by chance")
    parser.add_argument("--json", action="store_true", help="no lines of how far it is")
    given = parser.parse_args(arguments)
    given.size = max(1, given.size)
    tell = (lambda _: None) if given.json else _tell
    started = time.monotonic()
    run = _deploying if given.deploy else _scaling if given.scaling else _under_faults
    try:
        figures, holds = asyncio.run(run(given, tell))
    except (PostgresAbsent, WrongUse) as error:
        _tell(f"deskhand: {error}")
        return 1
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({"seed": given.seed, **figures, "seconds": seconds}), flush=True)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
