"""`python -m evals.half_year`: half a year of questions, with half of the documents missing.

    $ python -m evals.half_year --only tech_support_qa --size 60 --plots plots

`--size` is the questions of each week, `--weeks` their number. Three bots are asked the same: one
that learns nothing, one whose threshold and calibration follow people's verdicts, and one that
learns their answers too. The last line of standard output is one JSON object of figures, shares of
all questions week by week, and of the last four weeks the third bot against each of the others; the
exit code is 0 when in each set it ends with significantly fewer escalations than the second, and
with significantly more wrong answers shown than neither, 1 when not, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.compose import Overrides, open_engine
from engine.errors import DeskhandError
from engine.settings import Settings, load_settings
from evals.half_year.chart import draw
from evals.half_year.simulate import Arm, HalfYear, PlayedClock
from evals.half_year.week import Answer, week_figures
from evals.half_year.world import SETS, World, read_world
from evals.measurement import Findings, at_least, measurement_parser
from evals.retraining.contest import contest
from evals.terminal import Ticker, say, show_table

_LAST = 4
_SHOWN = ("escalated", "wrong_shown", "covered", "precision", "from_people", "calibration_error")

Weeks = list[list[Answer]]


async def all_arms(
    world: World, folder: Path, *, weeks: int, a_week: int, seed: int, target: float
) -> dict[str, Weeks]:
    """The same questions to each bot.

    Raises: DeskhandError.
    """
    corpus = folder / "corpus.jsonl"
    await asyncio.to_thread(world.write, corpus)
    async with open_engine(_settings(folder / "still")) as engine:
        await engine.make_ready()
        ticker = Ticker("ingesting")
        await engine.ingestion.run(
            str(corpus), (), lambda p: ticker.tick(f"{p.done:,} documents, {p.passages:,} passages")
        )
    for arm in (Arm.CAUTIOUS, Arm.LEARNING):
        await asyncio.to_thread(shutil.copytree, folder / "still", folder / arm.value)
    traffic = world.traffic(weeks=weeks, a_week=a_week, seed=seed)
    arms = {}
    for arm in Arm:
        clock = PlayedClock()
        async with open_engine(_settings(folder / arm.value), Overrides(clock=clock)) as engine:
            await engine.make_ready()
            half_year = HalfYear(
                engine=engine,
                world=world,
                clock=clock,
                arm=arm,
                target=target,
                seed=seed,
            )
            arms[arm.value] = await half_year.run(
                traffic, partial(_tell, Ticker(f"{world.name}, {arm.value}"))
            )
    return arms


def _settings(home: Path) -> Settings:
    return load_settings({"DESKHAND_HOME": str(home)}, working_directory=home.parent)


def _tell(ticker: Ticker, done: int, of: int) -> None:
    ticker.tick(f"week {done} of {of}")


def compare_arms(arms: dict[str, Weeks]) -> dict[str, Any]:
    """The last weeks of the learning bot against each of the others, share by share.

    The same questions are compared; a gain below 0 is a lower share.
    """
    last = {arm: [a for week in weeks[-_LAST:] for a in week] for arm, weeks in arms.items()}

    def scores(arm: str, what: str) -> Any:
        of = {
            "escalated": [a.escalated for a in last[arm]],
            "wrong_shown": [a.shown and not a.right for a in last[arm]],
            "covered": [a.shown and a.right for a in last[arm]],
        }
        return np.array(of[what], float)

    return {
        f"against_{arm}": {
            what: contest(scores(arm, what), scores("learning", what)).as_json()
            for what in ("escalated", "wrong_shown", "covered")
        }
        for arm in ("still", "cautious")
    }


def broken_promises(name: str, found: dict[str, Any]) -> list[str]:
    """Sentences that name what did not come true."""
    broken = []
    if not found["against_cautious"]["escalated"]["worse"]:  # a lower share is fewer escalations
        broken.append(f"{name}: escalations are not lower with learning")
    broken += [
        f"{name}: more wrong answers are shown than {which.removeprefix('against_')}"
        for which, shares in found.items()
        if shares["wrong_shown"]["better"]
    ]
    return broken


async def run(args: argparse.Namespace) -> int:
    """The simulation of each set; the exit code."""
    findings = Findings()
    for name in args.only or SETS:
        if not (args.datasets / name / "corpus.jsonl").is_file():
            findings.skip(name, args.datasets / name)
            continue
        world = await asyncio.to_thread(read_world, name, args.datasets, seed=args.seed)
        say(
            f"{name}: {len(world.questions):,} questions, {len(world.documents):,} documents, "
            f"{len(world.withheld):,} that answer withheld"
        )
        with tempfile.TemporaryDirectory(prefix="deskhand-half-year-") as folder:
            arms = await all_arms(
                world,
                Path(folder),
                weeks=args.weeks,
                a_week=args.size,
                seed=args.seed,
                target=args.target,
            )
        figures = {arm: [week_figures(week) for week in weeks] for arm, weeks in arms.items()}
        compared = compare_arms(arms)
        findings.sets[name] = {"last_weeks": compared, "weeks": figures}
        findings.broken += broken_promises(name, compared)
        _show(figures)
        if args.plots is not None:
            path = args.plots / f"half-year-{name}.svg"
            await asyncio.to_thread(args.plots.mkdir, parents=True, exist_ok=True)
            await asyncio.to_thread(draw, name, figures, path)
            say(f"  drew {path}")
    return findings.finish(seed=args.seed)


def _show(figures: dict[str, list[dict[str, Any]]]) -> None:
    rows: list[Sequence[object]] = []
    for arm, weeks in figures.items():
        for number in sorted({0, 3, 7, 12, 18, len(weeks) - 1} & set(range(len(weeks)))):
            week = weeks[number]
            rows.append((f"{arm}, week {number + 1}", *(week.get(key) for key in _SHOWN)))
    show_table(("", *(key.replace("_", " ") for key in _SHOWN)), rows)


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process with 2 for wrong use."""
    parser = measurement_parser(
        "evals.half_year",
        "Simulates half a year in which people answer what the documents do not.",
        "--only tech_support_qa --size 60 --plots plots",
        SETS,
    )
    parser.add_argument(
        "--size", type=at_least(5), default=60, metavar="N", help="questions of a week (60)"
    )
    parser.add_argument("--weeks", type=at_least(_LAST), default=26, metavar="N", help="(26)")
    parser.add_argument(
        "--target", type=float, default=0.9, help="share of shown answers to be right (0.9)"
    )
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw the weeks there")
    return parser.parse_args(arguments)


def main() -> int:
    """Runs the command line; returns its exit code."""
    args = parse_arguments()
    try:
        return asyncio.run(run(args))
    except DeskhandError as error:
        say(f"half_year: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
