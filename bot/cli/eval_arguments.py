"""The options of `deskhand eval`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from bot.cli.eval_case_arguments import add_cases_parser

Command = Callable[[str, str, str], argparse.ArgumentParser]


def add_eval(command: Command, parser_class: type[argparse.ArgumentParser]) -> None:
    """Adds the command with all its actions; imports nothing heavy."""
    whole = command(
        "eval",
        "measure the answers, and compare them with earlier ones",
        "deskhand eval run sample --gate",
    )
    actions = whole.add_subparsers(dest="action", metavar="ACTION", parser_class=parser_class)

    def action(
        name: str, help_: str, example: str, to: Any = actions, prefix: str = "eval"
    ) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = to.add_parser(
            name,
            help=help_,
            description=help_[0].upper() + help_[1:] + ".",
            epilog=f"example:\n  deskhand {prefix} {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.add_argument("--json", action="store_true", help="for machines: one JSON object")
        return made

    def group(name: str, help_: str, example: str) -> Command:
        made = action(name, help_, example)
        inner = made.add_subparsers(dest="step", metavar="STEP", parser_class=parser_class)
        return lambda step, says, shows: action(step, says, shows, inner, f"eval {name}")

    _add_run(action)
    two = action("compare", "compare two runs, case by case", "compare release 3f2a91c0")
    two.add_argument("before", metavar="A", help="a baseline's name, a run's id, or a file")
    two.add_argument("after", metavar="B", help="the same")
    two.add_argument("--gate", action="store_true", help="exit 1 where B is significantly worse")
    two.add_argument("--seed", type=int, default=7, help="of intervals and tests (default 7)")
    _add_baseline(group("baseline", "name runs that others are compared with", "baseline list"))
    runs = action("list", "list the runs, newest first", "list --target sample")
    runs.add_argument("--target", metavar="TARGET", help="only runs of this target")
    runs.add_argument("--limit", type=_at_least_one, default=20, metavar="N", help="most shown")
    for name, help_ in (
        ("show", "show what a run found, or how far it is"),
        ("cancel", "end a run; what was asked is kept"),
    ):
        one = action(name, help_, f"{name} 3f2a91c0")
        one.add_argument("run", metavar="RUN", help="its id, or the first characters of it")
    report = action("report", "write the report of a run anew", "report 3f2a91c0")
    report.add_argument("run", metavar="RUN", help="its id, or the first characters of it")
    report.add_argument("--compare", metavar="BASELINE", help="as for `eval run`")
    report.add_argument("--report", metavar="DIR", help="where it is written")
    add_cases_parser(actions, parser_class)
    small = action(
        "small-model",
        "measure what the small model loses on easy questions; it writes them if that is little",
        "small-model own",
    )
    small.add_argument("target", metavar="TARGET", help="as for `eval run`")
    small.add_argument(
        "--max-cost", type=_amount, metavar="USD", help="most that it may spend, in dollars"
    )
    judge = group("judge", "a model as the judge", "judge calibrate labels.jsonl")
    calibrate = judge(
        "calibrate",
        "compare a model's judgements with people's, so that its figures may be shown",
        "calibrate labels.jsonl --judge openai:gpt-4.1-mini",
    )
    calibrate.add_argument(
        "file",
        metavar="FILE.jsonl",
        help='lines of {"criterion", "question", "answer", "evidence", "label"}',
    )
    calibrate.add_argument("--judge", required=True, metavar="JUDGE", help="openai:MODEL")
    _add_schedule(group("schedule", "run by the clock, with `deskhand run`", "schedule list"))
    _add_watch(action)


def _add_run(action: Command) -> None:
    run = action("run", "ask a set of questions, and score the answers", "run sample --gate")
    run.add_argument(
        "target",
        metavar="TARGET",
        help="sample (what is shipped with Deskhand); retrieval, answers, decisions, triage, "
        "adversarial or speed (one suite of it); own (your saved cases, asked of your "
        "documents); FILE.jsonl (cases, asked of your documents); FOLDER (cases with documents "
        "of their own, or a BEIR folder)",
    )
    run.add_argument(
        "--suite",
        action="append",
        default=[],
        metavar="SUITE",
        help="compute only this suite; may be given more than once",
    )
    run.add_argument(
        "--compare", metavar="BASELINE", help="a baseline's name, a run's id, or a file"
    )
    run.add_argument(
        "--gate",
        action="store_true",
        help="exit 1 on a significant regression; without --compare, against the shipped "
        "baseline for sample, else against the baseline named as the target",
    )
    run.add_argument(
        "--split", choices=("dev", "test", "train"), help="only this part of the cases"
    )
    run.add_argument("--judge", default="local", metavar="JUDGE", help="local, or openai:MODEL")
    run.add_argument(
        "--shipped",
        action="store_true",
        help="measure what is shipped, without the model server that the settings name",
    )
    run.add_argument("--fresh", action="store_true", help="ask again what was asked before")
    run.add_argument(
        "--concurrency", type=_at_least_one, metavar="N", help="questions at the same time"
    )
    run.add_argument(
        "--max-cost", type=_amount, metavar="USD", help="most that the run may spend, in dollars"
    )
    run.add_argument("--report", metavar="DIR", help="where the report is written")
    run.add_argument("--seed", type=int, default=7, help="of intervals and tests (default 7)")
    run.add_argument("--run-id", metavar="ID", help="go on with a run that waits for a process")


def _add_baseline(step: Command) -> None:
    set_ = step("set", "make a run a baseline", "set release 3f2a91c0")
    set_.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="what to call it; without, the newest run's target, which --gate looks for",
    )
    set_.add_argument(
        "run", nargs="?", metavar="RUN", help="a run's id; without, the newest that ended"
    )
    set_.add_argument("--file", metavar="FILE", help="write it into a file instead, to commit it")
    step("list", "list the baselines", "list")


def _add_schedule(step: Command) -> None:
    add = step("add", "run a target by the clock", 'add nightly own "0 3 * * *" --timezone UTC')
    add.add_argument("name", metavar="NAME", help="what to call it; replaces one of that name")
    add.add_argument("target", metavar="TARGET", help="as for `eval run`")
    add.add_argument("cron", metavar="CRON", help="minute, hour, day, month, weekday")
    add.add_argument("--timezone", default="UTC", metavar="ZONE", help="such as Europe/Berlin")
    add.add_argument("--suite", action="append", default=[], metavar="SUITE", help="as for run")
    add.add_argument("--compare", metavar="BASELINE", help="as for run")
    add.add_argument("--channel", metavar="C...", help="where the report is posted")
    add.add_argument("--owner", metavar="U...", help="who is told of a significant regression")
    step("list", "list the schedules", "list")
    remove = step("remove", "forget a schedule", "remove nightly")
    remove.add_argument("name", metavar="NAME")


def _add_watch(action: Command) -> None:
    watch = action(
        "watch",
        "score a sample of one day's answers again, and tell what changed since the days before",
        "watch --day 2026-11-21",
    )
    watch.add_argument("--day", metavar="DAY", help="such as 2026-11-21; without, yesterday")
    watch.add_argument(
        "--timezone", default="UTC", metavar="ZONE", help="of days, such as Europe/Berlin"
    )
    watch.add_argument(
        "--sample", type=_at_least_one, default=200, metavar="N", help="most questions scored"
    )
    watch.add_argument(
        "--false-alarm-rate",
        type=_rate,
        default=0.01,
        metavar="RATE",
        help="probability of any alarm on a day on which nothing changed (default .01)",
    )
    watch.add_argument(
        "--reference-days",
        type=_weeks,
        default=28,
        metavar="N",
        help="days before that a day is held against (default 28, at least 7)",
    )
    watch.add_argument(
        "--include-texts",
        action="store_true",
        help="quote questions that were asked outside Slack too; private conversations never are",
    )
    watch.add_argument(
        "--gate",
        action="store_true",
        help="exit 1 where something changed for the worse, or an answer has an adversarial sign",
    )
    watch.add_argument("--report", metavar="DIR", help="where the report is written")


def _weeks(text: str) -> int:
    value = int(text)
    if value < 7:
        raise argparse.ArgumentTypeError("must be 7 or more")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return value


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _amount(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("must be 0 or more dollars")
    return value


_at_least_one.__name__ = _weeks.__name__ = "int"
_rate.__name__ = "rate"
_amount.__name__ = "amount"
