"""`make soak`: two hours' questions, one a second, asked several times as fast.

$ python -m bot.soak --size 7200 --per-second 4 --plot soak.svg
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from bot.soak.run import soak
from evals.trends.chart import draw

FEWEST = 12


def main() -> int:
    """Runs it; the last line of standard output is the figures as JSON, 1 where something grew."""
    parser = argparse.ArgumentParser(prog="python -m bot.soak", description=__doc__)
    parser.add_argument(
        "--size", type=int, default=7200, help="questions (default: two hours', one a second)"
    )
    parser.add_argument(
        "--per-second", type=float, default=4.0, help="questions in a second (default: 4)"
    )
    parser.add_argument("--seed", type=int, default=7, help="of everything drawn by chance")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="a picture, SVG or PNG")
    parser.add_argument("--database-url", help="PostgreSQL instead of SQLite")
    given = parser.parse_args()

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    done = asyncio.run(
        soak(
            max(FEWEST, given.size),
            per_second=given.per_second,
            seed=given.seed,
            tell=tell,
            database_url=given.database_url,
        )
    )
    if given.plot is not None:
        title = f"{done.figures['questions']:,} questions at {done.figures['per_second']} a second"
        draw(done.panels, given.plot, title=title)
    print(json.dumps({"seed": given.seed, **done.figures, "growing": done.growing}), flush=True)
    return 1 if done.growing else 0


if __name__ == "__main__":
    sys.exit(main())
