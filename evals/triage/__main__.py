"""How well triage sorts: accuracy, calibration and scope, on the sets that are there.

    $ python -m evals.triage --only banking77 sample

Each set is learned from its training part and judged on its validation part; where there is only
the former, on a stratified fifth of it. Against TF-IDF and logistic regression on the same rows.
Out of scope is judged twice: on categories that were held out of the training altogether (near
the domain), and on texts the set itself labels so, which are never learned from. The last line of
standard output is one JSON object; the exit code is 0 when every set keeps the aims, 1 when not.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.errors import DeskhandError
from evals.measurement import Findings, at_least, measurement_parser
from evals.terminal import say, show_table
from evals.triage.figures import evaluate, evaluate_starter
from evals.triage.sets import SET_NAMES, cut, load_parts

_MOST_ECE, _LEAST_GAIN, _LEAST_AUROC = 0.02, 0.02, 0.87


def broken_aims(name: str, found: dict[str, Any]) -> list[str]:
    """Sentences that name each aim a set does not reach."""
    broken = []
    if found["ece"] > _MOST_ECE:
        broken.append(f"{name}: ECE is {found['ece']}, the aim is at most {_MOST_ECE}")
    if found["accuracy_gain"] < _LEAST_GAIN:
        broken.append(f"{name}: accuracy gains {found['accuracy_gain']}, the aim is {_LEAST_GAIN}")
    if (found["held_out_categories_auroc"] or 0.0) < _LEAST_AUROC:
        broken.append(
            f"{name}: out-of-scope AUROC is {found['held_out_categories_auroc']}, the aim is "
            f"{_LEAST_AUROC}"
        )
    return broken


async def run(args: argparse.Namespace) -> int:
    """The whole measurement; the exit code."""
    findings = Findings()
    embedder = MiniLmEmbedder(threads=2)
    for name in args.only or SET_NAMES:
        if name == "sample":
            findings.sets[name] = await evaluate_starter(embedder, seed=args.seed)
            continue
        parts = await asyncio.to_thread(load_parts, name, args.datasets, args.seed)
        if parts is None:
            findings.skip(name, args.datasets / "triage" / name)
            continue
        parts = cut(parts, args.size, args.seed)
        say(f"{name}: {len(parts.fit):,} rows to learn from, {len(parts.judged):,} judged")
        findings.sets[name] = await evaluate(parts, embedder, seed=args.seed)
        if args.size is None:
            findings.broken += broken_aims(name, findings.sets[name])
    await embedder.aclose()
    _show(findings.sets)
    return findings.finish(seed=args.seed)


def _show(sets: dict[str, Any]) -> None:
    columns = (
        "accuracy",
        "baseline_accuracy",
        "accuracy_gain",
        "macro_f1",
        "ece",
        "baseline_ece",
        "brier",
        "held_out_categories_auroc",
        "labelled_out_of_scope_auroc",
        "predict_p50_ms",
        "train_s",
    )
    rows = [[n, *(f.get(c) for c in columns)] for n, f in sets.items() if n != "sample"]
    if rows:
        show_table(("set", *columns), rows)
    if "sample" in sets:
        category, priority = sets["sample"]["category"], sets["sample"]["priority"]
        say(
            f"the shipped model on the sample: category {category['accuracy']:.3f} (ECE "
            f"{category['ece']:.3f}), priority {priority['accuracy']:.3f} (ECE "
            f"{priority['ece']:.3f}), out of scope AUROC {sets['sample']['out_of_scope_auroc']}"
        )


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process with 2 for wrong use."""
    parser = measurement_parser(
        "evals.triage", "Measures triage offline.", "--only banking77", SET_NAMES
    )
    parser.add_argument(
        "--size", type=at_least(200), metavar="N", help="most rows to learn from; aims do not count"
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Runs the command line; returns its exit code."""
    try:
        return asyncio.run(run(parse_arguments()))
    except DeskhandError as error:
        say(f"evals.triage: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
