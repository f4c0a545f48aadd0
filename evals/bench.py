"""`make bench`: the engine's speed, as ratios of things measured in the same run.

    $ python -m evals.bench --only start ingest

Parts: `answer` (question to answer among SIZE passages, by stage, over the floor), `release` (a
model's first whole sentence to the moment it is shown, checked), `ingest` (against the embedder
alone), `growth` (5,000 against 100,000 passages), `memory`, `start`, `eval` (cases a second of an
evaluation over the engine alone), `peers` (retrieval against
txtai's and LlamaIndex's, which are installed on first use; `"peers": null` and the reason where
they cannot be). Each works in a temporary folder that is removed. The last line of standard output
is one JSON object; the exit code is 0 when every aim that was measured holds, 1 when not, 2 for
wrong use.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DeskhandError
from evals.benchmarks.answering import measure_answers, measure_growth
from evals.benchmarks.ingesting import measure_ingestion
from evals.benchmarks.memory import measure_memory
from evals.benchmarks.peers.environment import DEFAULT_ENVIRONMENT
from evals.benchmarks.peers.measure import measure_peers
from evals.benchmarks.real_documents import real_documents
from evals.benchmarks.releasing import measure_release
from evals.benchmarks.starting import measure_start
from evals.benchmarks.throughput import measure_throughput
from evals.corpora import SAMPLE
from evals.measurement import measurement_parser
from evals.terminal import finish, say, show_table

PARTS = ("answer", "release", "ingest", "growth", "memory", "start", "eval", "peers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A figure and the bound it has to keep; one of at_least and at_most is given."""

    figure: str
    at_least: float | None = None
    at_most: float | None = None

    def broken(self, figures: Mapping[str, Any]) -> str | None:
        """A sentence where the figure was measured and misses the bound, else None."""
        value = figures.get(self.figure)
        if value is None:
            return None
        if self.at_least is not None and value < self.at_least:
            return f"{self.figure} is {value}, the aim at least {self.at_least}"
        if self.at_most is not None and value > self.at_most:
            return f"{self.figure} is {value}, the aim at most {self.at_most}"
        return None


AIMS = (
    Aim(figure="ingest_ratio", at_least=0.9),
    Aim(figure="growth_ratio", at_most=2.0),
    Aim(figure="release_p50_ms", at_most=20.0),
    Aim(figure="help_over_pass_ratio", at_most=6.0),
    Aim(figure="eval_over_bare_ratio", at_least=0.8),
    Aim(figure="index_over_txtai_ratio", at_most=0.75),
    Aim(figure="index_over_txtai_ids_ratio", at_most=0.75),
    Aim(figure="index_mrr_minus_txtai", at_least=0.0),
    Aim(figure="retrieval_mrr_minus_txtai", at_least=0.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured. size: passages of `answer` and `peers`. rounds: of what is repeated.

    growth: passages of the two corpora of that part. peers: where the peers are installed.
    """

    datasets: Path
    size: int
    seed: int
    rounds: int
    growth: tuple[int, int]
    peers: Path


async def measure(part: str, plan: Plan, root: Path) -> dict[str, Any]:
    """One part in a folder of its own.

    Raises: DeskhandError; RuntimeError when a process it starts fails.
    """
    if part == "growth":
        small, large = plan.growth
        return await measure_growth(root, seed=plan.seed, small=small, large=large)
    if part == "start":
        return await measure_start(root, str(SAMPLE / "knowledge"), rounds=5 * plan.rounds)
    if part == "eval":
        return await measure_throughput(root, rounds=plan.rounds)
    if part == "release":
        return await measure_release(root / "home", rounds=plan.rounds)
    real = await asyncio.to_thread(real_documents, plan.datasets, root, seed=plan.seed)
    if part == "answer":
        return await measure_answers(root / "home", real, size=plan.size, seed=plan.seed)
    if part == "peers":
        return await measure_peers(
            root, real, size=plan.size, seed=plan.seed, environment=plan.peers
        )
    if part == "memory":
        return await measure_memory(root, real.sources[-1])
    return await measure_ingestion(root, real.sources[-1], rounds=plan.rounds)


async def run(args: argparse.Namespace) -> int:
    """Every part that is wanted; the exit code."""
    plan = Plan(
        datasets=args.datasets,
        size=args.size,
        seed=args.seed,
        rounds=args.rounds,
        growth=tuple(args.growth),
        peers=args.peers,
    )
    figures: dict[str, Any] = {}
    for part in args.only or PARTS:
        started = time.monotonic()
        say(f"{part}:")
        with tempfile.TemporaryDirectory(prefix="deskhand-bench-") as folder:
            found = await measure(part, plan, Path(folder))
        show_table(("figure", "value"), [list(pair) for pair in found.items()])
        figures |= {**found, f"{part}_part_s": round(time.monotonic() - started, 1)}
    missed = [sentence for aim in AIMS if (sentence := aim.broken(figures))]
    for sentence in missed:
        say(f"not held: {sentence}")
    finish({"holds": not missed, "not_held": missed, "seed": args.seed, **figures})
    return 1 if missed else 0


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process with 2 for wrong use."""
    parser = measurement_parser(
        "evals.bench",
        "Measures the engine's speed as ratios.",
        "--size 20000 --only answer",
        PARTS,
        what="part",
    )
    parser.add_argument("--size", type=int, default=20_000, help="passages to search")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions (default 3)")
    parser.add_argument(
        "--growth",
        type=int,
        nargs=2,
        default=(5_000, 100_000),
        metavar=("SMALL", "LARGE"),
        help="passages of the two corpora whose answers are compared",
    )
    parser.add_argument(
        "--peers",
        type=Path,
        default=DEFAULT_ENVIRONMENT,
        metavar="FOLDER",
        help="where the peers are installed, and kept (default .cache/bench-peers)",
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Runs the command line; returns its exit code."""
    try:
        return asyncio.run(run(parse_arguments()))
    except (DeskhandError, RuntimeError) as error:
        say(f"evals.bench: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
