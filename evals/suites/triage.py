"""Columns of the triage suite."""

from __future__ import annotations

import zlib

from evals.case import Case
from evals.suites.answer_text import Answer


def triage_columns(case: Case, answer: Answer) -> dict[str, float]:
    """Whether category and priority are right, how sure the engine was, and the labels as codes.

    Of cases with a right category; an answer without one is wrong. A priority that the engine does
    not give, since none was trained, is not counted.
    """
    triage = answer.get("triage") or {}
    found: dict[str, float] = {}
    if case.category is not None:
        said = triage.get("category")
        found["category_right"] = float(said == case.category)
        found |= {"category_gold": code_of(case.category), "category_said": code_of(said)}
        if triage.get("category_confidence") is not None:
            found["category_confidence"] = float(triage["category_confidence"])
    if case.priority is not None and triage.get("priority") is not None:
        found["priority_right"] = float(triage["priority"] == case.priority)
        found["priority_gold"] = code_of(case.priority)
        found["priority_said"] = code_of(triage["priority"])
    return found


def code_of(label: str | None) -> float:
    """A number that stands for a label, the same in every run; -1 for none."""
    return -1.0 if label is None else float(zlib.crc32(label.encode()))
