"""`deskhand eval cases`: saves questions with their right answers, lists and checks them.

$ deskhand eval cases add "How long is parental leave?" --expected-doc hr/leave.md
$ deskhand eval cases add --trace 0190f3c2
$ deskhand eval cases from-reviews --output reviewed.jsonl
$ deskhand eval cases check cases.jsonl
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.eval_case_arguments import MANY, ONE
from bot.cli.json_lines import json_line
from engine.containment import one_line
from engine.errors import WrongUse
from engine.settings import Settings, load_settings

if TYPE_CHECKING:
    from evals.cases.case_line import CaseLine


async def run(args: argparse.Namespace, settings: Settings | None = None) -> int:
    """Does what the step names; 1 where a checked file has problems."""
    if args.step is None:
        raise WrongUse(
            "say what to do: deskhand eval cases add|from-reviews|list|check; see --help"
        )
    if args.step == "check":
        return await _check(args)
    chosen = settings or load_settings()
    if args.step == "from-reviews":
        from bot.cli.eval_reviews import from_reviews

        return await from_reviews(args, chosen)
    return await (_add if args.step == "add" else _list)(args, chosen)


async def _add(args: argparse.Namespace, settings: Settings) -> int:
    from engine.compose import open_engine
    from evals.cases.case_line import parse_case
    from evals.cases.lines import BrokenLine
    from evals.cases.overlap import refuse_trained_cases
    from evals.cases.own import add_case, own_cases_path, row_of_trace, with_id

    given = _given(args)
    if not given and args.trace is None:
        raise WrongUse('give a question, such as deskhand eval cases add "Who approves leave?"')
    async with open_engine(settings) as engine:
        if args.trace is not None:
            body = await engine.traces.get(settings.tenant, args.trace)
            if body is None:
                raise WrongUse(
                    f"there is no trace {args.trace[:80]}; `deskhand ask --json` gives each "
                    "answer's trace_id"
                )
            given = row_of_trace(body) | given
        row = with_id(given)
        try:
            case, _ = parse_case(row)
        except BrokenLine as error:
            raise WrongUse(f"the case {error}") from None
        notes = await refuse_trained_cases(engine.models, settings.tenant, [case])
    line = await asyncio.to_thread(add_case, settings.home, row)
    path = own_cases_path(settings.home)
    if args.json:
        print(json_line({"id": str(line.id), "file": str(path), "notes": list(notes)}))
        return 0
    print(f"saved {one_line(str(line.id))} in {path}")
    for note in notes:
        print(f"  {one_line(note)}")
    return 0


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """The case's fields that the command line names."""
    given: dict[str, Any] = {}
    if args.question:
        given["user_question"] = " ".join(args.question)
    for name in ONE:
        field = name.replace("-", "_")
        if (value := getattr(args, field)) is not None:
            given[field] = value
    for name, (field, _) in MANY.items():
        if (values := getattr(args, name.replace("-", "_"))) is not None:
            given[field] = values
    return given


async def _list(args: argparse.Namespace, settings: Settings) -> int:
    from evals.cases.case_line import render_row
    from evals.cases.own import own_cases_path, read_own_cases

    path = own_cases_path(settings.home)
    found = await asyncio.to_thread(read_own_cases, settings.home)
    if args.json:
        rows = [] if found is None else [render_row(line) for line in found.lines.values()]
        problems = [] if found is None else list(found.problems)
        print(json_line({"file": str(path), "cases": rows, "problems": problems}))
        return 0
    if found is None or not (found.cases or found.problems):
        print('no case is saved yet; try: deskhand eval cases add "Who approves leave?"')
        return 0
    for case_id, line in found.lines.items():
        outcome = line.expected_outcome or "any outcome"
        split = found.splits[case_id].value
        print(f"{one_line(case_id):<16} {split:<4} {outcome:<11} {one_line(_asked(line))[:90]}")
    for problem in found.problems:
        print(f"  {one_line(problem)}")
    return 0


async def _check(args: argparse.Namespace) -> int:
    from evals.cases.check import check_cases

    found = await asyncio.to_thread(check_cases, Path(args.path))
    if args.json:
        print(
            json_line(
                {
                    "cases": len(found.cases),
                    "problems": list(found.problems),
                    "hash": found.hash,
                    "sources": list(found.sources),
                }
            )
        )
        return 1 if found.problems else 0
    for problem in found.problems:
        print(one_line(problem))
    kinds = Counter(case.kind for case in found.cases if case.kind)
    of = "".join(f", {count:,} {kind}" for kind, count in kinds.most_common(12))
    print(f"{len(found.cases):,} cases can be asked{one_line(of)}; hash {found.hash[:12]}")
    return 1 if found.problems else 0


def _asked(line: CaseLine) -> str:
    return line.user_question or line.ticket_subject or line.ticket_body
