"""`python -m evals.continuous.simulation`: how often a day is wrongly said to have changed, and how
large a change is seen.

    $ python -m evals.continuous.simulation --size 200

Asks the sample's questions of the sample's documents, and makes days of these traces: 28 of a
reference and one more, on which nothing changed, or something did. Some are drawn alike, others
differ in what is asked, as real ones do. The last line of standard output is one JSON object,
shares with their 95% interval; the exit code is 0 when no share of false alarms is significantly
above the stated one, 1 when one is, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.question import Budget
from engine.settings import load_settings
from evals.continuous.detection import FALSE_ALARM_RATE, State
from evals.continuous.made_days import Change, Pool, Trial, judge_made_day
from evals.continuous.scored_question import ScoredQuestion, score_body
from evals.judging.local import LocalJudge
from evals.measurement import at_least
from evals.metrics import wilson
from evals.running.opening import open_target
from evals.running.targets import SAMPLE_TARGET, load_target
from evals.suites.metric import Suite
from evals.terminal import Ticker, finish, say, show_table

TRIALS = 400
PER_DAY = 60

UNCHANGED = (
    Trial(per_day=PER_DAY),
    Trial(per_day=PER_DAY, uneven=True),
)
CHANGED = tuple(
    Trial(per_day=PER_DAY, uneven=True, change=change, amount=amount)
    for change, amounts in (
        (Change.UNSUPPORTED, (0.1, 0.2, 0.4)),
        (Change.SLOWER, (0.3, 1.0)),
        (Change.UNANSWERED, (0.2, 0.4)),
        (Change.TOPIC, (0.2, 0.4)),
    )
    for amount in amounts
)


async def ask_sample(home: Path, most: int | None = None) -> Pool:
    """The sample's questions answered, stored, read back and scored; `most` of them.

    Raises: what opening an engine, ingesting and asking raise.
    """
    settings = load_settings().local(home)
    target = await asyncio.to_thread(load_target, SAMPLE_TARGET, home, tuple(Suite), None)
    cases = target.dataset.cases[:most]
    ticker = Ticker("asking the sample")
    async with open_target(target, settings, lambda event: None, models=False) as engine:
        judge, tenant = LocalJudge(engine.embedder), engine.settings.tenant
        scored: list[ScoredQuestion] = []
        for case in cases:
            trace = await engine.pipeline.run(
                case.question,
                tenant=tenant,
                audience=case.audience,
                budget=Budget(max_cost_usd=0.0),
            )
            await engine.traces.save(trace)
            stored = await engine.traces.bodies(tenant, [trace.trace_id])
            scored.append(await score_body(stored[trace.trace_id], judge))
            ticker.tick(f"{len(scored):,} of {len(cases):,}")
        vectors = await engine.embedder.embed_many([question.text for question in scored])
    return Pool(questions=tuple(scored), vectors=vectors)


def measure(pool: Pool, trial: Trial, trials: int, seed: int) -> dict[str, Any]:
    """Shares of made days with an alarm, and which series gave it."""
    ticker = Ticker(f"{trial.change.value} {trial.amount:.0%}")
    alarms, by_series = 0, Counter[str]()
    for number in range(trials):
        verdicts = judge_made_day(pool, trial, seed * 1_000_003 + number)
        changed = [v.series.name for v in verdicts if v.state is State.CHANGED]
        alarms += bool(changed)
        by_series.update(changed)
        ticker.tick(f"{number + 1:,} of {trials:,} days")
    return {
        "change": trial.change.value,
        "amount": trial.amount,
        "questions_a_day": trial.per_day,
        "days_differ": trial.uneven,
        "days": trials,
        "alarm_share": alarms / trials,
        "alarm_interval_95": [round(bound, 4) for bound in wilson(alarms, trials)],
        "alarm_share_by_series": {
            name: round(count / trials, 4) for name, count in by_series.most_common()
        },
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.continuous.simulation",
        description="Judges made days of which the truth is known.",
        epilog="example:\n  python -m evals.continuous.simulation --size 200",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=7, help="of everything drawn (default 7)")
    parser.add_argument(
        "--size",
        type=at_least(4),
        default=TRIALS,
        metavar="N",
        help=f"unchanged days of each kind; a quarter of it of each change (default {TRIALS})",
    )
    args = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        pool = asyncio.run(ask_sample(Path(folder)))
    rows = [
        measure(pool, trial, args.size // (1 if trial in UNCHANGED else 4), args.seed + place)
        for place, trial in enumerate((*UNCHANGED, *CHANGED))
    ]
    show_table(
        ["change", "amount", "days differ", "alarm", "95%", ""],
        [
            [r["change"], r["amount"], "yes" if r["days_differ"] else "no", r["alarm_share"]]
            + r["alarm_interval_95"]
            for r in rows
        ],
    )
    not_held = [
        f"{'differing' if r['days_differ'] else 'like'} days on which nothing changed: an alarm on "
        f"{r['alarm_share']:.1%} of them, at most {FALSE_ALARM_RATE:.0%} may"
        for r in rows
        if r["change"] == Change.NOTHING and r["alarm_interval_95"][0] > FALSE_ALARM_RATE
    ]
    for sentence in not_held:
        say(f"not held: {sentence}")
    finish(
        {
            "holds": not not_held,
            "not_held": not_held,
            "seed": args.seed,
            "traces": len(pool.questions),
            "stated_share": FALSE_ALARM_RATE,
            "total_s": round(time.monotonic() - started, 1),
            "measured": rows,
        }
    )
    return 1 if not_held else 0


if __name__ == "__main__":
    sys.exit(main())
