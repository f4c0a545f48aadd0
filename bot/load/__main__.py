"""`make load`: the bot's acknowledgements, first words and memory under load.

$ python -m bot.load --size 3600 --seed 7
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time

from bot.load.acks import measure_acks
from bot.load.first_words import measure_first_words
from bot.load.memory import measure_memory

PARTS = ("acks", "first_words", "memory")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


async def _measure(parts: list[str], size: int, seed: int) -> dict[str, object]:
    figures: dict[str, object] = {}
    missed: list[str] = []
    for part in parts:
        if part == "acks":
            found, held = await measure_acks(max(20, size // 2), seed=seed, tell=_tell)
        elif part == "first_words":
            found, held = await measure_first_words(max(3, size // 36), seed=seed, tell=_tell)
        else:
            found, held = await measure_memory(size, seed=seed, tell=_tell)
        figures[part] = found
        if not held:
            missed.append(part)
    return figures | {"missed": missed}


def main() -> int:
    """Runs it; the last line of standard output is the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bot.load", description=__doc__)
    parser.add_argument(
        "--size", type=int, default=3600, help="questions of the memory run (default: an hour's)"
    )
    parser.add_argument("--seed", type=int, default=7, help="of everything drawn by chance")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    given = parser.parse_args()
    started = time.monotonic()
    size = max(12, given.size)
    parts = [part for part in PARTS if not given.only or part in given.only]
    figures = asyncio.run(_measure(parts, size, given.seed))
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({"seed": given.seed, "size": size, **figures, "seconds": seconds}), flush=True)
    return 1 if figures["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
