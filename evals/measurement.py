"""What the measurements' command lines share: their options, their last line, their exit code."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.corpora import default_datasets
from evals.terminal import finish, say


def measurement_parser(
    program: str, does: str, example: str, names: Sequence[str], *, what: str = "set"
) -> argparse.ArgumentParser:
    """A parser with `--only`, `--seed` and `--datasets`; a measurement adds what it needs.

    program: the module, such as "evals.quality". names: what `--only` may name. what: each is.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {program}",
        description=does,
        epilog=f"example:\n  python -m {program} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", nargs="+", choices=names, metavar=what.upper(), help=f"these {what}s"
    )
    parser.add_argument(
        "--seed", type=int, default=7, help="of everything drawn and of intervals (default 7)"
    )
    parser.add_argument(
        "--datasets", type=Path, default=default_datasets(), help="folder of the development sets"
    )
    return parser


def at_least(least: int) -> Callable[[str], int]:
    """An option's type: a whole number that is not below `least`."""

    def parse(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more")
        return value

    parse.__name__ = "int"  # argparse names it where the text is no number
    return parse


@dataclass(slots=True)
class Findings:
    """What a measurement of several sets found so far.

    sets: figures by set. skipped: sets that are absent. broken: sentences that name each promise
    which was not kept.
    """

    sets: dict[str, Any] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def skip(self, name: str, where: Path) -> None:
        """Notes that a set is absent, and says so."""
        self.skipped.append(name)
        say(f"{name}: skipped, {where} is absent")

    def finish(self, *, seed: int, more: Mapping[str, Any] | None = None) -> int:
        """Says what does not hold, writes the last line, and gives the exit code."""
        for sentence in self.broken:
            say(f"not held: {sentence}")
        finish(
            {
                "holds": not self.broken,
                "not_held": self.broken,
                "skipped": self.skipped,
                "seed": seed,
                **(more or {}),
                "total_s": round(time.monotonic() - self.started, 1),
                "sets": self.sets,
            }
        )
        return 1 if self.broken else 0
