"""`python -m evals.verification`: the sentence checker against plain word coverage.

    $ python -m evals.verification --only wice_dev --seed 7

The checker answers at its shipped threshold; coverage, the share of a claim's terms that the
evidence holds, gets the threshold that suits it best on each set. The last line of standard output
is one JSON object; the exit code is 0 when the checker's AUROC and balanced accuracy are above
coverage's on every set that is there, 1 when not, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.generation.word_terms import term_set
from engine.verification.support_checker import SupportChecker
from evals.corpora import default_datasets
from evals.terminal import Ticker, finish, say, show_table
from evals.verification.figures import figures
from evals.verification.pair import Pair
from evals.verification.sets import SET_NAMES, load_claims


def coverage(pair: Pair) -> float:
    """Share in [0, 1] of the claim's terms that stand in the evidence; the baseline."""
    claimed = term_set(pair.claim)
    found = frozenset().union(*(term_set(span) for span in pair.evidence))
    return len(claimed & found) / len(claimed) if claimed else 0.0


def measure(pairs: Sequence[Pair], *, seed: int) -> dict[str, Any]:
    """Checks every claim and gives the figures of the set."""
    checker, ticker = SupportChecker(), Ticker("checking")
    checker.check("Warm up.", ["The word list and the model are read at first use."])
    probabilities, times_ms = [], []
    for number, pair in enumerate(pairs, start=1):
        started = time.thread_time()  # the machine is shared: its own time is what repeats
        probabilities.append(checker.check(pair.claim, pair.evidence).probability)
        times_ms.append((time.thread_time() - started) * 1000)
        ticker.tick(f"{number:,} of {len(pairs):,} claims")
    return figures(pairs, probabilities, [coverage(p) for p in pairs], times_ms, seed=seed)


def not_held(name: str, found: Mapping[str, Any]) -> list[str]:
    """Sentences that name each figure in which the checker is not above coverage."""
    promises = (
        ("auroc", "coverage_auroc"),
        ("balanced_accuracy", "coverage_best_balanced_accuracy"),
    )
    return [
        f"{name}: {ours} is {found[ours]:.3f}, word coverage has {found[theirs]:.3f}"
        for ours, theirs in promises
        if found[ours] is not None and found[ours] <= found[theirs]
    ]


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process with 2 for wrong use."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.verification",
        description="Measures the sentence checker.",
        epilog="example:\n  python -m evals.verification --only wice_dev",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", choices=SET_NAMES, metavar="NAME", help="these sets")
    parser.add_argument("--size", type=int, metavar="N", help="most claims of a set")
    parser.add_argument("--seed", type=int, default=7, help="of samples and intervals (default 7)")
    parser.add_argument(
        "--datasets", type=Path, default=default_datasets(), help="folder of the development sets"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurement; returns its exit code."""
    args = parse_arguments(arguments)
    sets, skipped, broken = {}, [], []
    for name in args.only or SET_NAMES:
        pairs = load_claims(name, args.datasets)
        if pairs is None:
            skipped.append(name)
            say(f"{name}: skipped, it is not in {args.datasets / 'faithfulness'}")
            continue
        if args.size is not None and args.size < len(pairs):
            pairs = random.Random(args.seed).sample(pairs, args.size)
        say(f"{name}: {len(pairs):,} claims")
        sets[name] = measure(pairs, seed=args.seed)
        broken += not_held(name, sets[name])
    _show(sets)
    for sentence in broken:
        say(f"not held: {sentence}")
    finish(
        {
            "holds": not broken,
            "not_held": broken,
            "skipped": skipped,
            "seed": args.seed,
            "sets": sets,
        }
    )
    return 1 if broken else 0


def _show(sets: Mapping[str, Mapping[str, Any]]) -> None:
    columns = (
        "claims",
        "balanced_accuracy",
        "auroc",
        "coverage_best_balanced_accuracy",
        "coverage_auroc",
        "ece",
        "check_p50_cpu_ms",
        "check_p95_cpu_ms",
    )
    show_table(("set", *columns), [[name, *(s[c] for c in columns)] for name, s in sets.items()])
    for name, found in sets.items():
        say(f"\n{name}, by label")
        rows = [(kind, *row.values()) for kind, row in found["right_share_by_kind"].items()]
        show_table(("label", "claims", "right", "AUROC against supported"), rows)


if __name__ == "__main__":
    sys.exit(main())
