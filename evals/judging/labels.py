"""Judgements of people, as a JSONL file.

    {"criterion": "faithfulness", "question": "", "answer": "It is 21 days.",
     "evidence": ["Payment is due within 21 days."], "label": true}

`evidence` is what the answer is held against: passages for faithfulness, the one expected sentence
for completeness, nothing for relevance, which needs `question`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.verification.grading import Criterion, GradeRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a person said of a text."""

    request: GradeRequest
    label: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFile:
    """problems: a sentence for each line that was left out, with its number."""

    labels: tuple[Label, ...]
    problems: tuple[str, ...]


def read_labels(path: Path) -> LabelFile:
    """Every line that can be read.  Raises: OSError."""
    labels, problems = [], []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            labels.append(parse_label(json.loads(line)))
        except ValueError as error:
            what = str(error) if not isinstance(error, json.JSONDecodeError) else "is not JSON"
            if isinstance(error, UnicodeDecodeError):
                what = "is not UTF-8"
            problems.append(f"line {number} {what}")
    return LabelFile(labels=tuple(labels), problems=tuple(problems))


def parse_label(row: Any) -> Label:
    """One label.  Raises: ValueError with what is wrong, as the end of a sentence."""
    if not isinstance(row, dict):
        raise ValueError("is not a JSON object")
    named, label = row.get("criterion"), row.get("label")
    if named not in list(Criterion):
        raise ValueError(f"needs a criterion: one of {', '.join(Criterion)}")
    if not isinstance(label, bool) and label not in (0, 1):
        raise ValueError("needs a label that is true or false")
    question, answer = row.get("question") or "", row.get("answer")
    if not isinstance(answer, str) or not answer.strip():
        raise ValueError("needs an answer")
    given = row.get("evidence") or []
    evidence = [given] if isinstance(given, str) else given
    if not isinstance(evidence, list) or not all(isinstance(text, str) for text in evidence):
        raise ValueError("has an evidence that is no list of texts")
    if not isinstance(question, str):
        raise ValueError("has a question that is no text")
    criterion = Criterion(named)
    if criterion is Criterion.RELEVANCE and not question.strip():
        raise ValueError("needs a question")
    if criterion is not Criterion.RELEVANCE and not evidence:
        raise ValueError("needs evidence")
    request = GradeRequest(
        criterion=criterion, question=question, text=answer, evidence=tuple(evidence)
    )
    return Label(request=request, label=bool(label))


def labels_hash(labels: Sequence[Label]) -> str:
    """sha256 over the labels, whatever their order."""
    rows = sorted(
        json.dumps([r.criterion, r.question, r.text, r.evidence, each.label])
        for each in labels
        for r in (each.request,)
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
