"""`deskhand verify`: is each claim wholly supported by its evidence?

$ deskhand verify --input claims.jsonl --output checked.jsonl
{"id": "1", "support": 0.07, "supported": false, "why": "The evidence says 14 days, not 30 days."}
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from bot.cli.json_lines import (
    is_same_file,
    json_line,
    numbered_lines,
    open_input,
    open_output,
    parse_line,
)
from bot.cli.terminal import answer_counter
from engine.errors import WrongUse
from engine.verification.support_checker import SupportChecker


async def run(args: argparse.Namespace) -> int:
    """Checks a file of claims; 0 whatever they turn out to be, lines that are none too."""
    if args.output is not None and is_same_file(args.input, args.output):
        raise WrongUse(f"--output {args.output} is the input itself; name another file")
    started, checker = time.monotonic(), SupportChecker()
    with open_input(args.input) as lines, open_output(args.output) as sink:
        shown = sink is not sys.stdout and sys.stderr.isatty()
        with answer_counter(shown=shown, what="checked") as counted:
            counts = await asyncio.to_thread(_batch, checker, lines, sink, counted)
    if args.json:
        print(json_line({**counts, "seconds": round(time.monotonic() - started, 3)}))
    return 0


def _batch(
    checker: SupportChecker, source: TextIO, sink: TextIO, counted: Callable[[], None]
) -> dict[str, int]:
    """One line out for each line in, in order; how many there were, by what became of them."""
    counts = {"checked": 0, "supported": 0, "not_supported": 0, "errors": 0}
    for number, line in numbered_lines(source):
        row = parse_line(line)
        checked = check_row(checker, row, number)
        if "error" in checked:
            counts["errors"] += 1
        else:
            counts["checked"] += 1
            counts["supported" if checked["supported"] else "not_supported"] += 1
        sink.write(json_line(checked) + "\n")
        sink.flush()
        counted()
    return counts


def check_row(checker: SupportChecker, row: object, number: int) -> dict[str, Any]:
    """The line for a claim; where the row holds none, with an `error` and support null."""
    id_ = row.get("id", str(number)) if isinstance(row, dict) else str(number)
    try:
        claim, evidence = parse_claim(row)
    except WrongUse as error:
        why = f"Line {number} could not be checked: {error}."
        return {"id": id_, "support": None, "supported": False, "why": why, "error": str(error)}
    support = checker.check(claim, evidence)
    return {
        "id": id_,
        "support": round(support.probability, 4),
        "supported": support.supported,
        "why": support.why,
    }


def parse_claim(row: object) -> tuple[str, list[str]]:
    """Claim and evidence of a row.

    Raises: WrongUse that says what the row lacks.
    """
    if not isinstance(row, dict):
        raise WrongUse("it is no JSON object")
    claim, evidence = row.get("claim"), row.get("evidence")
    if not isinstance(claim, str):
        raise WrongUse("`claim` must be a text")
    if isinstance(evidence, str):
        return claim, [evidence]
    if not isinstance(evidence, list) or not all(isinstance(span, str) for span in evidence):
        raise WrongUse("`evidence` must be a text or a list of texts")
    return claim, evidence
