"""Whether the shown answers of a channel are right too rarely, as far as people's verdicts tell.

People judge some answers and not others, and rather those that are wrong. A channel at its target
has a share of `1 - target` wrong ones; were each of these judged and no right one, just that share
of its answers would have a verdict, all of them "wrong". So where no more than that share is
judged, verdicts alone prove nothing: people are told, and decide. Where more is judged, they are
taken for all: a channel then falls back too early rather than too late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.storage.verdicts import JudgedAnswer, Verdict
from evals.precision.sequential import fell_below

LEAST_JUDGED = 10
_RECENT = 30
"""Judged answers that say since when it is counted how many have a verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """after: how many verdicts showed it. judged, right: all of them. since: when the recent ones
    were asked, of which the share that is judged is counted."""

    after: int
    judged: int
    right: int
    since: datetime


def fall_of(judged: Sequence[JudgedAnswer], target: float) -> Fall | None:
    """None where it is not certain enough.  judged: shown answers with their verdicts, in the order
    of these."""
    right = [each.verdict is Verdict.RIGHT for each in judged]
    if len(right) < LEAST_JUDGED:
        return None
    after = fell_below(right, target)
    if after is None:
        return None
    since = min(each.asked_at for each in judged[-_RECENT:])
    return Fall(after=after, judged=len(right), right=sum(right), since=since)


def speaks_for_all(shown: Sequence[JudgedAnswer], target: float) -> bool:
    """Whether so many of these shown answers are judged that wrong ones alone, of a channel at its
    target, would not be as many."""
    judged = sum(each.verdict is not None for each in shown)
    return judged > round((1 - target) * len(shown), 9)
