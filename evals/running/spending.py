"""What a run may still spend, shared among the cases that are asked at the same time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Purse:
    """Gives each case a share of what is left, so that all shares together never exceed it.

    limit_usd: of the whole run; 0 allows only what is free. slots: cases at the same time.
    spent_usd: so far, by an interrupted part of the same run too. is_empty: nothing is left for
    another case.
    """

    limit_usd: float
    slots: int
    spent_usd: float = 0.0
    is_empty: bool = False
    _reserved_usd: float = 0.0
    _taken: int = 0

    def take(self) -> float | None:
        """A share, in dollars, to be given back; None where nothing is left."""
        left = max(0.0, self.limit_usd - self.spent_usd - self._reserved_usd)
        if self.limit_usd > 0 and left <= 0:
            self.is_empty = True
        if self.is_empty:
            return None
        share = left / max(1, self.slots - self._taken)
        self._reserved_usd += share
        self._taken += 1
        return share

    def give_back(self, share_usd: float, *, cost_usd: float) -> None:
        """Ends a share of which that much was spent."""
        self._reserved_usd = max(0.0, self._reserved_usd - share_usd)
        self._taken -= 1
        self.spent_usd += cost_usd
