"""Hashes of what cases say, and the half of a set that a case belongs to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum

from evals.case import Case


class Split(StrEnum):
    """A part of a data set: what is tuned on, what is only measured on, what models learn from."""

    DEV = "dev"
    TEST = "test"
    TRAIN = "train"


def case_hash(case: Case) -> str:
    """Sha256 (hex) of all that a case says, its id too; the order of names and tags is nothing."""
    question = case.question
    said = {
        "question": {
            "id": question.id,
            "text": question.text,
            "subject": question.subject,
            "body": question.body,
            "history": [[turn.role.value, turn.text] for turn in question.history],
            "user": question.user,
            "channel": question.channel,
        },
        "audience": sorted(case.audience.tags),
        "kind": case.kind,
        "gains": sorted(case.gains.items()),
        "answerable": case.answerable,
        "expected_outcome": case.expected_outcome,
        "expected_answer": case.expected_answer,
        "must_contain": case.must_contain,
        "must_not_contain": case.must_not_contain,
        "category": case.category,
        "priority": case.priority,
        "tags": sorted(case.tags),
        "pages": sorted(case.pages),
        "sentences": case.sentences,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def dataset_hash(cases: Iterable[Case]) -> str:
    """Sha256 (hex) over the cases' hashes in order."""
    digest = hashlib.sha256()
    for case in cases:
        digest.update(case_hash(case).encode() + b"\n")
    return digest.hexdigest()


def split_of(case_id: str) -> Split:
    """The half of a set that an id falls into, the same on every machine."""
    digest = hashlib.sha256(f"split\0{case_id}".encode("utf-8", "surrogatepass")).digest()
    return Split.TEST if digest[0] % 2 else Split.DEV
