"""How far a run is, for whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparing:
    """Before the first case. what: in a few words, such as how many documents were read."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a run is about to do.

    cases: in all; cached: of which the answer is there. estimate_usd: for those to be asked, by
    what cases cost before; None where none was ever asked.
    """

    cases: int
    cached: int
    estimate_usd: float | None
    limit_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """remaining_s: as the cases asked so far suggest; None while there are too few."""

    done: int
    total: int
    cached: int
    cost_usd: float
    remaining_s: float | None


Watch = Callable[[Preparing | Planned | Progress], None]
"""Must be quick: it is called in the event loop, for each case."""


def shown_duration(seconds: float) -> str:
    """Such as `1 h 05 min`, `3 min 20 s` or `8 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"
