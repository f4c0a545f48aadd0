"""A run record as JSON: rendered and parsed here, nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import WrongUse
from evals.run_record import CaseResult, Figure, RunRecord, RunState


def render_record(record: RunRecord) -> dict[str, Any]:
    """JSON of a run; `parse_record` makes the same run of it."""
    found = {field.name: getattr(record, field.name) for field in fields(RunRecord)}
    return found | {
        "state": record.state.value,
        "started_at": record.started_at.isoformat(),
        "finished_at": record.finished_at and record.finished_at.isoformat(),
        "suites": list(record.suites),
        "skipped": list(record.skipped),
        "notes": list(record.notes),
        "links": dict(record.links),
        "results": [_render_result(result) for result in record.results],
        "figures": [
            {field.name: getattr(figure, field.name) for field in fields(Figure)}
            for figure in record.figures
        ],
    }


def _render_result(result: CaseResult) -> dict[str, Any]:
    found = {field.name: getattr(result, field.name) for field in fields(CaseResult)}
    return found | {
        "slices": {name: list(values) for name, values in result.slices.items()},
        "columns": dict(result.columns),
        "problems": list(result.problems),
        "expected_docs": list(result.expected_docs),
        "cited_docs": list(result.cited_docs),
    }


def parse_record(body: Mapping[str, Any]) -> RunRecord:
    """The run of a JSON object; what a later version added is left out.

    Raises: WrongUse where it is no run.
    """
    try:
        known = _only(RunRecord, body)
        finished = body.get("finished_at")
        return RunRecord(
            **known
            | {
                "state": RunState(body["state"]),
                "started_at": datetime.fromisoformat(body["started_at"]),
                "finished_at": datetime.fromisoformat(finished) if finished else None,
                "suites": tuple(body["suites"]),
                "skipped": tuple(body.get("skipped", ())),
                "notes": tuple(body.get("notes", ())),
                "results": tuple(_parse_result(row) for row in body["results"]),
                "figures": tuple(Figure(**_only(Figure, row)) for row in body.get("figures", ())),
            }
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise WrongUse("it holds no run of an evaluation; `deskhand eval run` writes one") from None


def _parse_result(row: Mapping[str, Any]) -> CaseResult:
    return CaseResult(
        **_only(CaseResult, row)
        | {
            "slices": {name: tuple(values) for name, values in row["slices"].items()},
            "problems": tuple(row.get("problems", ())),
            "expected_docs": tuple(row.get("expected_docs", ())),
            "cited_docs": tuple(row.get("cited_docs", ())),
        }
    )


def _only(record: type, row: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(record)}
    return {name: value for name, value in row.items() if name in names}


def read_record(path: Path) -> RunRecord:
    """The run of a file: one of `write_record`, or a report's JSON. Blocks.

    Raises: WrongUse that names the file.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return parse_record(body.get("run", body))
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, AttributeError):
        raise WrongUse(f"{path} holds no JSON object") from None
    except WrongUse as error:
        raise WrongUse(f"{path} cannot be compared with: {error}") from None


def write_record(record: RunRecord, path: Path) -> None:
    """Writes a run, whole or not at all. Blocks.

    Raises: OSError.
    """
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(render_record(record), ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
