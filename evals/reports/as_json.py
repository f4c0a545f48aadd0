"""A report for machines: everything, uncut."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

from evals.reports.summary import Summary

FORMAT = 1
"""Raised when a key changes its meaning."""


def report_json(summary: Summary) -> str:
    """The report as one JSON object; keys of `run` and `comparison` as in their records."""
    found: dict[str, Any] = {
        "format": FORMAT,
        "verdict": asdict(summary.headline),
        "run": asdict(summary.record),
        "comparison": None if summary.comparison is None else asdict(summary.comparison),
        "failures": [
            {"what": failure.what, "cases": [case.case_id for case in failure.cases]}
            for failure in summary.failures
        ],
        "missing_documents": [
            {
                "document_name": missing.name,
                "expected": missing.expected,
                "missed": [case.case_id for case in missing.missed],
            }
            for missing in summary.missing
        ],
        "slices": [asdict(found) for found in summary.slices],
        "history": [run.id for run in summary.history],
    }
    return json.dumps(found, default=_plain, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(type(value).__name__)
