"""`python -m evals.statistics`: how often the comparison is wrong, and how small a change it sees.

    $ python -m evals.statistics --size 200

Compares made-up runs of which the truth is known (`evals.statistics.simulation`): unchanged ones,
and ones in which a share of the cases broke, over as many cases as the sample has and over few. The
last line of standard output is one JSON object, shares with their 95% interval; the exit code is 0
when no share of false alarms is significantly above the stated one, 1 when one is, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from evals.measurement import at_least
from evals.metrics import wilson
from evals.statistics.comparison import ALPHA
from evals.statistics.simulation import FAMILY, simulate
from evals.terminal import Ticker, finish, say, show_table

SIZES = (30, 300)
DROPS = (0.0, 0.03, 0.05, 0.1)
TRIALS = 400


def measure(cases: int, drop: float, trials: int, seed: int) -> dict[str, Any]:
    """Shares of the trials in which a metric was called changed, and in which the gate failed."""
    ticker = Ticker(f"{cases} cases, {drop:.0%} broken")
    called = failed = 0
    for trial in range(trials):
        seen = simulate(cases, drop, seed * 1_000_003 + trial)
        called += seen.called
        failed += seen.failed
        ticker.tick(f"{trial + 1:,} of {trials:,} comparisons")
    say(f"{cases} cases, {drop:.0%} broken: {called} of {trials} called changed, {failed} failed")
    return {
        "cases": cases,
        "broken_share": drop,
        "comparisons": trials,
        "called_changed_share": called / trials,
        "called_changed_interval_95": [round(bound, 4) for bound in wilson(called, trials)],
        "gate_failed_share": failed / trials,
        "gate_failed_interval_95": [round(bound, 4) for bound in wilson(failed, trials)],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.statistics",
        description="Compares made-up runs of which the truth is known.",
        epilog="example:\n  python -m evals.statistics --size 200",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=7, help="of everything drawn (default 7)")
    parser.add_argument(
        "--size", type=at_least(1), default=TRIALS, metavar="N", help=f"trials (default {TRIALS})"
    )
    args = parser.parse_args(arguments)
    started = time.monotonic()
    rows = [
        measure(cases, drop, args.size, args.seed + place)
        for place, (cases, drop) in enumerate((c, d) for c in SIZES for d in DROPS)
    ]
    show_table(
        ["cases", "broken", "called changed", "gate failed", "95%", ""],
        [
            [r["cases"], r["broken_share"], r["called_changed_share"], r["gate_failed_share"]]
            + r["gate_failed_interval_95"]
            for r in rows
        ],
    )
    not_held = [
        f"{r['cases']} cases: an unchanged run is called changed in {r['called_changed_share']:.1%}"
        f" of the comparisons, at most {ALPHA:.0%} may"
        for r in rows
        if r["broken_share"] == 0.0 and r["called_changed_interval_95"][0] > ALPHA
    ]
    for sentence in not_held:
        say(f"not held: {sentence}")
    finish(
        {
            "holds": not not_held,
            "not_held": not_held,
            "seed": args.seed,
            "metrics": len(FAMILY),
            "stated_share": ALPHA,
            "total_s": round(time.monotonic() - started, 1),
            "measured": rows,
        }
    )
    return 1 if not_held else 0


if __name__ == "__main__":
    sys.exit(main())
