"""Questions with one reading and with several, over documents made of the readings themselves.

The set (AmbigNQ's light validation split) has no documents, so each reading with its answer is
one, as a page of an FAQ would be. A question that its annotators disagree about is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.audience import FULL_MEMBER
from engine.question import Question
from engine.trace import Outcome
from evals.case import Case

FILE = "dev_light.json"
SEVERAL, ONE = "several readings", "one reading"
NOTE = (
    "a document is one reading with its answer; a question with one reading is its document's "
    "title, so that it is found says nothing, and asking back says all"
)


def ambiguous_cases(folder: Path, corpus: Path) -> tuple[Case, ...]:
    """The cases; writes their documents to `corpus`.

    Raises: OSError or ValueError where the set cannot be read.
    """
    rows = json.loads((folder / FILE).read_text(encoding="utf-8"))
    cases, documents = [], []
    for row in rows:
        readings = readings_of(row)
        if not readings:
            continue
        own = [
            {"_id": f"{row['id']}-{n}", "title": asked, "text": f"{asked}\n\n{answer}"}
            for n, (asked, answer) in enumerate(readings, start=1)
        ]
        documents += own
        several = len(own) > 1
        cases.append(
            Case(
                question=Question(id=row["id"], text=row["question"]),
                audience=FULL_MEMBER,
                kind=SEVERAL if several else ONE,
                gains={document["_id"]: 1.0 for document in own},
                answerable=None if several else True,
                expected_outcome=Outcome.CLARIFIED if several else Outcome.ANSWERED,
            )
        )
    corpus.write_text("".join(json.dumps(d) + "\n" for d in documents), encoding="utf-8")
    return tuple(cases)


def readings_of(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The readings of a question with their answers, as its first annotator wrote them; the
    question itself where it has one. Empty where annotators disagree whether it has several.
    """
    annotations: Sequence[Mapping[str, Any]] = row["annotations"]
    kinds = {annotation["type"] for annotation in annotations}
    first = annotations[0]
    if kinds == {"singleAnswer"}:
        return [(row["question"], _sentence(first["answer"]))]
    if kinds != {"multipleQAs"}:
        return []
    found = {pair["question"]: _sentence(pair["answer"]) for pair in first["qaPairs"]}
    return list(found.items()) if len(found) > 1 else []


def _sentence(answers: Sequence[str]) -> str:
    """An answer as the sentence of a document; what it is also called stands in brackets."""
    said, *others = dict.fromkeys(answers)
    also = f" (also: {', '.join(others)})" if others else ""
    return f"The answer is {said}{also}."
