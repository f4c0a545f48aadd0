"""What was forgotten, and a search that shows that it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """kind: user, question or source. subject: its id or address. changed: rows that were removed
    or emptied, by table; files under `files`. tables, columns, rows: that were searched afterwards,
    for the id and for so many texts. left: where something was found all the same; empty is the
    proof. stays: what is kept on purpose, in sentences.
    """

    kind: str
    subject: str
    at: datetime
    changed: Mapping[str, int]
    tables: int
    columns: int
    rows: int
    texts: int
    left: tuple[str, ...]
    stays: tuple[str, ...]

    @property
    def digest(self) -> str:
        """What the audit log keeps of it: SHA-256 of its JSON."""
        said = json.dumps(self.rendered(), sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    def rendered(self) -> dict[str, Any]:
        """As JSON, without the digest and without a word that was forgotten."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "at": self.at.isoformat(),
            "changed": dict(sorted(self.changed.items())),
            "searched": {
                "tables": self.tables,
                "columns": self.columns,
                "rows": self.rows,
                "texts": self.texts,
            },
            "left": list(self.left),
            "stays": list(self.stays),
        }
