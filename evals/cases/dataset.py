"""A data set: what an evaluation asks, and the knowledge it is asked of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import WrongUse
from evals.case import Case
from evals.cases.beir import is_beir, read_beir
from evals.cases.case_file import read_cases
from evals.cases.hashing import Split, dataset_hash

CASES, KNOWLEDGE = "cases.jsonl", "knowledge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Cases with the knowledge they are asked of.

    cases: at least one, ids unique. sources: what `Ingestion.run` takes, one after another; empty
    where the cases are asked of the live knowledge base. problems: a sentence for each line that
    was left out. hash: sha256 over the cases. split: the part that the cases are of; empty for
    all. numbers: the line of each case by its id; empty for BEIR folders.
    """

    name: str
    cases: tuple[Case, ...]
    sources: tuple[str, ...]
    problems: tuple[str, ...]
    hash: str
    split: str
    numbers: Mapping[str, int]


def load_dataset(path: Path, *, split: Split | None = None) -> Dataset:
    """The data set of a case file, a BEIR folder, or a folder with `cases.jsonl`.

    A BEIR folder has `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`, or `qrels/test.tsv`,
    `qrels/dev.tsv` and `qrels/train.tsv`, of which the first that is there is read where no split
    is given. A folder with `cases.jsonl` may have its own `knowledge/`; folders in it that have
    `cases.jsonl` too are parts of the set. split: only these cases. Reads a disk, a large corpus
    whole: call it in a thread.

    Raises: WrongUse with what there should be, or where not one case is left.
    """
    if not path.exists():
        raise WrongUse(f"{path} does not exist; give a case file or a folder of a data set")
    name = path.resolve().name if path.is_dir() else path.stem
    if path.is_dir() and is_beir(path):
        found = read_beir(path, split)
        _check_filled(name, found.cases, found.problems, split)
        return Dataset(
            name=name,
            cases=found.cases,
            sources=(str(path / "corpus.jsonl"),),
            problems=found.problems,
            hash=dataset_hash(found.cases),
            split=found.split.value if found.split else "",
            numbers={},
        )
    return _of_files(path, name, split)


def _of_files(path: Path, name: str, split: Split | None) -> Dataset:
    cases: dict[str, Case] = {}
    numbers: dict[str, int] = {}
    problems: list[str] = []
    files = _files(path)
    for file in files:
        read = read_cases(file)
        problems += read.problems
        for case in read.cases:
            case_id, number = case.question.id, read.numbers[case.question.id]
            if case_id in numbers:
                problems.append(f"{file}: line {number} repeats the id {case_id[:80]!r}")
            elif split is None or read.splits[case_id] is split:
                cases[case_id], numbers[case_id] = case, number
    chosen = tuple(cases.values())
    _check_filled(name, chosen, problems, split)
    own = (file.parent / KNOWLEDGE for file in files if path.is_dir())
    return Dataset(
        name=name,
        cases=chosen,
        sources=tuple(str(folder) for folder in own if folder.is_dir()),
        problems=tuple(problems),
        hash=dataset_hash(chosen),
        split=split.value if split else "",
        numbers=numbers,
    )


def _files(path: Path) -> list[Path]:
    """The case files of a set."""
    if not path.is_dir():
        return [path]
    if not (path / CASES).is_file():
        raise WrongUse(
            f"{path} is no data set: a folder needs {CASES}, or corpus.jsonl, queries.jsonl and "
            "qrels.tsv (or qrels/test.tsv)"
        )
    return [path / CASES, *sorted(path.glob(f"*/{CASES}"))]


def _check_filled(
    name: str, cases: Sequence[Case], problems: Sequence[str], split: Split | None
) -> None:
    if not cases:
        why = problems[0] if problems else f"{name} has no case of the split {split}"
        raise WrongUse(f"there is nothing to ask: {why}")
