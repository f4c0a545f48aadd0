"""What goes wrong most often, with its cases, and which documents are not used."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evals.run_record import CaseResult

_QUOTED = re.compile(r'"[^"]*"')
_AMOUNT = re.compile(r":? \d+(?:\.\d+)?%")
_NAMES = re.compile(r"\0(?:, \0)*(?: and \d+ more)?")
_QUOTES = re.compile(r'"…"(?:, "…")*(?: and \d+ more)?')


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One way to be wrong.  cases: those that are, in the run's order."""

    what: str
    cases: tuple[CaseResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingDocument:
    """A gold document that answers do without.

    expected: cases whose gold it is. missed: those of them that cite none of their gold.
    """

    name: str
    expected: int
    missed: tuple[CaseResult, ...]


def frequent_failures(results: Sequence[CaseResult]) -> tuple[Failure, ...]:
    """Cases by what is wrong with them, the most frequent first.

    Problems that differ only in names of documents, quoted texts and amounts are one. A case with
    several problems counts for each.
    """
    found: dict[str, list[CaseResult]] = defaultdict(list)
    for result in results:
        for what in dict.fromkeys(_kind(problem, result) for problem in result.problems):
            found[what].append(result)
    groups = [Failure(what=what, cases=tuple(cases)) for what, cases in found.items()]
    return tuple(sorted(groups, key=lambda group: (-len(group.cases), group.what)))


def _kind(problem: str, result: CaseResult) -> str:
    text = _QUOTED.sub('"…"', problem)
    for name in sorted({*result.expected_docs, *result.cited_docs}, key=len, reverse=True):
        if name.strip():
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "\0", text)
    text = _QUOTES.sub('"…"', _NAMES.sub("…", _AMOUNT.sub("", text)))
    return text.replace(': "…".', ".").replace("….", "…")


def missing_documents(results: Sequence[CaseResult]) -> tuple[MissingDocument, ...]:
    """Documents by how many cases they would have helped, most first."""
    expected: Counter[str] = Counter()
    missed: dict[str, list[CaseResult]] = defaultdict(list)
    for result in results:
        expected.update(result.expected_docs)
        if not set(result.expected_docs).intersection(result.cited_docs):
            for name in result.expected_docs:
                missed[name].append(result)
    found = [
        MissingDocument(name=name, expected=expected[name], missed=tuple(cases))
        for name, cases in missed.items()
    ]
    return tuple(sorted(found, key=lambda document: (-len(document.missed), document.name)))
