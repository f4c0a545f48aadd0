"""The committed baseline of the sample: what a change must not make worse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BASELINE = Path(__file__).parent / "baseline.json"

AT_LEAST = (
    "outcome_right_share",
    "answered_answerable_share",
    "facts_found_share",
    "answers_citing_gold_share",
    "confidence_auroc",
)
AT_MOST = ("answered_unanswerable_share", "failed_questions")


def baseline_figures(sample: Mapping[str, Any]) -> dict[str, float]:
    """The figures of the sample that the baseline holds; a figure that is absent counts as 0."""
    failed = sample["outcomes"].get("failed", 0)
    found = {**sample, "failed_questions": failed}
    return {name: found.get(name) or 0.0 for name in (*AT_LEAST, *AT_MOST)}


def broken_baseline(sample: Mapping[str, Any], path: Path) -> list[str]:
    """Sentences that name each figure worse than the baseline; also when there is no baseline."""
    try:
        baseline = json.loads(path.read_text(encoding="utf-8"))["sample"]
    except (OSError, ValueError, KeyError):
        return [f"{path} cannot be read; make it with --write-baseline"]
    found = baseline_figures(sample)
    low = [
        f"sample: {name} is {found[name]}, the baseline {baseline[name]}"
        for name in AT_LEAST
        if found[name] < baseline[name]
    ]
    high = [
        f"sample: {name} is {found[name]}, the baseline {baseline[name]}"
        for name in AT_MOST
        if found[name] > baseline[name]
    ]
    return low + high


def write_baseline(sample: Mapping[str, Any], path: Path) -> None:
    """Makes these figures the baseline."""
    path.write_text(
        json.dumps({"sample": baseline_figures(sample)}, indent=2) + "\n", encoding="utf-8"
    )
