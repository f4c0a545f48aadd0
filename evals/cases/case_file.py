"""A case file: JSON lines, of which a broken one is named by its number and left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evals.case import Case
from evals.cases.case_line import CaseLine, parse_case
from evals.cases.hashing import Split, split_of
from evals.cases.lines import BrokenLine, Problems, numbered_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """What was read of a case file.

    cases: in the file's order, ids unique. problems: a sentence for each line left out. lines:
    each case's line as it was read; numbers: where it stands, from 1; splits: its part of the set.
    All three are keyed by the case's id.
    """

    cases: tuple[Case, ...]
    problems: tuple[str, ...]
    lines: Mapping[str, CaseLine]
    numbers: Mapping[str, int]
    splits: Mapping[str, Split]


def read_cases(path: Path) -> CaseFile:
    """The cases of a JSONL file. Reads a disk: call it in a thread.

    Raises: WrongUse where the file cannot be read at all.
    """
    problems = Problems(str(path))
    cases: list[Case] = []
    lines: dict[str, CaseLine] = {}
    numbers: dict[str, int] = {}
    for number, row in numbered_rows(path, problems):
        try:
            case, line = parse_case(row)
        except BrokenLine as error:
            problems.line(number, error)
            continue
        name = case.question.id
        if name in numbers:
            problems.line(number, f"repeats the id {name[:80]!r} of line {numbers[name]}")
            continue
        cases.append(case)
        lines[name], numbers[name] = line, number
    if not cases and not problems.all():
        problems.add("the file is empty; a case is a line such as " + EXAMPLE)
    return CaseFile(
        cases=tuple(cases),
        problems=problems.all(),
        lines=lines,
        numbers=numbers,
        splits={
            name: Split(line.split) if line.split else split_of(name)
            for name, line in lines.items()
        },
    )


EXAMPLE = '{"id": "1", "user_question": "How long is parental leave?"}'
