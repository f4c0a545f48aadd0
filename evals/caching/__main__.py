"""What giving answers again saves, and how often it would give a wrong one.

    $ python -m evals.caching --only load --size 500

Parts: `load` (the sample's questions asked again and again, by Zipf's law, quoted and with a model
server that writes), and the labelled sets `banking77`, `clinc150`, `hwu64` (near misses: questions
that lie close and mean something else, beside what a threshold on the cosine alone would do; a set
that is absent is left out). The last line of standard output is one JSON object; the exit code is 0
when the share of near misses that are taken for one keeps its aim (.5%), 1 when not, 2 for wrong
use.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.errors import DeskhandError
from evals.caching.load import repeated_load
from evals.caching.near_misses import near_misses
from evals.measurement import at_least, measurement_parser
from evals.terminal import finish, say, show_table
from evals.triage.sets import load_parts

SETS = ("banking77", "clinc150", "hwu64")
_AIM = 0.005


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Figures by part."""
    wanted = arguments.only or ("load", *SETS)
    figures: dict[str, Any] = {}
    for writer in ("quoting", "model") if "load" in wanted else ():
        say(f"repeated load, {writer} writer")
        with tempfile.TemporaryDirectory(prefix="deskhand-caching-") as folder:
            figures[writer] = await repeated_load(
                Path(folder), size=arguments.size, seed=arguments.seed, model=writer == "model"
            )
    embedder = MiniLmEmbedder()
    for name in SETS:
        parts = load_parts(name, arguments.datasets, arguments.seed) if name in wanted else None
        if parts is not None:
            say(f"{name}: near misses")
            figures[name] = await near_misses([*parts.fit, *parts.judged], embedder, arguments.seed)
    await embedder.aclose()
    return figures


def _show(figures: dict[str, Any]) -> None:
    rows = []
    for name in (name for name in SETS if name in figures):
        found, made = figures[name], figures[name]["made"]
        rows.append(
            [name, "same words", found["false_hit_rate"], made["false_hit_rate"], found["hit_rate"]]
        )
        for least, part in found["by_cosine"].items():
            shares = (part["false_hit_rate"], made["by_cosine"][least], part["hit_rate"])
            rows.append([name, f"cosine {least}", *shares])
    if rows:
        show_table(["set", "taken for one by", "false (labels)", "false (made)", "hits"], rows)
    loads = [(writer, figures[writer]) for writer in ("quoting", "model") if writer in figures]
    if loads:
        shown = ("hit_rate", "differs_rate", "right_rate", "right_rate_without", "usd_ratio")
        show_table(
            ["writer", *shown, "hit_p50_ms", "without"],
            [
                [writer, *(load.get(n) for n in (*shown, "hit_p50_ms", "hit_p50_ms_without"))]
                for writer, load in loads
            ],
        )


def main(argv: list[str] | None = None) -> int:
    """The exit code."""
    parser = measurement_parser(
        "evals.caching", __doc__.partition("\n")[0], "--only load", ("load", *SETS), what="part"
    )
    parser.add_argument("--size", type=at_least(10), default=1000, help="questions of the load")
    arguments = parser.parse_args(argv)
    try:
        figures = asyncio.run(measure(arguments))
    except DeskhandError as error:
        say(f"evals.caching: {error}")
        return 1
    _show(figures)
    judged = [
        part for name in SETS if name in figures for part in (figures[name], figures[name]["made"])
    ]
    pairs = sum(part["near_misses"] for part in judged)
    wrong = sum(part["false_hits"] for part in judged)
    figures["false_hit_rate"] = wrong / pairs if pairs else None
    finish(figures)
    return int(bool(pairs) and wrong / pairs > _AIM)


if __name__ == "__main__":
    sys.exit(main())
