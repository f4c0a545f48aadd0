"""The cases a company saves for itself: `<home>/evals/cases.jsonl`."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import WrongUse
from evals.cases.case_file import CaseFile, read_cases
from evals.cases.case_line import CaseLine, parse_case, render_line
from evals.cases.lines import LONGEST_LINE, BrokenLine, is_storable


def own_cases_path(home: Path) -> Path:
    """Where a home's saved cases are."""
    return home / "evals" / "cases.jsonl"


def read_own_cases(home: Path) -> CaseFile | None:
    """The saved cases; None where none were ever saved. Reads a disk: call it in a thread.

    Raises: WrongUse where the file cannot be read.
    """
    path = own_cases_path(home)
    return read_cases(path) if path.exists() else None


def add_case(home: Path, row: Mapping[str, Any]) -> CaseLine:
    """Saves a case and gives it as saved; waits for others who save one. Call it in a thread.

    row: the case format's fields; without `id` one is made from what the case says.

    Raises: WrongUse for a row that is no case, or whose id is taken; nothing is saved then.
    """
    row = with_id(row)
    try:
        if not is_storable(row):
            raise BrokenLine("holds a NUL or half a character, which no text has")
        _, line = parse_case(row)
        written = render_line(line).encode() + b"\n"
        if len(written) > LONGEST_LINE:
            raise BrokenLine(f"is longer than {LONGEST_LINE // 2**20} MiB")
    except BrokenLine as error:
        raise WrongUse(f"the case {error}") from None
    path = own_cases_path(home)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            taken = read_cases(path).numbers.get(str(line.id))
            if taken is not None:
                raise WrongUse(
                    f"the case {line.id} is saved already, in line {taken} of {path}; give "
                    "another --id"
                )
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                # Somebody's editor may have left the last line open.
                written = written if file.read(1) == b"\n" else b"\n" + written
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise WrongUse(f"{path} cannot be written: {error.strerror}") from None
    return line


def row_of_trace(body: Mapping[str, Any]) -> dict[str, Any]:
    """A case's fields from a stored trace: what was asked and by whom, what was cited, its end.

    That it was right is for the person to say who saves it. A fault is nobody's right answer, so
    the outcome `failed` is left open.
    """
    outcome = body.get("outcome")
    cited = [citation.get("document_name") for citation in body.get("citations") or ()]
    row: dict[str, Any] = {
        "user_question": body.get("question") or "",
        "ticket_subject": body.get("subject") or "",
        "ticket_body": body.get("body") or "",
        "history": body.get("history") or [],
        "user": body.get("user"),
        "channel": body.get("channel"),
        "audience": body.get("audience"),
        "expected_docs": list(dict.fromkeys(name for name in cited if name)),
        "expected_outcome": None if outcome == "failed" else outcome,
    }
    said = {name: value for name, value in row.items() if value not in (None, "", [])}
    # An audience of no tags may read nothing; left out it would be a full member's.
    return said | {"audience": row["audience"]} if row["audience"] == [] else said


def with_id(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with an id: where it has none, the same for the same question, so that a case that
    is saved twice is noticed.
    """
    asked = [row.get(n) for n in ("ticket_subject", "ticket_body", "user_question", "history")]
    digest = hashlib.sha256(repr([*asked, row.get("audience")]).encode("utf-8", "replace"))
    return {"id": f"own-{digest.hexdigest()[:10]}", **row}
