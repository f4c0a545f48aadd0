"""All that can be told of a data set without asking a question of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.knowledge.names import document_name, printable
from evals.cases.dataset import Dataset, load_dataset

_CORPORA = (".jsonl", ".ndjson")
_SHOWN = 3


def check_cases(path: Path) -> Dataset:
    """The data set with every problem there is: broken lines, and gold documents that its own
    knowledge does not have. Reads a disk: call it in a thread.

    Raises: WrongUse where not one case is left.
    """
    found = load_dataset(path)
    folders = [Path(source) for source in found.sources if Path(source).is_dir()]
    if not folders:
        return found
    names = _document_names(folders)
    if names is None:
        return found
    problems = []
    for case in found.cases:
        missing = sorted(set(case.gains) - names)
        if missing:
            number = found.numbers.get(case.question.id)
            shown = ", ".join(missing[:_SHOWN]) + (" and more" if len(missing) > _SHOWN else "")
            problems.append(
                f"{path}: line {number} ({case.question.id[:80]}) expects {shown}, which the "
                "knowledge does not have"
            )
    return replace(found, problems=(*found.problems, *problems))


def _document_names(folders: list[Path]) -> set[str] | None:
    """Names of all documents; None where a corpus among them has names of its own."""
    names: set[str] = set()
    for folder in folders:
        for file in folder.rglob("*"):
            if file.suffix.lower() in _CORPORA:
                return None
            names.add(document_name(printable(file.relative_to(folder).as_posix())))
    return names
