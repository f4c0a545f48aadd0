"""BEIR folders: `corpus.jsonl`, `queries.jsonl` and relevance judgements.

The format is that of https://github.com/beir-cellar/beir: queries are `{"_id", "text"}`, and
judgements lines of query, document and gain, with tabs between, under a header or not. The four
columns of TREC (query, iteration, document, gain) are read as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.audience import FULL_MEMBER
from engine.errors import WrongUse
from engine.knowledge.names import document_name
from engine.question import Question
from evals.case import Case
from evals.cases.hashing import Split
from evals.cases.lines import BrokenLine, Problems, numbered_lines, numbered_rows

_ORDER = (Split.TEST, Split.DEV, Split.TRAIN)
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BeirFolder:
    """A query with judgements is a case, in the order of the queries.

    Whether an answer is in a relevant document is not known, so no case is labelled answerable.
    split: whose judgements were read; None for `qrels.tsv`.
    """

    cases: tuple[Case, ...]
    problems: tuple[str, ...]
    split: Split | None


def is_beir(folder: Path) -> bool:
    """Whether a folder has a corpus and queries."""
    return (folder / "corpus.jsonl").is_file() and (folder / "queries.jsonl").is_file()


def read_beir(folder: Path, split: Split | None = None) -> BeirFolder:
    """The judged queries of a folder. Holds the judgements in memory, but no document.

    Raises: WrongUse where the judgements are missing or a file cannot be read.
    """
    path, found = _judgements_path(folder, split)
    problems = Problems(str(path))
    judged = _read_judgements(path, problems)
    told = list(problems.all())
    problems = Problems(str(folder / "queries.jsonl"))
    cases, unjudged = _read_queries(folder / "queries.jsonl", judged, problems)
    missing = sorted(set(judged) - {case.question.id for case in cases})
    if missing:
        problems.add(f"left out, judged but not there: {_named(missing)}")
    if unjudged and found is None:
        problems.add(f"left out, without a judgement: {_named(unjudged)}")
    told += problems.all()
    told += _without_document(folder / "corpus.jsonl", cases)
    return BeirFolder(cases=tuple(cases), problems=tuple(told), split=found)


def _judgements_path(folder: Path, split: Split | None) -> tuple[Path, Split | None]:
    for each in (split,) if split is not None else _ORDER:
        path = folder / "qrels" / f"{each.value}.tsv"
        if path.is_file():
            return path, each
    if split is None and (folder / "qrels.tsv").is_file():
        return folder / "qrels.tsv", None
    wanted = f"qrels/{split.value}.tsv" if split else "qrels.tsv, nor qrels/test.tsv"
    raise WrongUse(f"{folder} has no {wanted}; without judgements there is nothing to measure")


def _read_judgements(path: Path, problems: Problems) -> dict[str, dict[str, float]]:
    """Gains by document name, by query; of a pair that stands twice the last line counts."""
    found: dict[str, dict[str, float]] = {}
    is_first = True
    for number, line in numbered_lines(path, problems):
        try:
            query, document, gain = _judgement(line)
        except BrokenLine as error:
            if not is_first or "has no gain" not in str(error):
                problems.line(number, error)
        else:
            found.setdefault(query, {})[document] = gain
        is_first = False
    return found


def _judgement(line: str) -> tuple[str, str, float]:
    cells = [cell.strip() for cell in line.rstrip("\r\n").split("\t")]
    if len(cells) < 3:
        cells = line.split()
    if len(cells) == 4:
        cells = [cells[0], cells[2], cells[3]]
    if len(cells) != 3 or not cells[0] or not cells[1]:
        raise BrokenLine(f"has {len(cells)} fields; it must be query, document and gain")
    try:
        gain = float(cells[2])
    except ValueError:
        raise BrokenLine(f"has no gain: {cells[2][:40]!r} is no number") from None
    if not -1e9 < gain < 1e9:
        raise BrokenLine(f"has no gain: {cells[2][:40]!r} is out of range")
    return cells[0], document_name(cells[1]), max(0.0, gain)


def _read_queries(
    path: Path, judged: Mapping[str, Mapping[str, float]], problems: Problems
) -> tuple[list[Case], list[str]]:
    """The cases, and the ids of queries without a judgement."""
    cases: list[Case] = []
    seen: dict[str, int] = {}
    unjudged: list[str] = []
    for number, row in numbered_rows(path, problems):
        name, text = row.get("_id", row.get("id")), row.get("text")
        if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).strip():
            problems.line(number, "has no _id")
            continue
        name = str(name).strip()
        if name in seen:
            problems.line(number, f"repeats the _id {name[:80]!r} of line {seen[name]}")
            continue
        seen[name] = number
        if name not in judged:
            unjudged.append(name)
        elif not isinstance(text, str) or not text.strip():
            problems.line(number, "has no text")
        else:
            cases.append(_case(name, text, judged[name]))
    return cases, unjudged


def _case(name: str, text: str, gains: Mapping[str, float]) -> Case:
    return Case(
        question=Question(id=name, text=text),
        audience=FULL_MEMBER,
        kind="",
        gains=dict(gains),
    )


def _without_document(corpus: Path, cases: list[Case]) -> list[str]:
    """A sentence where judged documents are missing: a figure over them cannot reach 1."""
    wanted = {name for case in cases for name, gain in case.gains.items() if gain > 0}
    # What is wrong with a document is told where the corpus is ingested.
    for _, row in numbered_rows(corpus, Problems(str(corpus))):
        name = row.get("_id", row.get("id"))
        if isinstance(name, str | int | float):
            wanted.discard(document_name(str(name)))
    return [f"{corpus}: no document for the judgement of {_named(sorted(wanted))}"] * bool(wanted)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(name[:60] for name in names[:_SHOWN]) + more
