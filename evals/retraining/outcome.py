"""How a retraining ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """promoted: whether the challenger serves now. why: a sentence. challenger: its version, None
    where there was too little to train one. figures: of both, JSON."""

    model: str
    promoted: bool
    why: str
    champion: str
    challenger: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For `--json`, storage and the report."""
        return {
            "model": self.model,
            "promoted": self.promoted,
            "why": self.why,
            "champion": self.champion,
            "challenger": self.challenger,
            **self.figures,
        }
