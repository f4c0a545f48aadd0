"""A data set: what an evaluation asks, and the knowledge it is asked of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import WrongUse
from evals.case import Case
from evals.cases.beir import is_beir, read_beir
from evals.cases.case_file import CaseFile, read_cases
from evals.cases.hashing import Split, dataset_hash
from evals.corpora import SAMPLE

CASES, KNOWLEDGE = "cases.jsonl", "knowledge"
ADVERSARIAL = SAMPLE / "adversarial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Cases with the knowledge they are asked of.

    sources: what `Ingestion.run` takes, one after another; empty where the cases are asked of the
    live knowledge base. problems: a sentence for each line that was left out. hash: sha256 over
    the cases. split: the part that the cases are of, None for all. numbers: the line of each case
    by its id; empty for BEIR folders.
    """

    name: str
    cases: tuple[Case, ...]
    sources: tuple[str, ...]
    problems: tuple[str, ...]
    hash: str
    split: Split | None
    numbers: Mapping[str, int]


def load_dataset(path: Path, *, split: Split | None = None) -> Dataset:
    """The data set of a case file, a BEIR folder, or a folder with `cases.jsonl`.

    A BEIR folder has `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`, or `qrels/test.tsv`,
    `qrels/dev.tsv` and `qrels/train.tsv`, of which the first that is there is read where no split
    is given. A folder with `cases.jsonl` may have its own `knowledge/`. split: only these cases.
    Reads a disk, a large corpus whole: call it in a thread.

    Raises: WrongUse with what there should be, or where not one case is left.
    """
    if not path.exists():
        raise WrongUse(f"{path} does not exist; give a case file or a folder of a data set")
    if path.is_dir() and is_beir(path):
        found = read_beir(path, split)
        return _dataset(
            path.resolve().name,
            found.cases,
            (str(path / "corpus.jsonl"),),
            found.problems,
            found.split,
            {},
        )
    file = path / CASES if path.is_dir() else path
    if not file.is_file():
        raise WrongUse(
            f"{path} is no data set: a folder needs {CASES}, or corpus.jsonl, queries.jsonl and "
            "qrels.tsv (or qrels/test.tsv)"
        )
    read = read_cases(file)
    own = path / KNOWLEDGE
    sources = (str(own),) if path.is_dir() and own.is_dir() else ()
    name = path.resolve().name if path.is_dir() else path.stem
    return _dataset(name, of_split(read, split), sources, read.problems, split, read.numbers)


def sample_dataset(*, split: Split | None = None) -> Dataset:
    """The shipped sample: its cases, and the adversarial ones with the poisoned documents."""
    plain, hostile = read_cases(SAMPLE / CASES), read_cases(ADVERSARIAL / CASES)
    return _dataset(
        "sample",
        (*of_split(plain, split), *of_split(hostile, split)),
        (str(SAMPLE / KNOWLEDGE), str(ADVERSARIAL / KNOWLEDGE)),
        (*plain.problems, *hostile.problems),
        split,
        {**plain.numbers, **hostile.numbers},
    )


def of_split(read: CaseFile, split: Split | None) -> tuple[Case, ...]:
    """The cases of one part of a file; all of them for None."""
    return tuple(c for c in read.cases if split is None or read.splits[c.question.id] is split)


def _dataset(
    name: str,
    cases: Sequence[Case],
    sources: tuple[str, ...],
    problems: tuple[str, ...],
    split: Split | None,
    numbers: Mapping[str, int],
) -> Dataset:
    if not cases:
        why = problems[0] if problems else f"{name} has no case of the split {split}"
        raise WrongUse(f"there is nothing to ask: {why}")
    return Dataset(
        name=name,
        cases=tuple(cases),
        sources=sources,
        problems=problems,
        hash=dataset_hash(cases),
        split=split,
        numbers=numbers,
    )
