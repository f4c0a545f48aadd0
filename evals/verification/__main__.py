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
from typing import Any

from engine.generation.word_terms import term_set
from engine.verification.support_checker import SupportChecker
from evals.measurement import Findings, at_least, measurement_parser
from evals.terminal import Ticker, say, show_table
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
    parser = measurement_parser(
        "evals.verification", "Measures the sentence checker.", "--only wice_dev", SET_NAMES
    )
    parser.add_argument("--size", type=at_least(1), metavar="N", help="most claims of a set")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurement; returns its exit code."""
    args, findings = parse_arguments(arguments), Findings()
    for name in args.only or SET_NAMES:
        pairs = load_claims(name, args.datasets)
        if pairs is None:
            findings.skip(name, args.datasets / "faithfulness" / name)
            continue
        if args.size is not None and args.size < len(pairs):
            pairs = random.Random(args.seed).sample(pairs, args.size)
        say(f"{name}: {len(pairs):,} claims")
        findings.sets[name] = measure(pairs, seed=args.seed)
        findings.broken += not_held(name, findings.sets[name])
    _show(findings.sets)
    return findings.finish(seed=args.seed)


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
