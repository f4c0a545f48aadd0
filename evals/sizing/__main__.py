"""What an installation needs, for 100 to 100,000 people and 10,000 to 100,000,000 passages.

$ python -m evals.sizing                                   # the tables of docs/sizing.md
$ DESKHAND_HOME=.deskhand python -m evals.sizing --measure # unit costs of one's own documents
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Final

from engine.errors import DeskhandError
from engine.settings import load_settings
from evals.sizing.measure import measure_home
from evals.sizing.quantisation import KINDS
from evals.sizing.table import ForPassages, ForPeople, Habits, for_passages, for_people
from evals.sizing.unit_costs import Costs, stored_costs
from evals.terminal import finish, say

PEOPLE: Final = (100, 1_000, 10_000, 100_000)
PASSAGES: Final = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)


def render(costs: Costs, habits: Habits) -> str:
    """Both tables as Markdown."""
    people = [for_people(n, costs, habits) for n in PEOPLE]
    lines = [
        "| people | questions a day | in the busiest second | replicas of 2 cores | their memory | "
        "PostgreSQL, a year of questions | a model, a month |",
        "|---:|---:|---:|---:|---:|---:|---:|",
        *map(_people_row, people),
        "",
        "| passages | quantisation | PostgreSQL | Qdrant disk | Qdrant memory | with `on_disk` | "
        "shards |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    lines += [_passages_row(for_passages(n, kind, costs)) for n in PASSAGES for kind in KINDS]
    return "\n".join(lines)


def _people_row(row: ForPeople) -> str:
    return (
        f"| {row.people:,} | {row.per_day:,.0f} | {row.peak_per_s:.3g} | {row.replicas} | "
        f"{_gib(row.memory_gib)} | {_gib(row.database_gib)} | ${row.spend_usd:,.2f} |"
    )


def _passages_row(row: ForPassages) -> str:
    cells = (row.database_gib, row.disk_gib, row.memory_gib, row.on_disk_memory_gib)
    sizes = " | ".join(map(_gib, cells))
    return f"| {row.passages:,} | {row.quantization} | {sizes} | {row.shards} |"


def _gib(size: float) -> str:
    return f"{size:,.0f} GiB" if size >= 10 else f"{size:.2g} GiB"


def main() -> int:
    """Prints the tables, or measures; 1 where a measurement could not be made."""
    parser = argparse.ArgumentParser(prog="python -m evals.sizing", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure the home of the settings")
    parser.add_argument("--most", type=int, default=20_000, help="vectors that are looked at")
    parser.add_argument("--seed", type=int, default=7, help="of intervals")
    parser.add_argument(
        "--per-person-day", type=float, default=0.5, help="questions of one on a working day"
    )
    parser.add_argument(
        "--peak", type=float, default=0.2, help="share of a day's questions in its busiest hour"
    )
    given = parser.parse_args()
    if not given.measure:
        habits = Habits(per_person_day=given.per_person_day, peak=given.peak)
        sys.stdout.write(render(stored_costs(), habits) + "\n")
        return 0
    try:
        measured = measure_home(load_settings(), seed=given.seed, tell=say, most=given.most)
        figures = asyncio.run(measured)
    except DeskhandError as error:
        say(f"sizing: {error}")
        return 1
    finish(figures)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
