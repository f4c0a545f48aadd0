"""Which cases of two runs are the same, and what both scored them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.run_record import CaseResult, RunRecord

Rows = NDArray[np.float64]

SAME = 1e-5
"""Scores that differ by less are equal: a baseline file keeps six decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """pairs: (before, after) of each case that both runs hold with the same hash, in the order of
    the new run. missing, new, edited: ids as in `Comparison`.
    """

    pairs: tuple[tuple[CaseResult, CaseResult], ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]
    edited: tuple[str, ...]


def pair_cases(baseline: RunRecord, now: RunRecord) -> Pairing:
    """Pairs the cases of two runs by id and hash.  Raises: ValueError for an id that is twice."""
    before, after = _by_id(baseline.results), _by_id(now.results)
    both = [(before[name], result) for name, result in after.items() if name in before]
    return Pairing(
        pairs=tuple((b, a) for b, a in both if b.case_hash == a.case_hash),
        missing=tuple(name for name in before if name not in after),
        new=tuple(name for name in after if name not in before),
        edited=tuple(a.case_id for b, a in both if b.case_hash != a.case_hash),
    )


def _by_id(results: Sequence[CaseResult]) -> dict[str, CaseResult]:
    found: dict[str, CaseResult] = {}
    for result in results:
        if result.case_id in found:
            raise ValueError(
                f"the case {result.case_id} is in the run twice; give each case an id of its own"
            )
        found[result.case_id] = result
    return found


@dataclass(frozen=True, slots=True)
class PairedRows:
    """What both runs scored the same cases in a metric's columns: cases x columns each.

    A row is NaN throughout where that run does not score the case by the metric; no case is
    without a score in both.
    """

    before: Rows
    after: Rows

    def __len__(self) -> int:
        return len(self.before)

    @property
    def differs(self) -> NDArray[np.bool_]:
        """Which cases the two runs score otherwise."""
        absent_before, absent_after = np.isnan(self.before), np.isnan(self.after)
        apart = np.abs(np.nan_to_num(self.before) - np.nan_to_num(self.after)) > SAME
        found: NDArray[np.bool_] = ((absent_before != absent_after) | apart).any(axis=1)
        return found

    def taken(self, places: NDArray[np.intp]) -> PairedRows:
        """These cases, one as often as it is named."""
        return PairedRows(self.before[places], self.after[places])

    def swapped(self, chosen: NDArray[np.bool_]) -> PairedRows:
        """The same with the two runs exchanged in the chosen cases."""
        where = chosen[:, None]
        return PairedRows(
            np.where(where, self.after, self.before), np.where(where, self.before, self.after)
        )


def paired_rows(
    pairs: Sequence[tuple[CaseResult, CaseResult]], columns: Sequence[str]
) -> PairedRows:
    """The rows of a metric's columns, of the cases that at least one of the runs scores."""
    before = np.array([row_of(b.columns, columns) for b, _ in pairs]).reshape(-1, len(columns))
    after = np.array([row_of(a.columns, columns) for _, a in pairs]).reshape(-1, len(columns))
    scored = ~(np.isnan(before[:, 0]) & np.isnan(after[:, 0]))
    return PairedRows(before[scored], after[scored])


def row_of(scores: Mapping[str, float], columns: Sequence[str]) -> list[float]:
    """A case's row; all NaN where one of the columns is absent or not finite."""
    row = [float(scores.get(name, math.nan)) for name in columns]
    return row if all(math.isfinite(value) for value in row) else [math.nan] * len(columns)


def present(rows: Rows) -> Rows:
    """The rows that hold a score, as a metric's `of_rows` takes them."""
    return rows[~np.isnan(rows[:, 0])]
