"""A baseline as a file that can be committed: what each case scored, one case a line, no texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import WrongUse
from evals.run_record import CaseResult, RunRecord, RunState
from evals.suites.catalogue import METRICS
from evals.suites.metric import Suite

SAMPLE_BASELINE = Path(__file__).parents[1] / "baseline.json"
"""The sample's, which `make eval` compares with."""

_FORMAT = 1
_DECIMALS = 6
_HOW = "deskhand eval baseline set --file"
_COPIED = ("id", "target", "dataset", "dataset_hash", "split", "fingerprint", "judge")


def kept_columns() -> tuple[str, ...]:
    """The columns that a baseline file holds: of every metric but those of time and cost.

    Those differ from machine to machine and are in no gate.
    """
    found = (name for m in METRICS if m.suite is not Suite.SPEED for name in m.columns)
    return tuple(dict.fromkeys(found))


def write_baseline(record: RunRecord, path: Path) -> None:
    """Makes this run the file's baseline; blocks, and replaces what was there.

    Raises: WrongUse for a run that did not end, or where the file cannot be written.
    """
    if record.state is not RunState.DONE:
        raise WrongUse(
            f"The run {record.id} did not end, so it cannot be a baseline; run it again first."
        )
    scored = {name for result in record.results for name in result.columns}
    columns = [name for name in kept_columns() if name in scored]
    head = {
        "format": _FORMAT,
        "made_by": _HOW,
        **{name: getattr(record, name) for name in _COPIED},
        "suites": [str(suite) for suite in record.suites],
        "seed": record.seed,
        "started_at": record.started_at.isoformat(),
        "columns": columns,
    }
    lines = [json.dumps(head, ensure_ascii=False, indent=1)[:-2], ',\n "cases": [\n']
    lines.append(",\n".join("  " + _case_line(result, columns) for result in record.results))
    lines.append("\n ]\n}\n")
    try:
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise WrongUse(f"{path} cannot be written: {error.strerror or error}.") from error


def _case_line(result: CaseResult, columns: Sequence[str]) -> str:
    scores = [
        round(result.columns[name], _DECIMALS) if name in result.columns else None
        for name in columns
    ]
    whole = [int(s) if s is not None and s.is_integer() else s for s in scores]
    row = [result.case_id, result.case_hash, result.outcome, whole]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def read_baseline(path: Path) -> RunRecord:
    """The run that a baseline file holds: its results have scores, but no texts; blocks.

    Raises: WrongUse where there is no such file, or something else in it.
    """
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise WrongUse(
            f"{path} cannot be read: {error.strerror or error}; make it with `{_HOW}`."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongUse(f"{path} is not a baseline; make it with `{_HOW}`.") from error


def _parse(held: dict[str, Any]) -> RunRecord:
    if held["format"] != _FORMAT:
        raise ValueError("another format")
    columns = [str(name) for name in held["columns"]]
    copied: dict[str, Any] = {name: str(held[name]) for name in _COPIED}
    return RunRecord(
        **copied,
        suites=tuple(str(suite) for suite in held["suites"]),
        seed=int(held["seed"]),
        state=RunState.DONE,
        started_at=datetime.fromisoformat(held["started_at"]),
        finished_at=None,
        results=tuple(_parse_case(row, columns) for row in held["cases"]),
    )


def _parse_case(row: Sequence[Any], columns: Sequence[str]) -> CaseResult:
    case_id, case_hash, outcome, scores = row
    return CaseResult(
        case_id=str(case_id),
        case_hash=str(case_hash),
        question="",
        outcome=str(outcome),
        slices={},
        columns={
            name: float(score)
            for name, score in zip(columns, scores, strict=True)
            if score is not None
        },
    )
