"""Real documents and real questions about them: the sample, and what development sets there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.question import Question
from evals.case import Case
from evals.corpora import SAMPLE, choose, load_set

_CLOUD_QUESTIONS = 120
_OFFICE_QUESTIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RealDocuments:
    """sources: what to ingest. cases: of distinct questions, each answered by the sources."""

    sources: tuple[str, ...]
    cases: tuple[Case, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the cases ask, in their order."""
        return tuple(case.question for case in self.cases)


def real_documents(datasets: Path, work: Path, *, seed: int) -> RealDocuments:
    """The sample, and of each large set that is there the documents that some questions need.

    work: an existing folder for the corpora cut out.
    """
    sample = load_set("sample", datasets=datasets, work=work, size=None, seed=seed)
    assert sample is not None  # it is shipped
    sources = [str(SAMPLE / "knowledge")]
    cases = [c for c in sample.cases if c.answerable]
    for name, questions in (
        ("office_support_kb", _OFFICE_QUESTIONS),
        ("cloud_docs_qa", _CLOUD_QUESTIONS),
    ):
        found = load_set(name, datasets=datasets, work=work, size=None, seed=seed)
        if found is None:
            continue
        chosen = choose([c for c in found.cases if c.gains], questions, seed)
        corpus = work / f"{name}.jsonl"
        _cut(Path(found.source), corpus, {n for c in chosen for n in c.gains})
        sources.append(str(corpus))
        cases += chosen
    return RealDocuments(sources=tuple(sources), cases=_distinct(cases))


def _cut(corpus: Path, target: Path, names: set[str]) -> None:
    with target.open("w", encoding="utf-8") as out:
        for line, row in _lines(corpus):
            if (row.get("_id") or row.get("path")) in names:
                out.write(line)


def _lines(corpus: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with corpus.open(encoding="utf-8") as file:
        for line in file:
            yield line, json.loads(line)


def _distinct(cases: list[Case]) -> tuple[Case, ...]:
    return tuple({c.question.text: c for c in cases}.values())
