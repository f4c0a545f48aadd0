"""A report for machines."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

from evals.run_record import RunRecord


def report_json(record: RunRecord, comparison: Any | None) -> str:
    """The whole run, and how it compares, as one JSON object; keys in the order of the records."""
    found = {"run": asdict(record), "comparison": comparison and asdict(comparison)}
    return json.dumps(found, default=_plain, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(type(value).__name__)
