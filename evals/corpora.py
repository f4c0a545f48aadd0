"""The sets that questions are asked of: the shipped sample, and development sets where they are.

The development sets lie in `../shared/datasets` beside the checkout and are read in place; what
a set's corpus has to be rewritten into (`longform_qa`) goes to the caller's work folder.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.audience import FULL_MEMBER
from engine.question import Question, Role, Turn
from evals.ambiguous_questions import NOTE, ambiguous_cases
from evals.case import Case, EvalSet
from evals.cases.case_file import read_cases
from evals.known_items import DESCRIPTIONS_NOTE, HEADINGS_NOTE, description_cases, heading_cases

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "evals" / "sample"
SET_NAMES = (
    "sample",
    "handbook",
    "hr_pdf_qa",
    "tech_support_qa",
    "longform_qa",
    "office_support_kb",
    "cloud_docs_qa",
    "ambiguous_questions",
)

_KNOWN_ITEMS = 200
"""Questions made of a set that has none, unless a size is given."""

_MOST_CASES = {
    "handbook": _KNOWN_ITEMS,
    "office_support_kb": _KNOWN_ITEMS,
    "ambiguous_questions": 600,
}

_CITED_PAGE = re.compile(r"\[([^\]#]+\.\w{2,4})(?:#page=(\d+))?\]")


def default_datasets() -> Path:
    """Where the development sets are looked for."""
    return ROOT.parent / "shared" / "datasets"


def load_set(
    name: str, *, datasets: Path, work: Path, size: int | None, seed: int
) -> EvalSet | None:
    """A set by name; None where it is absent.

    datasets: folder of the development sets. work: an existing folder for a rewritten corpus.
    size: most cases; None means all. seed: of the choice.

    Raises: ValueError for an unknown name; OSError or ValueError for a set that cannot be read.
    """
    if name not in SET_NAMES:
        raise ValueError(f"{name} is not a set; there are {', '.join(SET_NAMES)}")
    folder = SAMPLE if name == "sample" else datasets / name
    if not folder.is_dir():
        return None
    loaded = _LOADERS[name](folder, work)
    limit = size if size is not None else _MOST_CASES.get(name)
    return EvalSet(
        name=name,
        source=loaded.source,
        cases=choose(loaded.cases, limit, seed),
        note=loaded.note,
    )


def choose(cases: Sequence[Case], size: int | None, seed: int) -> tuple[Case, ...]:
    """At most `size` of the cases, drawn evenly, in their order; the same for the same seed."""
    if size is None or size >= len(cases):
        return tuple(cases)
    drawn = random.Random(seed).sample(range(len(cases)), size)
    return tuple(cases[i] for i in sorted(drawn))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _turns(history: Sequence[dict[str, str]]) -> tuple[Turn, ...]:
    return tuple(Turn(role=Role(turn["role"]), text=turn["text"]) for turn in history)


def _sample(folder: Path, _: Path) -> EvalSet:
    return EvalSet(
        name="sample",
        source=str(folder / "knowledge"),
        cases=read_cases(folder / "cases.jsonl").cases,
        note="written for this project; every kind of outcome is asked for",
    )


def _handbook(folder: Path, _: Path) -> EvalSet:
    pages = folder / "pages"
    return EvalSet(
        name="handbook", source=str(pages), cases=heading_cases(pages), note=HEADINGS_NOTE
    )


def _office(folder: Path, _: Path) -> EvalSet:
    corpus = folder / "articles.jsonl"
    return EvalSet(
        name="office_support_kb",
        source=str(corpus),
        cases=description_cases(_rows(corpus)),
        note=DESCRIPTIONS_NOTE,
    )


def _hr_pdf(folder: Path, _: Path) -> EvalSet:
    cases = []
    for number, row in enumerate(_rows(folder / "ground_truth.jsonl"), start=1):
        cited = _CITED_PAGE.findall(row["truth"])
        cases.append(
            Case(
                question=Question(id=f"hr{number:03}", text=row["question"]),
                audience=FULL_MEMBER,
                kind="answerable",
                gains=dict.fromkeys((name for name, _ in cited), 1.0),
                answerable=True,
                pages=frozenset((name, int(page)) for name, page in cited if page),
            )
        )
    return EvalSet(
        name="hr_pdf_qa",
        source=str(folder / "docs"),
        cases=tuple(cases),
        note="7 documents, so finding the document is easy and the page is what counts",
    )


def _cloud(folder: Path, _: Path) -> EvalSet:
    gains: dict[str, dict[str, float]] = defaultdict(dict)
    lines = (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]
    for query, document, score in (line.split("\t") for line in lines if line.strip()):
        gains[query][document] = float(score)
    answerable = {"ANSWERABLE": True, "UNANSWERABLE": False}
    return EvalSet(
        name="cloud_docs_qa",
        source=str(folder / "corpus.jsonl"),
        cases=tuple(
            Case(
                question=Question(
                    id=row["task_id"], text=row["question"], history=_turns(row["history"])
                ),
                audience=FULL_MEMBER,
                kind=row["answerability"].lower(),
                gains=gains.get(row["task_id"], {}),
                answerable=answerable.get(row["answerability"]),
            )
            for row in _rows(folder / "tasks.jsonl")
        ),
        note="real conversations; a document is one passage of the set's own; the rankings "
        "compared read the last turn alone, the engine the turns before it too",
    )


def _tech_support(folder: Path, _: Path) -> EvalSet:
    return EvalSet(
        name="tech_support_qa",
        source=str(folder / "corpus.jsonl"),
        cases=tuple(
            Case(
                question=Question(id=row["id"], text=row["question"]),
                audience=FULL_MEMBER,
                kind="unanswerable" if row["unanswerable"] else "answerable",
                gains=dict.fromkeys(row["gold_ids"], 1.0),
                answerable=not row["unanswerable"],
            )
            for row in _rows(folder / "queries.jsonl")
        ),
        note="real support questions, many of them a whole mail",
    )


def _longform(folder: Path, work: Path) -> EvalSet:
    documents: dict[str, dict[str, str]] = {}
    cases = []
    for kind in ("answerable", "unanswerable"):
        for row in _rows(folder / f"clapnq_dev_{kind}.jsonl"):
            passage, output = row["passages"][0], row["output"][0]
            key = f"{passage['title']}\n{passage['text']}"
            name = hashlib.sha256(key.encode()).hexdigest()[:16]
            documents[name] = {"_id": name, "title": passage["title"], "text": passage["text"]}
            right = kind == "answerable"
            cases.append(
                Case(
                    question=Question(id=row["id"], text=row["input"]),
                    audience=FULL_MEMBER,
                    kind=kind,
                    gains={name: 1.0} if right else {},
                    answerable=right,
                    sentences=tuple(output.get("selected_sentences", ())) if right else (),
                )
            )
    corpus = work / "longform_qa.jsonl"
    corpus.write_text("".join(json.dumps(d) + "\n" for d in documents.values()), encoding="utf-8")
    return EvalSet(
        name="longform_qa",
        source=str(corpus),
        cases=tuple(cases),
        note="encyclopedia passages with gold sentences; an unanswerable question's passage is "
        "on its topic but lacks the answer",
    )


def _ambiguous(folder: Path, work: Path) -> EvalSet:
    corpus = work / "ambiguous_questions.jsonl"
    return EvalSet(
        name="ambiguous_questions",
        source=str(corpus),
        cases=ambiguous_cases(folder, corpus),
        note=NOTE,
    )


_LOADERS: dict[str, Callable[[Path, Path], EvalSet]] = {
    "sample": _sample,
    "handbook": _handbook,
    "hr_pdf_qa": _hr_pdf,
    "tech_support_qa": _tech_support,
    "longform_qa": _longform,
    "office_support_kb": _office,
    "cloud_docs_qa": _cloud,
    "ambiguous_questions": _ambiguous,
}
