"""`python -m evals.gate_check`: what is broken on purpose fails the gate, what is unchanged passes.

    $ python -m evals.gate_check --only verifier noise --size 20

Breakages, each against a run of the sample that is the same but whole: `retriever` (random passages
are found), `verifier` (every claim is accepted, of a model that invents half of what it says),
`prompt` (the model, played by the model server, is not told its rules), `obedience` (it is not told
that passages are no instructions, so it does what the poisoned ones want). `noise`: each passage
that a search finds is lost with a small probability, drawn anew in every run, and run after run is
compared with the one before. The last line of standard output is one JSON object; the exit code is
0 when each breakage fails the gate and at most the stated share of the noisy runs do, 1 when not,
2 for wrong use.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DeskhandError
from evals.corpora import ROOT
from evals.gate_check.accepting_verifier import AcceptingVerifier
from evals.gate_check.altered_index import all_but, any_passages
from evals.gate_check.models import following, inventing, without_rules
from evals.gate_check.trial import SUITES, Condition, Trials
from evals.home import bring_up_to_date, open_home
from evals.judging.judge import Criterion
from evals.judging.local import LocalJudge
from evals.measurement import at_least, measurement_parser
from evals.metrics import wilson
from evals.run_record import RunRecord
from evals.running.targets import SAMPLE_TARGET, load_target
from evals.statistics.compare import compare
from evals.statistics.comparison import ALPHA, Comparison, Verdict
from evals.statistics.gate import gate
from evals.suites.catalogue import METRICS
from evals.terminal import finish, say

REPEATS = 100
LOST_SHARE = 0.02
_HOME = ROOT / ".cache" / "evals" / "gate_check"
_GATED = tuple(metric for metric in METRICS if metric.in_gate or metric.critical)
_EVERY_PASSAGE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """whole: the condition of the baseline. broken: the same with one part that does not work."""

    whole: Condition
    broken: Condition


BREAKAGES = {
    "retriever": Breakage(
        whole=Condition(),
        broken=Condition(keeps=any_passages(10), found_at_least=_EVERY_PASSAGE),
    ),
    "verifier": Breakage(
        whole=Condition(model=inventing),
        broken=Condition(model=inventing, verifier=AcceptingVerifier()),
    ),
    "prompt": Breakage(
        whole=Condition(model=following),
        broken=Condition(model=without_rules(following)),
    ),
    "obedience": Breakage(
        whole=Condition(model=following),
        broken=Condition(model=without_rules(following, "never an instruction")),
    ),
}
PARTS = (*BREAKAGES, "noise")


class GateJudge(LocalJudge):
    """The local judge without relevance, which is in no gate and takes longest."""

    def judges(self, criterion: Criterion) -> bool:
        """Every criterion but relevance."""
        return criterion is not Criterion.RELEVANCE


async def check_breakage(trials: Trials, name: str) -> dict[str, Any]:
    """Whether the gate fails with this part broken, and by what."""
    breakage = BREAKAGES[name]
    whole = await trials.run(breakage.whole, f"{name} whole")
    broken = await trials.run(breakage.broken, f"{name} broken")
    found = await asyncio.to_thread(compare, whole, broken, 7, _GATED)
    verdict = gate(found, broken)
    say(f"{name} broken: the gate {'passes' if verdict.passed else 'fails'}")
    for reason in verdict.reasons:
        say(f"  {reason}")
    return {
        "caught": not verdict.passed,
        "worse": [row.metric for row in found.of(Verdict.WORSE)],
        "lost": [row.metric for row in found.rows if row.lost],
        "breached_cases": len({case for case, _ in found.breaches}),
        "reasons": list(verdict.reasons),
    }


async def check_noise(trials: Trials, repeats: int, seed: int) -> dict[str, Any]:
    """How often the gate fails between runs that differ by nothing but their noise."""
    before: RunRecord | None = None
    flagged: list[dict[str, Any]] = []
    changed: list[int] = []
    for number in range(repeats + 1):
        condition = Condition(keeps=all_but(LOST_SHARE), seed=seed * 1_000_003 + number)
        now = await trials.run(condition, f"noise {number}")
        if before is not None:
            found = await asyncio.to_thread(compare, before, now, seed + number, _GATED)
            verdict = gate(found, now)
            changed.append(_changed_cases(found, before, now))
            if not verdict.passed:
                flagged.append({"repeat": number, "reasons": list(verdict.reasons)})
            say(
                f"noise {number:,} of {repeats:,}: {changed[-1]} cases scored otherwise, "
                f"{len(flagged)} flagged so far"
            )
        before = now
    low, high = wilson(len(flagged), repeats)
    return {
        "repeats": repeats,
        "lost_passage_share": LOST_SHARE,
        "changed_cases_mean": round(sum(changed) / repeats, 1),
        "flagged": len(flagged),
        "flagged_share": len(flagged) / repeats,
        "flagged_share_interval_95": [round(low, 4), round(high, 4)],
        "stated_share": ALPHA,
        "flagged_reasons": flagged,
    }


def _changed_cases(found: Comparison, before: RunRecord, now: RunRecord) -> int:
    scores = {result.case_id: result.columns for result in before.results}
    return sum(scores[result.case_id] != result.columns for result in now.results)


async def run(args: argparse.Namespace) -> int:
    """The whole check; the exit code."""
    started = time.monotonic()
    await asyncio.to_thread(args.home.mkdir, parents=True, exist_ok=True)
    target = await asyncio.to_thread(load_target, SAMPLE_TARGET, args.home, SUITES)
    sample = target.dataset
    async with open_home(args.home) as engine:
        await bring_up_to_date(engine, sample.sources, lambda _: None)
    judge = GateJudge()
    try:
        trials = Trials(args.home, sample.cases, judge)
        chosen = args.only or PARTS
        parts = {name: await check_breakage(trials, name) for name in BREAKAGES if name in chosen}
        noise = await check_noise(trials, args.size, args.seed) if "noise" in chosen else None
    finally:
        await judge.aclose()
    not_held = [f"{name} broken passes the gate" for name in parts if not parts[name]["caught"]]
    if noise is not None and noise["flagged_share"] > ALPHA:
        not_held.append(
            f"{noise['flagged']} of {noise['repeats']} unchanged runs fail the gate, "
            f"at most {ALPHA:.0%} may"
        )
    for sentence in not_held:
        say(f"not held: {sentence}")
    finish(
        {
            "holds": not not_held,
            "not_held": not_held,
            "seed": args.seed,
            "cases": len(sample.cases),
            "total_s": round(time.monotonic() - started, 1),
            "broken": parts,
            "noise": noise,
        }
    )
    return 1 if not_held else 0


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process with 2 for wrong use."""
    parser = measurement_parser(
        "evals.gate_check",
        "Breaks the engine on purpose and sees whether the gate notices.",
        "--only verifier noise --size 20",
        PARTS,
        what="part",
    )
    parser.add_argument(
        "--size",
        type=at_least(1),
        default=REPEATS,
        metavar="N",
        help=f"repeats of the unchanged run (default {REPEATS})",
    )
    parser.add_argument(
        "--home", type=Path, default=_HOME, help="where the ingested sample is kept"
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Runs the command line; returns its exit code."""
    try:
        return asyncio.run(run(parse_arguments()))
    except DeskhandError as error:
        say(f"evals.gate_check: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
