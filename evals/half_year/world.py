"""A company for the half year: documents of which some are missing, and what its people ask.

The questions are real ones, with their answers. Those whose documents are withheld nobody can
answer but the reviewers, who know the withheld truth. Questions recur as in a help desk: a few are
asked often, most seldom (Zipf), in the same words up to greetings, thanks and typing. That people
ask the same in words of their own is not played, so that what is learned from one question helps
that question alone; a company's repeats are harder than these.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.errors import WrongUse

SETS: Final = ("tech_support_qa", "cloud_docs_qa")

_WITHHELD = 0.5
"""Share of the documents with answers that are missing from the knowledge."""

_ZIPF = 0.9
_MOST_DOCUMENTS = 1_500
_FEWEST_LETTERS = 15
_SHAPES: Final = (
    "{}",
    "{}",
    "{}",
    "Hi all, {}",
    "Hello! {} Thanks!",
    "Quick question: {}",
    "{} Thank you in advance.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A question with its truth. documents: that answer it; empty where none does. answer: what a
    reviewer who knows writes; empty where nobody knows."""

    id: str
    text: str
    documents: frozenset[str]
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question in a week. first: nobody has asked it before."""

    known: Known
    text: str
    week: int
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """documents: rows of a corpus without what is withheld, `_id`, `title`, `text`."""

    name: str
    documents: tuple[dict[str, Any], ...]
    withheld: frozenset[str]
    questions: tuple[Known, ...]

    def write(self, path: Path) -> None:
        """The documents as a corpus that can be ingested."""
        with path.open("w", encoding="utf-8") as file:
            for row in self.documents:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def traffic(self, *, weeks: int, a_week: int, seed: int) -> list[list[Asked]]:
        """What is asked in each week; the same for the same seed."""
        rng = random.Random(seed)  # draws a simulation; guards nothing
        order = list(self.questions)
        rng.shuffle(order)
        weights = [1.0 / (rank**_ZIPF) for rank in range(1, len(order) + 1)]
        seen: set[str] = set()
        made = []
        for week in range(1, weeks + 1):
            asked = []
            for known in rng.choices(order, weights, k=a_week):
                shape = rng.choice(_SHAPES)
                text = known.text if "\n" in known.text else shape.format(known.text)
                asked.append(Asked(known=known, text=text, week=week, first=known.id not in seen))
                seen.add(known.id)
            made.append(asked)
        return made


def read_world(name: str, folder: Path, *, seed: int) -> World:
    """The world of a development set.

    Raises: WrongUse where there is no such set.
    """
    readers = {"tech_support_qa": _tech_support, "cloud_docs_qa": _cloud_docs}
    if name not in readers:
        raise WrongUse(f"{name} is no set with answers; choose among {', '.join(SETS)}")
    if not (folder / name / "corpus.jsonl").is_file():
        raise WrongUse(f"the set {name} is not at {folder}; get the development sets first")
    questions = [q for q in readers[name](folder / name) if len(q.text) >= _FEWEST_LETTERS]
    rng = random.Random(seed)  # draws a simulation; guards nothing
    answering = sorted(frozenset().union(*(q.documents for q in questions)))
    withheld = frozenset(rng.sample(answering, round(len(answering) * _WITHHELD)))
    rows = list(_rows(folder / name / "corpus.jsonl"))
    gold = [row for row in rows if row["_id"] in set(answering) - withheld]
    others = [row for row in rows if row["_id"] not in set(answering)]
    rng.shuffle(others)
    return World(
        name=name,
        documents=tuple(gold + others[: max(0, _MOST_DOCUMENTS - len(gold))]),
        withheld=withheld,
        questions=tuple(questions),
    )


def _tech_support(folder: Path) -> Sequence[Known]:
    return [
        Known(
            id=row["id"],
            text=row["question"],
            documents=frozenset(row["gold_ids"]),
            answer="" if row["unanswerable"] else row["answer"],
        )
        for row in _rows(folder / "queries.jsonl")
    ]


def _cloud_docs(folder: Path) -> Sequence[Known]:
    """First turns alone: the others lean on what was said before."""
    return [
        Known(
            id=row["task_id"],
            text=row["question"],
            documents=frozenset(row["relevant_ids"]),
            answer=row["answer"] if row["answerability"] in ("ANSWERABLE", "PARTIAL") else "",
        )
        for row in _rows(folder / "tasks.jsonl")
        if not row["history"]
    ]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
