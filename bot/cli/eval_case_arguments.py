"""The options of `deskhand eval cases`."""

from __future__ import annotations

import argparse
from typing import Any

ONE = {
    "id": "what to call it; without, the question decides",
    "ticket-subject": "of a ticket or mail",
    "ticket-body": "of a ticket or mail",
    "expected-answer": "a right answer in your words",
    "expected-outcome": "answered, clarified, abstained or escalated",
    "category": "the right category",
    "priority": "the right priority",
    "kind": "what kind of case it is, such as harmless",
    "split": "dev or test; without, the id decides",
    "user": "Slack id of who asks",
    "channel": "Slack id of where it is asked",
    "note": "why the answer is right",
}
"""Fields of a case that are given once, with what each is."""
MANY = {
    "expected-doc": ("expected_docs", "a document that answers it, as citations name it"),
    "must-contain": ("must_contain", "a text that a right answer contains"),
    "must-not-contain": ("must_not_contain", "a text that no answer may contain"),
    "tag": ("tags", "what figures are broken down by"),
    "audience": ("audience", "whose rights to ask with"),
}
"""Options that may be given again: the field of each, and what it is."""


def add_cases_parser(
    subparsers: argparse._SubParsersAction[Any],
    parser_class: type[argparse.ArgumentParser] = argparse.ArgumentParser,
) -> None:
    """Adds `cases` with its steps to the actions of `eval`; imports nothing heavy."""

    def made(to: Any, name: str, help_: str, example: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = to.add_parser(
            name,
            help=help_,
            description=help_[0].upper() + help_[1:] + ".",
            epilog=f"example:\n  deskhand eval {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("--json", action="store_true", help="for machines: one JSON object")
        return parser

    cases = made(
        subparsers, "cases", "save questions with their right answers", "cases check cases.jsonl"
    )
    steps = cases.add_subparsers(dest="step", metavar="STEP", parser_class=parser_class)
    add = made(
        steps,
        "add",
        "save a case",
        'cases add "How long is parental leave?" --expected-doc hr/leave.md',
    )
    add.add_argument("question", nargs="*", metavar="QUESTION")
    add.add_argument(
        "--trace",
        metavar="ID",
        help="take question, rights, cited documents and outcome of a stored answer that was "
        "right; other options go before what it says",
    )
    for name, help_ in ONE.items():
        add.add_argument(f"--{name}", metavar="TEXT", help=help_)
    for name, (_, help_) in MANY.items():
        add.add_argument(
            f"--{name}", action="append", metavar="TEXT", help=f"{help_}; may be given again"
        )
    reviewed = made(
        steps,
        "from-reviews",
        "write cases that people answered, of those questions that nothing is trained on",
        "cases from-reviews --output reviewed.jsonl",
    )
    reviewed.add_argument("--output", required=True, metavar="FILE.jsonl", help="one case a line")
    made(steps, "list", "list the saved cases", "cases list")
    check = made(
        steps,
        "check",
        "name what is wrong in a case file, a BEIR folder or a folder of a data set",
        "cases check cases.jsonl",
    )
    check.add_argument("path", metavar="FILE", help="a .jsonl of cases, or a folder")
