"""The development sets of claims; nothing of them is in the project or in its model."""

from __future__ import annotations

import json
from pathlib import Path

from evals.verification.pair import Pair

SET_NAMES = ("wice_dev", "summedits_sales_email", "summedits_sales_call")


def load_claims(name: str, datasets: Path) -> list[Pair] | None:
    """A set's pairs; None where its file is absent."""
    if name == "wice_dev":
        path = datasets / "faithfulness" / "wice_dev" / "claim_dev.jsonl"
        return _wice(path) if path.is_file() else None
    path = datasets / "faithfulness" / "summedits" / f"{name}.json"
    return _summedits(path) if path.is_file() else None


def _wice(path: Path) -> list[Pair]:
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [
        Pair(
            claim=row["claim"],
            evidence=("\n".join(row["evidence"]),),
            supported=row["label"] == "supported",
            kind=row["label"],
            group=row["meta"]["id"],
        )
        for row in rows
    ]


def _summedits(path: Path) -> list[Pair]:
    return [
        Pair(
            claim=row["summary"],
            evidence=(row["doc"],),
            supported=bool(row["label"]),
            kind="supported" if row["label"] else ", ".join(sorted(row["edit_types"])) or "edited",
            group=row["id"].rsplit("_", 1)[0],
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]
