"""The command line of what is learned from people: entries, and the model that sorts."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

_Command = Callable[[str, str, str], argparse.ArgumentParser]


def add_entries(command: _Command, parser: type[argparse.ArgumentParser]) -> None:
    """Adds `entries` and its actions."""
    entries = command(
        "entries", "list, show and roll back what people answered", "deskhand entries list"
    )
    actions = entries.add_subparsers(dest="action", metavar="ACTION", parser_class=parser)

    action = _actions_of("entries", actions)

    listed = action("list", "list the answers in use, and those proposed", "list --all")
    listed.add_argument("--all", action="store_true", help="also what ended")
    for name, help_ in (
        ("show", "show an answer with its versions"),
        ("rollback", "take the version in use back; the one before it is used again"),
    ):
        action(name, help_, f"{name} 0190f3c2").add_argument(
            "id", metavar="ID", help="an entry's id, or how it begins"
        )
    export = action("export", "write every version to a file", "export --output entries.jsonl")
    export.add_argument("--output", required=True, metavar="FILE.jsonl", help="one version a line")


def add_triage(command: _Command, parser: type[argparse.ArgumentParser]) -> None:
    """Adds `triage` and its actions."""
    triage = command(
        "triage",
        "sort texts by category, priority and scope; train the model that does",
        "deskhand triage train tickets.csv",
    )
    actions = triage.add_subparsers(dest="action", metavar="ACTION", parser_class=parser)

    action = _actions_of("triage", actions)

    train = action("train", "learn from labelled examples, and use it", "train tickets.csv")
    train.add_argument(
        "file",
        metavar="FILE",
        help=".csv with a header, or .jsonl: text (or subject and body), category, optionally "
        "priority; the category out_of_scope marks what belongs to none",
    )
    evaluate = action("evaluate", "measure the model in use", "evaluate labelled.csv")
    evaluate.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="labelled examples as for train; without, the figures measured in training",
    )
    predict = action(
        "predict", "sort a file of texts", "predict --input new.jsonl --output sorted.jsonl"
    )
    predict.add_argument(
        "--input", required=True, metavar="FILE.jsonl", help='lines of {"id", "text"}'
    )
    predict.add_argument("--output", metavar="FILE.jsonl", help="one line for each, in order")
    action("card", "show what the model in use was made from", "card --json")
    retrain = action(
        "retrain", "learn from people's corrections; used only if it is better", "retrain --json"
    )
    retrain.add_argument(
        "--measure-only", action="store_true", help="compare, and leave the model in use alone"
    )
    action("rollback", "use the model before the one in use again", "rollback")


def _actions_of(name: str, actions: Any) -> _Command:
    """What adds an action of a command, given its name, its help and an example."""

    def action(named: str, help_: str, example: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = actions.add_parser(
            named,
            help=help_,
            description=help_[0].upper() + help_[1:] + ".",
            epilog=f"example:\n  deskhand {name} {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.add_argument("--json", action="store_true", help="for machines: one JSON object")
        return made

    return action
