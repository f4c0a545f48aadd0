"""`make leakfuzz`: random worlds in which nobody may be told what they may not read.

$ python -m bot.leakfuzz --size 20 --seed 7

Each world is asked 100 questions on the embedded index, and on a Qdrant server with `--server`.
The last line of standard output is one JSON object; the exit code is 0 when nothing leaked.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from typing import Any

from bot.leakfuzz.run import QUESTIONS, fuzz
from evals.terminal import finish, say


async def measure(
    worlds: int, *, seed: int, questions: int, server: str | None, only: str | None = None
) -> dict[str, Any]:
    """Figures of each index and of both.  only: that one."""
    parts: dict[str, dict[str, Any]] = {}
    for name, address in (("embedded", None), ("server", server)):
        if only not in (None, name):
            continue
        if name == "server" and address is None:
            say("server: not asked, as no --server is given")
            continue
        started = time.monotonic()
        found = await fuzz(worlds, seed=seed, questions=questions, server=address, tell=say)
        for example in found.checker.examples:
            say(f"leak: {example}")
        spent = time.monotonic() - started
        parts[name] = {**found.as_json(), "seconds": round(spent, 1)}
    return {
        "trials": sum(part["trials"] for part in parts.values()),
        "leaks": sum(part["leaks"] for part in parts.values()),
        "worlds": worlds,
        "seed": seed,
        **parts,
    }


def main(arguments: Sequence[str] | None = None, *, server: str | None = None) -> int:
    """Runs the command line; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.leakfuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", type=int, default=1000, help="worlds (default 1000)")
    parser.add_argument("--questions", type=int, default=QUESTIONS, help="of each world")
    parser.add_argument("--seed", type=int, default=7, help="of everything drawn by chance")
    parser.add_argument("--server", default=server, metavar="URL", help="of a Qdrant server")
    parser.add_argument("--only", choices=("embedded", "server"), help="that index alone")
    given = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # that rights changed meanwhile is what is tried here
    figures = asyncio.run(
        measure(
            given.size,
            seed=given.seed,
            questions=given.questions,
            server=given.server,
            only=given.only,
        )
    )
    finish(figures)
    return 1 if figures["leaks"] or not figures["trials"] else 0


if __name__ == "__main__":
    sys.exit(main())
